// Sums, products, extremes, shifts and bits, lane by lane.
#pragma once

namespace emu {
// Lanes as the numbers that an operation computes with.
template <class T, unsigned N> EMU_INLINE auto wide(aie::vector<T, N> v) {
  if constexpr (same<T, bfloat16>) return widen<N>(v.data);
  else return v.data;
}
template <class T, unsigned N, class W> EMU_INLINE aie::vector<T, N> back(W w) {
  if constexpr (same<T, bfloat16>) return aie::vector<T, N>(narrow<N>(w));
  else return aie::vector<T, N>(w);
}
template <class T> struct id { using type = T; };
// A scalar argument is converted to the type of the vector's lanes.
template <class T> using arg = typename id<T>::type;
} // namespace emu

namespace aie {
#define EMU_BINARY(NAME, EXPRESSION)                                                                    \
  template <class T, unsigned N> EMU_INLINE vector<T, N> NAME(vector<T, N> a, vector<T, N> b) {          \
    const auto x = emu::wide(a), y = emu::wide(b);                                                      \
    return emu::back<T, N>(EXPRESSION);                                                                 \
  }                                                                                                     \
  template <class T, unsigned N> EMU_INLINE vector<T, N> NAME(vector<T, N> a, emu::arg<T> b) {           \
    return NAME(a, broadcast<T, N>(b));                                                                 \
  }                                                                                                     \
  template <class T, unsigned N> EMU_INLINE vector<T, N> NAME(emu::arg<T> a, vector<T, N> b) {           \
    return NAME(broadcast<T, N>(a), b);                                                                 \
  }
EMU_BINARY(add, x + y)
EMU_BINARY(sub, x - y)
EMU_BINARY(max, x > y ? x : y)
EMU_BINARY(min, x < y ? x : y)
#undef EMU_BINARY

template <unsigned N> EMU_INLINE accum<accfloat, N> add(accum<accfloat, N> a, accum<accfloat, N> b) {
  return accum<accfloat, N>(a.data + b.data);
}
template <unsigned N> EMU_INLINE accum<accfloat, N> sub(accum<accfloat, N> a, accum<accfloat, N> b) {
  return accum<accfloat, N>(a.data - b.data);
}
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> add(accum<accfloat, N> a, vector<T, N> b) {
  return accum<accfloat, N>(a.data + emu::wide(b));
}
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> sub(accum<accfloat, N> a, vector<T, N> b) {
  return accum<accfloat, N>(a.data - emu::wide(b));
}

template <class T, unsigned N> EMU_INLINE vector<T, N> neg(vector<T, N> a) {
  return emu::back<T, N>(-emu::wide(a));
}
template <class T, unsigned N> EMU_INLINE vector<T, N> abs(vector<T, N> a) {
  const auto x = emu::wide(a);
  return emu::back<T, N>(x < 0 ? -x : x);
}

// There is no product of a bf16 and an f32 vector, and none of integers here.
#define EMU_PRODUCT(NAME, RESULT, ...)                                                                   \
  template <class T, unsigned N> EMU_INLINE accum<accfloat, N> NAME(__VA_ARGS__ vector<T, N> a, vector<T, N> b) { \
    static_assert(!emu::integer<T>, "products of integers are not modelled");                            \
    return accum<accfloat, N>(RESULT);                                                                  \
  }
#define EMU_COMMA ,
EMU_PRODUCT(mul, emu::wide(a) * emu::wide(b))
EMU_PRODUCT(mac, acc.data + emu::wide(a) * emu::wide(b), accum<accfloat EMU_COMMA N> acc EMU_COMMA)
EMU_PRODUCT(msc, acc.data - emu::wide(a) * emu::wide(b), accum<accfloat EMU_COMMA N> acc EMU_COMMA)
#undef EMU_PRODUCT
#undef EMU_COMMA
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> mul(vector<T, N> a, emu::arg<T> b) {
  return mul(a, broadcast<T, N>(b));
}
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> mul(emu::arg<T> a, vector<T, N> b) {
  return mul(broadcast<T, N>(a), b);
}
template <class T, unsigned N>
EMU_INLINE accum<accfloat, N> mac(accum<accfloat, N> acc, vector<T, N> a, emu::arg<T> b) {
  return mac(acc, a, broadcast<T, N>(b));
}
template <class T, unsigned N>
EMU_INLINE accum<accfloat, N> msc(accum<accfloat, N> acc, vector<T, N> a, emu::arg<T> b) {
  return msc(acc, a, broadcast<T, N>(b));
}
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> mul_square(vector<T, N> a) { return mul(a, a); }
template <class T, unsigned N> EMU_INLINE accum<accfloat, N> mac_square(accum<accfloat, N> acc, vector<T, N> a) {
  return mac(acc, a, a);
}

template <class T, unsigned N> EMU_INLINE vector<T, N> upshift(vector<T, N> a, unsigned bits) {
  static_assert(emu::integer<T>, "shifts are of integers");
  return vector<T, N>(a.data << (typename vector<T, N>::Data)(T)bits);
}
template <class T, unsigned N> EMU_INLINE vector<T, N> downshift(vector<T, N> a, unsigned bits) {
  static_assert(emu::integer<T>, "shifts are of integers");
  return vector<T, N>(a.data >> (typename vector<T, N>::Data)(T)bits);
}
#define EMU_BITS(NAME, OP)                                                                     \
  template <class T, unsigned N> EMU_INLINE vector<T, N> NAME(vector<T, N> a, vector<T, N> b) { \
    static_assert(emu::integer<T>, "bits are of integers");                                    \
    return vector<T, N>(a.data OP b.data);                                                     \
  }
EMU_BITS(bit_and, &)
EMU_BITS(bit_or, |)
EMU_BITS(bit_xor, ^)
#undef EMU_BITS
} // namespace aie
