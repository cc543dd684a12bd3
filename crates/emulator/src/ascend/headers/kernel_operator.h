// What AscendC has for the vector core of the 910B, as far as printed kernels use it.
// Names, parameters and element types are those of asc-devkit; source: its documentation of the basic API, for Atlas A2.
#pragma once
#include "emu.h"
#define __aicore__ EMU_CORE
#define __vector__
#define GM_ADDR __gm__ uint8_t*
enum __emu_kernel_type { KERNEL_TYPE_AIV_ONLY };
#define KERNEL_TASK_TYPE_DEFAULT(type) static_assert(type == KERNEL_TYPE_AIV_ONLY, "kernels of the vector core")

#define EMU_TYPES(name, T, ...) static_assert(__emu_any<T, __VA_ARGS__>, #name " does not have this element type")

namespace AscendC {
enum class TPosition : uint8_t { GM, VECIN, VECOUT, VECCALC };
enum class Hardware : uint8_t { GM, UB };
enum class RoundMode : uint8_t { CAST_NONE, CAST_RINT, CAST_FLOOR, CAST_CEIL, CAST_ROUND, CAST_TRUNC, CAST_ODD };
enum class CMPMODE : uint8_t { LT, GT, EQ, LE, GE, NE };
enum class SELMODE : uint8_t { VSEL_CMPMASK_SPR, VSEL_TENSOR_SCALAR_MODE, VSEL_TENSOR_TENSOR_MODE };
enum class ReduceOrder : uint8_t { ORDER_VALUE_INDEX, ORDER_INDEX_VALUE, ORDER_ONLY_VALUE, ORDER_ONLY_INDEX };
enum class ReduceType : uint8_t { SUM, MAX, MIN };
enum class HardEvent : uint8_t {
  MTE2_V, V_MTE2, MTE3_V, V_MTE3, MTE3_MTE2, MTE2_MTE3, S_V, V_S, S_MTE2, MTE2_S, S_MTE3, MTE3_S
};
using TEventID = int8_t;

EMU_INLINE constexpr uint64_t __emu_source(HardEvent event) {
  switch (event) {
    case HardEvent::MTE2_V: case HardEvent::MTE2_MTE3: case HardEvent::MTE2_S: return PIPE_MTE2;
    case HardEvent::V_MTE2: case HardEvent::V_MTE3: case HardEvent::V_S: return PIPE_V;
    case HardEvent::MTE3_V: case HardEvent::MTE3_MTE2: case HardEvent::MTE3_S: return PIPE_MTE3;
    default: return PIPE_S;
  }
}
EMU_INLINE constexpr uint64_t __emu_target(HardEvent event) {
  switch (event) {
    case HardEvent::MTE2_V: case HardEvent::MTE3_V: case HardEvent::S_V: return PIPE_V;
    case HardEvent::V_MTE2: case HardEvent::MTE3_MTE2: case HardEvent::S_MTE2: return PIPE_MTE2;
    case HardEvent::V_MTE3: case HardEvent::MTE2_MTE3: case HardEvent::S_MTE3: return PIPE_MTE3;
    default: return PIPE_S;
  }
}

#include "asc_tensor.h"
#include "asc_sync.h"
#include "asc_copy.h"
#include "asc_vector.h"
#include "asc_reduce.h"
}  // namespace AscendC
