// What CUDA C++ and MUSA C++ have without a header, as far as printed kernels use it.
#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __align__(n) __attribute__((aligned(n)))
// A promise about one thread; taken at its word, the optimiser would move accesses over barriers.
#define __restrict__
#define EMU_INLINE static __device__ __inline__ __attribute__((always_inline))
typedef unsigned long size_t;
typedef unsigned long __emu_u64;

extern "C" {
// Runtime. No copy and no merge of a call: its place tells where a thread waits.
__device__ __emu_u64 __emu_lane(unsigned op, __emu_u64 value, unsigned arg) __attribute__((convergent, nomerge));
__device__ void __emu_barrier(unsigned scope) __attribute__((convergent, nomerge));
__device__ unsigned __emu_number(unsigned index) __attribute__((const));
}

// Structures of two and four numbers, aligned to their size.
struct __attribute__((aligned(2))) char2 { char x, y; };
EMU_INLINE char2 make_char2(char x, char y) { return char2{x, y}; }
struct __attribute__((aligned(4))) char4 { char x, y, z, w; };
EMU_INLINE char4 make_char4(char x, char y, char z, char w) { return char4{x, y, z, w}; }
struct __attribute__((aligned(2))) uchar2 { unsigned char x, y; };
EMU_INLINE uchar2 make_uchar2(unsigned char x, unsigned char y) { return uchar2{x, y}; }
struct __attribute__((aligned(4))) uchar4 { unsigned char x, y, z, w; };
EMU_INLINE uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) { return uchar4{x, y, z, w}; }
struct __attribute__((aligned(4))) short2 { short x, y; };
EMU_INLINE short2 make_short2(short x, short y) { return short2{x, y}; }
struct __attribute__((aligned(8))) short4 { short x, y, z, w; };
EMU_INLINE short4 make_short4(short x, short y, short z, short w) { return short4{x, y, z, w}; }
struct __attribute__((aligned(4))) ushort2 { unsigned short x, y; };
EMU_INLINE ushort2 make_ushort2(unsigned short x, unsigned short y) { return ushort2{x, y}; }
struct __attribute__((aligned(8))) ushort4 { unsigned short x, y, z, w; };
EMU_INLINE ushort4 make_ushort4(unsigned short x, unsigned short y, unsigned short z, unsigned short w) { return ushort4{x, y, z, w}; }
struct __attribute__((aligned(8))) int2 { int x, y; };
EMU_INLINE int2 make_int2(int x, int y) { return int2{x, y}; }
struct __attribute__((aligned(16))) int4 { int x, y, z, w; };
EMU_INLINE int4 make_int4(int x, int y, int z, int w) { return int4{x, y, z, w}; }
struct __attribute__((aligned(8))) uint2 { unsigned int x, y; };
EMU_INLINE uint2 make_uint2(unsigned int x, unsigned int y) { return uint2{x, y}; }
struct __attribute__((aligned(16))) uint4 { unsigned int x, y, z, w; };
EMU_INLINE uint4 make_uint4(unsigned int x, unsigned int y, unsigned int z, unsigned int w) { return uint4{x, y, z, w}; }
struct __attribute__((aligned(8))) float2 { float x, y; };
EMU_INLINE float2 make_float2(float x, float y) { return float2{x, y}; }
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };
EMU_INLINE float4 make_float4(float x, float y, float z, float w) { return float4{x, y, z, w}; }
struct __attribute__((aligned(16))) longlong2 { long long x, y; };
EMU_INLINE longlong2 make_longlong2(long long x, long long y) { return longlong2{x, y}; }
struct __attribute__((aligned(16))) ulonglong2 { unsigned long long x, y; };
EMU_INLINE ulonglong2 make_ulonglong2(unsigned long long x, unsigned long long y) { return ulonglong2{x, y}; }

// Numbers of a thread, by the runtime's index.
#define EMU_INDEX(name, first) \
  struct __emu_##name { \
    __declspec(property(get = __x)) unsigned x; \
    __declspec(property(get = __y)) unsigned y; \
    __declspec(property(get = __z)) unsigned z; \
    __device__ __inline__ __attribute__((always_inline)) unsigned __x() const { return __emu_number(first); } \
    __device__ __inline__ __attribute__((always_inline)) unsigned __y() const { return __emu_number(first + 1); } \
    __device__ __inline__ __attribute__((always_inline)) unsigned __z() const { return __emu_number(first + 2); } \
  }; \
  extern const __device__ __emu_##name name;
EMU_INDEX(threadIdx, 8)
EMU_INDEX(blockIdx, 11)
EMU_INDEX(blockDim, 14)
EMU_INDEX(gridDim, 17)
#undef EMU_INDEX

// clang has a builtin of that name, which means something for its own target only.
#define __syncthreads __emu_syncthreads
EMU_INLINE void __syncthreads() { __emu_barrier(3); }
EMU_INLINE void __threadfence() {}
EMU_INLINE void __threadfence_block() {}

EMU_INLINE float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
EMU_INLINE unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
EMU_INLINE float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
EMU_INLINE int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
template <class T> EMU_INLINE T __ldg(const T *p) { return *p; }

// Exchanges. `arg` holds the lane or distance, the width above it, and whether the mask names all lanes.
#define EMU_EXCHANGE(type, code, raw) \
  EMU_INLINE type __emu_do(unsigned kind, unsigned mask, type v, unsigned arg, unsigned width) { \
    unsigned all = mask == 0xffffffffu ? 0u : 1u << 31; \
    return __builtin_bit_cast(type, (raw)__emu_lane(kind << 8 | code, (__emu_u64)__builtin_bit_cast(raw, v), \
                                                    all | width << 16 | (arg & 0xffffu))); \
  }
EMU_EXCHANGE(float, 0, unsigned)
EMU_EXCHANGE(int, 1, unsigned)
EMU_EXCHANGE(unsigned, 2, unsigned)
EMU_EXCHANGE(long long, 3, __emu_u64)
EMU_EXCHANGE(unsigned long long, 4, __emu_u64)
#undef EMU_EXCHANGE
#define EMU_SHUFFLES(type) \
  EMU_INLINE type __shfl_sync(unsigned mask, type v, int lane, int width EMU_WIDTH) { return __emu_do(0, mask, v, lane, width); } \
  EMU_INLINE type __shfl_xor_sync(unsigned mask, type v, int lanes, int width EMU_WIDTH) { return __emu_do(1, mask, v, lanes, width); } \
  EMU_INLINE type __shfl_down_sync(unsigned mask, type v, unsigned lanes, int width EMU_WIDTH) { return __emu_do(2, mask, v, lanes, width); } \
  EMU_INLINE type __shfl_up_sync(unsigned mask, type v, unsigned lanes, int width EMU_WIDTH) { return __emu_do(3, mask, v, lanes, width); }
EMU_SHUFFLES(float)
EMU_SHUFFLES(int)
EMU_SHUFFLES(unsigned)
EMU_SHUFFLES(long long)
EMU_SHUFFLES(unsigned long long)
#undef EMU_SHUFFLES

#include "math.h"
