// Comparisons and selection.
#pragma once

namespace aie {
#define EMU_COMPARE(NAME, OP)                                                           \
  template <class T, unsigned N> EMU_INLINE mask<N> NAME(vector<T, N> a, vector<T, N> b) { \
    const auto x = emu::wide(a), y = emu::wide(b);                                      \
    mask<N> result;                                                                     \
    for (unsigned i = 0; i < N; i++)                                                    \
      if (x[i] OP y[i]) result.set(i);                                                  \
    return result;                                                                      \
  }                                                                                     \
  template <class T, unsigned N> EMU_INLINE mask<N> NAME(vector<T, N> a, emu::arg<T> b) { \
    return NAME(a, broadcast<T, N>(b));                                                 \
  }                                                                                     \
  template <class T, unsigned N> EMU_INLINE mask<N> NAME(emu::arg<T> a, vector<T, N> b) { \
    return NAME(broadcast<T, N>(a), b);                                                 \
  }
EMU_COMPARE(lt, <)
EMU_COMPARE(le, <=)
EMU_COMPARE(gt, >)
EMU_COMPARE(ge, >=)
EMU_COMPARE(eq, ==)
EMU_COMPARE(neq, !=)
#undef EMU_COMPARE

// Lanes of b where the mask is set.
template <class T, unsigned N> EMU_INLINE vector<T, N> select(vector<T, N> a, vector<T, N> b, mask<N> m) {
  for (unsigned i = 0; i < N; i++)
    if (m.test(i)) a.data[i] = b.data[i];
  return a;
}
template <class T, unsigned N> EMU_INLINE vector<T, N> select(vector<T, N> a, emu::arg<T> b, mask<N> m) {
  return select(a, broadcast<T, N>(b), m);
}
template <class T, unsigned N> EMU_INLINE vector<T, N> select(emu::arg<T> a, vector<T, N> b, mask<N> m) {
  return select(broadcast<T, N>(a), b, m);
}
} // namespace aie
