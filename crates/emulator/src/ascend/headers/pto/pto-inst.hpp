// What the PTO tile library has for the vector core of the 910B, as far as printed kernels use it.
// Names, parameters and element types are those of pto-isa; source: its headers common/pto_instr.hpp, common/pto_tile.hpp and npu/a2a3.
#pragma once
#include "emu.h"
#define AICORE EMU_CORE
#define PTO_NPU_ARCH_A2A3
typedef half float16_t;

EMU_INLINE void set_flag(pipe_t from, pipe_t to, event_t id) { __emu_ask(__emu_set_flag, from, to, (uint64_t)id); }
EMU_INLINE void wait_flag(pipe_t from, pipe_t to, event_t id) { __emu_ask(__emu_wait_flag, from, to, (uint64_t)id); }
EMU_INLINE void pipe_barrier(pipe_t pipe) { __emu_ask(__emu_barrier, pipe); }
EMU_INLINE int64_t get_block_idx() { return (int64_t)__emu_ask(__emu_block_idx); }
EMU_INLINE int64_t get_block_num() { return (int64_t)__emu_ask(__emu_block_num); }
EMU_INLINE int64_t get_subblockid() { return 0; }
EMU_INLINE int64_t get_subblockdim() { return 1; }
// Every instruction of the library sets the mask that it needs.
EMU_INLINE void set_mask_norm() {}
EMU_INLINE void set_vector_mask(uint64_t, uint64_t) {}

namespace pto {
enum class TileType { Vec, Mat, Left, Right, Acc, Bias, Scaling };
enum class BLayout { RowMajor, ColMajor };
enum class SLayout { NoneBox, RowMajor, ColMajor };
enum class PadValue : uint64_t { Null, Zero, Max, Min, CustomBase = 1ul << 32 };
// The bits of a number that rows are filled up with. Source: pto-isa, common/constants.hpp.
EMU_INLINE constexpr PadValue PadValueCustom(uint32_t bits) { return (PadValue)((uint64_t)PadValue::CustomBase | bits); }
EMU_INLINE constexpr PadValue PadValueCustom(int32_t value) { return PadValueCustom((uint32_t)value); }
EMU_INLINE constexpr PadValue PadValueCustom(float value) { return PadValueCustom(__builtin_bit_cast(uint32_t, value)); }
EMU_INLINE constexpr PadValue PadValueCustom16(uint16_t bits) { return PadValueCustom((uint32_t)bits); }
enum class CompactMode { Null };
enum class Layout { ND, DN, NZ };
enum class CmpMode : uint8_t { EQ, NE, LT, LE, GT, GE };
enum class RoundMode : uint8_t { CAST_NONE, CAST_RINT, CAST_ROUND, CAST_FLOOR, CAST_CEIL, CAST_TRUNC, CAST_ODD };
struct RecordEvent {};

// Numbers of the runtime.
EMU_INLINE constexpr uint64_t __emu_mode(CmpMode mode) {
  switch (mode) {
    case CmpMode::EQ: return 2;
    case CmpMode::NE: return 5;
    case CmpMode::LT: return 0;
    case CmpMode::LE: return 3;
    case CmpMode::GT: return 1;
    default: return 4;
  }
}
EMU_INLINE constexpr uint64_t __emu_mode(RoundMode mode) {
  switch (mode) {
    case RoundMode::CAST_NONE: return 0;
    case RoundMode::CAST_RINT: return 1;
    case RoundMode::CAST_FLOOR: return 2;
    case RoundMode::CAST_CEIL: return 3;
    case RoundMode::CAST_ROUND: return 4;
    case RoundMode::CAST_TRUNC: return 5;
    default: return 6;
  }
}

#include "tile.h"
#include "elements.h"
#include "rows.h"
}  // namespace pto
