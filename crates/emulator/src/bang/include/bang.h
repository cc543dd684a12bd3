// What BANG C has without a toolkit, as far as printed kernels use it: types, spaces, and calls into the emulator.
// With EMU_STRICT spaces are part of types and nothing runs; without it they are not and everything does.
#pragma once
#include "bang_codes.h"

#ifdef EMU_STRICT
// The numbers by which a public compiler for this hardware calls the spaces.
#define EMU_N __attribute__((address_space(101)))
#define EMU_W __attribute__((address_space(102)))
#define EMU_PLACE(space, section_name) static space
// How a text writes a pointer into NRAM or WRAM; its own definition is `T *`.
#define NPTR(T) EMU_N T *
#define WPTR(T) EMU_W T *
#else
#define EMU_N
#define EMU_W
#define EMU_PLACE(space, section_name) static __attribute__((section(section_name), aligned(64)))
#endif

#define __nram__ EMU_PLACE(EMU_N, "nram")
#define __wram__ EMU_PLACE(EMU_W, "wram")
#define __mlu_const__ static const
#define __mlu_entry__ extern "C" __attribute__((section("mlu_entry")))
#define __mlu_global__ __mlu_entry__
#define __mlu_func__ static __inline__ __attribute__((always_inline))
#define __mlu_device__ static __inline__
#define EMU_INLINE static __inline__ __attribute__((always_inline, unused))

typedef unsigned long size_t;
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;

// 16 bits without arithmetic and without conversions. Only scalar types may be in an address space, and only a structure
// refuses explicit conversions too, so each pass has its own.
#ifdef EMU_STRICT
enum class bfloat16_t : unsigned short {};
enum class half : unsigned short {};
#else
struct bfloat16_t { unsigned short __bits; };
struct half { unsigned short __bits; };
#endif

extern "C" {
// `words` holds the operands; a result, if there is one, is 32 bits.
unsigned __emu_bang(unsigned op, const unsigned long *words) __attribute__((nomerge));
unsigned __emu_number(unsigned index) __attribute__((const));
// Scalar functions that the guide's appendix lists.
float acosf(float);
float asinf(float);
float atanf(float);
float atan2f(float, float);
float cosf(float);
float coshf(float);
float sinf(float);
float sinhf(float);
float tanf(float);
float expf(float);
float exp2f(float);
float expm1f(float);
float log2f(float);
float log10f(float);
float log1pf(float);
float powf(float, float);
}
EMU_INLINE float sqrtf(float x) { return __builtin_sqrtf(x); }
EMU_INLINE float fabsf(float x) { return __builtin_fabsf(x); }
EMU_INLINE float fmaxf(float x, float y) { return __builtin_fmaxf(x, y); }
EMU_INLINE float fminf(float x, float y) { return __builtin_fminf(x, y); }
EMU_INLINE float ceilf(float x) { return __builtin_ceilf(x); }
EMU_INLINE float truncf(float x) { return __builtin_truncf(x); }
EMU_INLINE float roundf(float x) { return __builtin_roundf(x); }
EMU_INLINE float copysignf(float x, float y) { return __builtin_copysignf(x, y); }
EMU_INLINE int isnan(float x) { return x != x; }
EMU_INLINE int isinf(float x) { return __builtin_fabsf(x) == __builtin_inff(); }
EMU_INLINE int abs(int x) { return x < 0 ? -x : x; }

// Macros, so that no variable can have these names.
#define taskId __emu_number(0)
#define taskIdX __emu_number(0)
#define taskIdY __emu_number(1)
#define taskIdZ __emu_number(2)
#define taskDim __emu_number(3)
#define taskDimX __emu_number(3)
#define taskDimY __emu_number(4)
#define taskDimZ __emu_number(5)
#define clusterId __emu_number(6)
#define clusterDim __emu_number(7)
#define coreId __emu_number(8)
#define coreDim __emu_number(9)

#define EMU_WORD(value) (unsigned long)(value)
#define EMU_BITS(value) (unsigned long)__builtin_bit_cast(unsigned, value)

// Streams are bits: 1 IO, 2 Move, 4 Compute, 8 Scalar. Those of the second word wait for those of the first.
#define EMU_SYNC(name, producers, consumers) \
  EMU_INLINE void name() { unsigned long words[] = {producers, consumers}; __emu_bang(EMU_OP_SYNC, words); }
EMU_SYNC(__sync_io, 1, 7)
EMU_SYNC(__sync_move, 2, 7)
EMU_SYNC(__sync_compute, 4, 7)
EMU_SYNC(__sync, 15, 15)
// In a launch of type Block it is the same.
EMU_SYNC(__sync_cluster, 15, 15)
EMU_INLINE void __sync_io_move_compute(bool io_producer = true, bool move_producer = true, bool compute_producer = true,
                                       bool io_consumer = true, bool move_consumer = true, bool compute_consumer = true) {
  unsigned long words[] = {io_producer * 1ul + move_producer * 2ul + compute_producer * 4ul,
                           io_consumer * 1ul + move_consumer * 2ul + compute_consumer * 4ul};
  __emu_bang(EMU_OP_SYNC, words);
}
#undef EMU_SYNC

#include "bang_copies.h"
#include "bang_vector.h"
#include "bang_reduce.h"
#include "bang_active.h"
