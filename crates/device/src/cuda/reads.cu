// How fast the GPU reads: each thread has eight independent 16-byte loads in flight. The sum is stored only if it has one
// value of 2^32, so that the loads must happen and nothing else costs anything.

static __device__ unsigned mix(uint4 v) { return v.x ^ v.y ^ v.z ^ v.w; }

// Numbers without a pattern: memory that holds zeros can read faster than memory in use.
extern "C" __global__ void tenfold_fill(uint4* data, unsigned long long count) {
  unsigned long long step = (unsigned long long)gridDim.x * blockDim.x;
  for (unsigned long long i = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
    unsigned long long x = (i + 1) * 0x9E3779B97F4A7C15ull;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    unsigned long long y = (x ^ x >> 27) * 0x94D049BB133111EBull;
    data[i] = make_uint4((unsigned)x, (unsigned)(x >> 32), (unsigned)y, (unsigned)(y >> 32));
  }
}

extern "C" __global__ void __launch_bounds__(512)
tenfold_read(const uint4* __restrict__ data, unsigned long long count, unsigned* out) {
  unsigned long long step = (unsigned long long)gridDim.x * blockDim.x;
  unsigned long long i = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x;
  unsigned sum = 0;
  for (; i + 7 * step < count; i += 8 * step) {
    uint4 part[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) part[j] = __ldcs(data + i + j * step);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum ^= mix(part[j]);
  }
  for (; i < count; i += step) sum ^= mix(__ldcs(data + i));
  if (sum == 0x9E3779B9u) *out = sum;
}
