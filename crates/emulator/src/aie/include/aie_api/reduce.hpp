// Reductions: halving trees.
#pragma once

namespace emu {
template <class Op, class W> EMU_INLINE auto tree(W w, unsigned n, Op op) {
  for (unsigned half = n / 2; half > 0; half /= 2)
    for (unsigned i = 0; i < half; i++) w[i] = op(w[i], w[i + half]);
  return w[0];
}
} // namespace emu

namespace aie {
template <class T, unsigned N> EMU_INLINE T reduce_add(vector<T, N> v) {
  static_assert(!emu::same<T, bfloat16>, "sums of bf16 lanes are not modelled: widen to f32");
  return (T)emu::tree(v.data, N, [](auto a, auto b) { return a + b; });
}
template <class T, unsigned N> EMU_INLINE T reduce_max(vector<T, N> v) {
  return (T)emu::tree(emu::wide(v), N, [](auto a, auto b) { return a > b ? a : b; });
}
template <class T, unsigned N> EMU_INLINE T reduce_min(vector<T, N> v) {
  return (T)emu::tree(emu::wide(v), N, [](auto a, auto b) { return a < b ? a : b; });
}
// The four sums are the first lanes of the result; what the others hold is not documented.
template <class T, unsigned N>
EMU_INLINE vector<T, N> reduce_add_v(vector<T, N> a, vector<T, N> b, vector<T, N> c, vector<T, N> d) {
  vector<T, N> result;
  result.set(reduce_add(a), 0);
  result.set(reduce_add(b), 1);
  result.set(reduce_add(c), 2);
  result.set(reduce_add(d), 3);
  return result;
}
} // namespace aie
