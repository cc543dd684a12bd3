// The runtime's side of a call, shared by the languages of the Ascend 910B.
#pragma once
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long size_t;
typedef unsigned long uintptr_t;

// A function for the core needs a feature that other functions lack, so that only they can call it.
#define EMU_CORE __attribute__((target("prfchw")))
#define EMU_INLINE inline __attribute__((always_inline)) EMU_CORE

struct __emu_operand {
  uint64_t at, end;
  uint32_t inner, outer;
};
struct __emu_request {
  uint32_t code, types[2], form;
  uint64_t mask[2];
  uint64_t count;
  __emu_operand to, from[3];
  uint64_t scalar;
  uint64_t extra[6];
};
extern "C" uint64_t __emu_ascend(const __emu_request* request) __attribute__((nomerge));

enum __emu_form : uint32_t { __emu_count, __emu_mask, __emu_bits, __emu_rect };

// Numbers of `Code`.
enum __emu_code : uint32_t {
  __emu_exp, __emu_ln, __emu_sqrt, __emu_rsqrt, __emu_reciprocal, __emu_abs, __emu_relu, __emu_neg, __emu_not, __emu_copy,
  __emu_add, __emu_sub, __emu_mul, __emu_div, __emu_max, __emu_min, __emu_and, __emu_or, __emu_exp_sub,
  __emu_mul_add_dst, __emu_fused_mul_add,
  __emu_adds, __emu_subs, __emu_muls, __emu_divs, __emu_div_of, __emu_maxs, __emu_mins, __emu_shift_left, __emu_shift_right,
  __emu_axpy,
  __emu_cast, __emu_duplicate, __emu_index, __emu_compare, __emu_compare_scalar, __emu_select, __emu_select_scalar,
  __emu_whole_sum, __emu_whole_max, __emu_whole_min, __emu_block_sum, __emu_block_max, __emu_block_min,
  __emu_sum, __emu_max_of, __emu_min_of,
  __emu_row_sum, __emu_row_max, __emu_row_min, __emu_row_arg_max, __emu_col_sum, __emu_col_max, __emu_col_min,
  __emu_brcb, __emu_gather, __emu_gather_blocks, __emu_transpose,
  __emu_load, __emu_store, __emu_move,
  __emu_set_flag, __emu_wait_flag, __emu_barrier,
  __emu_ub_get, __emu_ub_set, __emu_gm_get,
  __emu_block_idx, __emu_block_num, __emu_init, __emu_pipe, __emu_pipe_end, __emu_buffer, __emu_tensor,
  __emu_event_take, __emu_event_look, __emu_event_give,
};

// Scalars of 16 bits. The core has no arithmetic for them outside its vector unit that texts may rely on.
struct half {
  uint16_t __bits;
  half() = default;
  EMU_INLINE constexpr half(float value) : __bits(__builtin_bit_cast(uint16_t, (_Float16)value)) {}
  EMU_INLINE constexpr explicit half(double value) : __bits(__builtin_bit_cast(uint16_t, (_Float16)value)) {}
  EMU_INLINE constexpr explicit half(int value) : __bits(__builtin_bit_cast(uint16_t, (_Float16)value)) {}
  EMU_INLINE constexpr explicit operator float() const { return (float)__builtin_bit_cast(_Float16, __bits); }
};
struct bfloat16_t {
  uint16_t __bits;
};
EMU_INLINE constexpr float __emu_widen(bfloat16_t value) { return __builtin_bit_cast(float, (uint32_t)value.__bits << 16); }
EMU_INLINE constexpr bfloat16_t __emu_narrow(float value) {
  uint32_t bits = __builtin_bit_cast(uint32_t, value);
  uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  return bfloat16_t{value != value ? (uint16_t)((bits >> 16) | 64u) : (uint16_t)(rounded >> 16)};
}

template <class A, class B> inline constexpr bool __emu_same = false;
template <class A> inline constexpr bool __emu_same<A, A> = true;
template <class T, class... U> inline constexpr bool __emu_any = (__emu_same<T, U> || ...);
template <class T> inline constexpr uint32_t __emu_type = ~0u;
template <> inline constexpr uint32_t __emu_type<float> = 0;
template <> inline constexpr uint32_t __emu_type<half> = 1;
template <> inline constexpr uint32_t __emu_type<bfloat16_t> = 2;
template <> inline constexpr uint32_t __emu_type<int32_t> = 3;
template <> inline constexpr uint32_t __emu_type<uint32_t> = 4;
template <> inline constexpr uint32_t __emu_type<int16_t> = 5;
template <> inline constexpr uint32_t __emu_type<uint16_t> = 6;
template <> inline constexpr uint32_t __emu_type<int8_t> = 7;
template <> inline constexpr uint32_t __emu_type<uint8_t> = 8;
template <> inline constexpr uint32_t __emu_type<int64_t> = 9;
template <> inline constexpr uint32_t __emu_type<uint64_t> = 10;

template <class T> EMU_INLINE uint64_t __emu_bits_of(T value) {
  if constexpr (sizeof(T) == 8) return __builtin_bit_cast(uint64_t, value);
  else if constexpr (sizeof(T) == 4) return __builtin_bit_cast(uint32_t, value);
  else if constexpr (sizeof(T) == 2) return __builtin_bit_cast(uint16_t, value);
  else return __builtin_bit_cast(uint8_t, value);
}
template <class T> EMU_INLINE T __emu_value_of(uint64_t bits) {
  if constexpr (sizeof(T) == 8) return __builtin_bit_cast(T, bits);
  else if constexpr (sizeof(T) == 4) return __builtin_bit_cast(T, (uint32_t)bits);
  else if constexpr (sizeof(T) == 2) return __builtin_bit_cast(T, (uint16_t)(bits & 0xffffu));
  else return __builtin_bit_cast(T, (uint8_t)(bits & 0xffu));
}
EMU_INLINE uint64_t __emu_ask(uint32_t code, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0) {
  __emu_request r{};
  r.code = code;
  r.extra[0] = a;
  r.extra[1] = b;
  r.extra[2] = c;
  return __emu_ascend(&r);
}

// Pipes.
enum pipe_t : uint32_t { PIPE_S, PIPE_V, PIPE_MTE2, PIPE_MTE3, PIPE_MTE1, PIPE_M, PIPE_FIX, PIPE_ALL };
enum event_t : int32_t { EVENT_ID0, EVENT_ID1, EVENT_ID2, EVENT_ID3, EVENT_ID4, EVENT_ID5, EVENT_ID6, EVENT_ID7 };

#define __gm__
#define __ubuf__
#define __global__ EMU_CORE
// What the launch operator of the host part is read as.
template <class... A> inline void __emu_launch(A...) {}
