// Math in f32, by the names of CUDA and MUSA. The host's library is right to about one unit in the last place.
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
extern "C" {
__device__ float expf(float);
__device__ float exp2f(float);
__device__ float logf(float);
__device__ float log2f(float);
__device__ float sinf(float);
__device__ float cosf(float);
__device__ float tanf(float);
__device__ float tanhf(float);
__device__ float sinhf(float);
__device__ float coshf(float);
__device__ float asinf(float);
__device__ float acosf(float);
__device__ float atanf(float);
__device__ float erff(float);
__device__ float powf(float, float);
__device__ float atan2f(float, float);
__device__ float fmodf(float, float);
}
EMU_INLINE float sqrtf(float x) { return __builtin_sqrtf(x); }
EMU_INLINE float floorf(float x) { return __builtin_floorf(x); }
EMU_INLINE float ceilf(float x) { return __builtin_ceilf(x); }
EMU_INLINE float truncf(float x) { return __builtin_truncf(x); }
EMU_INLINE float rintf(float x) { return __builtin_rintf(x); }
EMU_INLINE float roundf(float x) { return __builtin_roundf(x); }
EMU_INLINE float fabsf(float x) { return __builtin_fabsf(x); }
EMU_INLINE float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
EMU_INLINE float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
EMU_INLINE float fminf(float x, float y) { return __builtin_fminf(x, y); }
EMU_INLINE float fmaxf(float x, float y) { return __builtin_fmaxf(x, y); }
EMU_INLINE float copysignf(float x, float y) { return __builtin_copysignf(x, y); }
EMU_INLINE float __expf(float x) { return expf(x); }
EMU_INLINE float __logf(float x) { return logf(x); }
EMU_INLINE float __fdividef(float x, float y) { return x / y; }
EMU_INLINE float __frcp_rn(float x) { return 1.0f / x; }
EMU_INLINE float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
EMU_INLINE float __fdiv_rn(float x, float y) { return x / y; }
EMU_INLINE float __fadd_rn(float x, float y) { return x + y; }
EMU_INLINE float __fsub_rn(float x, float y) { return x - y; }
EMU_INLINE float __fmul_rn(float x, float y) { return x * y; }
EMU_INLINE float __fmaf_rn(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
EMU_INLINE bool isnan(float x) { return x != x; }
EMU_INLINE bool isinf(float x) { return __builtin_fabsf(x) == __builtin_inff(); }
EMU_INLINE int min(int x, int y) { return y < x ? y : x; }
EMU_INLINE int max(int x, int y) { return x < y ? y : x; }
EMU_INLINE unsigned int min(unsigned int x, unsigned int y) { return y < x ? y : x; }
EMU_INLINE unsigned int max(unsigned int x, unsigned int y) { return x < y ? y : x; }
EMU_INLINE long long min(long long x, long long y) { return y < x ? y : x; }
EMU_INLINE long long max(long long x, long long y) { return x < y ? y : x; }
EMU_INLINE unsigned long long min(unsigned long long x, unsigned long long y) { return y < x ? y : x; }
EMU_INLINE unsigned long long max(unsigned long long x, unsigned long long y) { return x < y ? y : x; }
EMU_INLINE float min(float x, float y) { return __builtin_fminf(x, y); }
EMU_INLINE float max(float x, float y) { return __builtin_fmaxf(x, y); }
EMU_INLINE int abs(int x) { return x < 0 ? (int)(0u - (unsigned)x) : x; }
