// Movements of lanes.
#pragma once

namespace aie {
template <class T, unsigned N> EMU_INLINE vector<T, 2 * N> concat(vector<T, N> a, vector<T, N> b) {
  vector<T, 2 * N> result;
  for (unsigned i = 0; i < N; i++) {
    result.data[i] = a.data[i];
    result.data[N + i] = b.data[i];
  }
  return result;
}
template <class T, unsigned N>
EMU_INLINE vector<T, 4 * N> concat(vector<T, N> a, vector<T, N> b, vector<T, N> c, vector<T, N> d) {
  return concat(concat(a, b), concat(c, d));
}
template <class T, unsigned N> EMU_INLINE vector<T, N / 2> filter_even(vector<T, N> v) {
  vector<T, N / 2> result;
  for (unsigned i = 0; i < N / 2; i++) result.data[i] = v.data[2 * i];
  return result;
}
template <class T, unsigned N> EMU_INLINE vector<T, N / 2> filter_odd(vector<T, N> v) {
  vector<T, N / 2> result;
  for (unsigned i = 0; i < N / 2; i++) result.data[i] = v.data[2 * i + 1];
  return result;
}
template <class T, unsigned N> EMU_INLINE vector<T, N> reverse(vector<T, N> v) {
  vector<T, N> result;
  for (unsigned i = 0; i < N; i++) result.data[i] = v.data[N - 1 - i];
  return result;
}
// Lanes move by n; those that nothing moves into are undefined.
template <class T, unsigned N> EMU_INLINE vector<T, N> shuffle_up(vector<T, N> v, unsigned n) {
  vector<T, N> result;
  for (unsigned i = n; i < N; i++) result.data[i] = v.data[i - n];
  return result;
}
template <class T, unsigned N> EMU_INLINE vector<T, N> shuffle_down(vector<T, N> v, unsigned n) {
  vector<T, N> result;
  for (unsigned i = n; i < N; i++) result.data[i - n] = v.data[i];
  return result;
}
// A matrix of rows x columns becomes one of columns x rows.
template <class T, unsigned N> EMU_INLINE vector<T, N> transpose(vector<T, N> v, unsigned rows, unsigned columns) {
  vector<T, N> result;
  for (unsigned i = 0; i < N; i++) result.data[i % columns * rows + i / columns] = v.data[i];
  return result;
}
} // namespace aie
