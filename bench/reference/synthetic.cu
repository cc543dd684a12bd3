// Synthetic weights: the formula of docs/synthetic-weights.md as a CUDA kernel. Compiles with nvcc and NVRTC (needs no
// header). Each thread writes bf16 bit patterns in a stride over the grid.

__device__ static unsigned synthetic_hash(unsigned long long seed, unsigned long long index) {
    unsigned long long x = seed + (index + 1) * 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return (unsigned)((x ^ (x >> 31)) >> 32);
}

// Element `index` of the tensor with this seed, as bf16.
__device__ static unsigned short synthetic_element(unsigned long long seed, unsigned long long index, int offset,
                                                   int shift, int exponent) {
    int drawn = (int)synthetic_hash(seed, index) >> 8;
    // The conversion and the product are exact, whatever the rounding mode and the flags.
    float value = (float)(offset + (drawn >> shift)) * __int_as_float((127 + exponent) << 23);
    unsigned bits = __float_as_uint(value);
    return (unsigned short)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

// Elements `start` to `start + count` of a tensor go to `out`.
extern "C" __global__ void synthetic_fill(unsigned short *out, unsigned long long start, unsigned long long count,
                                          unsigned long long seed, int offset, int shift, int exponent) {
    unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x;
    for (unsigned long long i = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride)
        out[i] = synthetic_element(seed, start + i, offset, shift, exponent);
}
