// Reciprocals, exponential and hyperbolic tangent. The accuracy of the native ones is not published: here they are rounded once.
#pragma once

namespace aie {
EMU_INLINE float inv(float x) { return 1.0f / x; }
EMU_INLINE float invsqrt(float x) { return 1.0f / __builtin_sqrtf(x); }
template <unsigned N> EMU_INLINE vector<float, N> inv(vector<float, N> v) {
  for (unsigned i = 0; i < N; i++) v.data[i] = inv((float)v.data[i]);
  return v;
}
template <unsigned N> EMU_INLINE vector<float, N> invsqrt(vector<float, N> v) {
  for (unsigned i = 0; i < N; i++) v.data[i] = invsqrt((float)v.data[i]);
  return v;
}
// The hardware's is a linear interpolant, up to 6.1 % too large (source: mlir-aie, aie_kernels/common/exp2_bf16.h).
template <class T, unsigned N> EMU_INLINE vector<bfloat16, N> exp2(vector<float, N> v) {
  static_assert(emu::same<T, bfloat16> && N == 16, "exp2 gives 16 lanes of bf16");
  for (unsigned i = 0; i < N; i++) {
    const float x = v.data[i], whole = __builtin_floorf(x);
    v.data[i] = __builtin_ldexpf(1.0f + (x - whole), x < -1000.0f ? -1000 : x > 1000.0f ? 1000 : (int)whole);
  }
  return vector<bfloat16, N>(emu::narrow<N>(v.data));
}
template <class T, unsigned N> EMU_INLINE vector<bfloat16, N> tanh(vector<float, N> v) {
  static_assert(emu::same<T, bfloat16> && N == 16, "tanh gives 16 lanes of bf16");
  for (unsigned i = 0; i < N; i++) v.data[i] = __builtin_tanhf(v.data[i]);
  return vector<bfloat16, N>(emu::narrow<N>(v.data));
}
} // namespace aie
