// What CUDA has and MUSA's mp_22 has not: warps of 32 that can meet, and a default width.
#define EMU_WIDTH = 32
// The architecture that the kernels are printed for: 9.0.
#define __CUDA_ARCH__ 900

#include "common.h"
static constexpr int warpSize = 32;
EMU_INLINE void __syncwarp(unsigned mask = 0xffffffffu) { __emu_barrier(mask == 0xffffffffu ? 7u : 15u); }

// Addresses of shared memory are like any others here.
EMU_INLINE size_t __cvta_generic_to_shared(const void* pointer) { return (size_t)pointer; }
