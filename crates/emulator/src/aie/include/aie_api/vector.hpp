// Vectors, accumulators, loads and stores.
#pragma once

namespace emu {
template <class T> struct raw {};
template <> struct raw<bfloat16> { using type = uint16_t; };
template <> struct raw<float> { using type = float; };
template <> struct raw<int8_t> { using type = int8_t; };
template <> struct raw<uint8_t> { using type = uint8_t; };
template <> struct raw<int16_t> { using type = int16_t; };
template <> struct raw<uint16_t> { using type = uint16_t; };
template <> struct raw<int32_t> { using type = int32_t; };
template <> struct raw<uint32_t> { using type = uint32_t; };
template <class T, unsigned N> using ext = typename raw<T>::type __attribute__((ext_vector_type(N)));
template <class A, class B> inline constexpr bool same = false;
template <class A> inline constexpr bool same<A, A> = true;
template <class T> inline constexpr bool integer = !same<T, float> && !same<T, bfloat16>;
// Registers have 128, 256, 512 or 1024 bits (source: AMD UG1603, vector types).
constexpr bool exists(unsigned bits) { return bits == 128 || bits == 256 || bits == 512 || bits == 1024; }
template <unsigned N> EMU_INLINE ext<float, N> widen(ext<uint16_t, N> bits) {
  return __builtin_bit_cast(ext<float, N>, __builtin_convertvector(bits, ext<uint32_t, N>) << 16);
}
template <unsigned N> EMU_INLINE ext<uint16_t, N> narrow(ext<float, N> values) {
  ext<uint16_t, N> result;
  for (unsigned i = 0; i < N; i++) result[i] = rounded(__builtin_bit_cast(unsigned, (float)values[i]), __emu_rounding);
  return result;
}
} // namespace emu

struct accfloat {};

namespace aie {
// Alignment of the widest access, for static arrays.
inline constexpr unsigned vector_decl_align = 64;

enum class rounding_mode : unsigned { floor = 0, ceil = 1, conv_even = 2 };
EMU_INLINE void set_rounding(rounding_mode mode) { __emu_rounding = (unsigned)mode; }
EMU_INLINE rounding_mode get_rounding() { return (rounding_mode)__emu_rounding; }
EMU_INLINE rounding_mode swap_rounding(rounding_mode mode) {
  const rounding_mode old = get_rounding();
  set_rounding(mode);
  return old;
}

template <class T, unsigned N> struct vector {
  static_assert(emu::exists(N * sizeof(T) * 8), "no vector register has this many lanes of this type");
  using value_type = T;
  using Data = emu::ext<T, N>;
  Data data;
  // What nobody wrote must not look right: NaN, or a large negative integer.
  EMU_INLINE vector() { __builtin_memset(&data, 0xff, sizeof(Data)); }
  EMU_INLINE explicit vector(Data d) : data(d) {}
  static constexpr unsigned size() { return N; }
  EMU_INLINE T get(unsigned i) const {
    const typename emu::raw<T>::type lane = data[i];
    return __builtin_bit_cast(T, lane);
  }
  EMU_INLINE void set(T value, unsigned i) { data[i] = __builtin_bit_cast(typename emu::raw<T>::type, value); }
  EMU_INLINE T operator[](unsigned i) const { return get(i); }
  template <unsigned M> EMU_INLINE vector<T, M> extract(unsigned part) const {
    static_assert(N % M == 0, "a part divides the vector");
    vector<T, M> result;
    for (unsigned i = 0; i < M; i++) result.data[i] = data[part * M + i];
    return result;
  }
  template <unsigned M> EMU_INLINE vector &insert(unsigned part, vector<T, M> value) {
    static_assert(N % M == 0, "a part divides the vector");
    for (unsigned i = 0; i < M; i++) data[part * M + i] = value.data[i];
    return *this;
  }
  template <unsigned M> EMU_INLINE vector<T, M> grow() const {
    vector<T, M> result;
    for (unsigned i = 0; i < N; i++) result.data[i] = data[i];
    return result;
  }
  template <class U> EMU_INLINE vector<U, N * sizeof(T) / sizeof(U)> cast_to() const {
    constexpr unsigned M = N * sizeof(T) / sizeof(U);
    return vector<U, M>(__builtin_bit_cast(emu::ext<U, M>, data));
  }
};

template <class Tag, unsigned N> struct accum;
template <unsigned N> struct accum<accfloat, N> {
  static_assert(N == 8 || N == 16 || N == 32 || N == 64, "no accumulator has this many lanes");
  using Data = emu::ext<float, N>;
  Data data;
  EMU_INLINE accum() { __builtin_memset(&data, 0xff, sizeof(Data)); }
  EMU_INLINE explicit accum(Data d) : data(d) {}
  EMU_INLINE accum(vector<float, N> v) : data(v.data) {}
  EMU_INLINE accum(vector<bfloat16, N> v) : data(emu::widen<N>(v.data)) {}
  EMU_INLINE void from_vector(vector<float, N> v) { data = v.data; }
  EMU_INLINE void from_vector(vector<bfloat16, N> v) { data = emu::widen<N>(v.data); }
  template <class T> EMU_INLINE vector<T, N> to_vector() const {
    static_assert(!emu::integer<T>, "float accumulators become bf16 or f32");
    if constexpr (emu::same<T, float>) return vector<float, N>(data);
    else return vector<bfloat16, N>(emu::narrow<N>(data));
  }
};

template <unsigned N> struct mask {
  static_assert(N == 4 || N == 8 || N == 16 || N == 32 || N == 64, "no mask has this many lanes");
  uint64_t bits = 0;
  // The lowest bit is lane 0 (source: aie_api, mask.hpp).
  EMU_INLINE static mask from_uint32(uint32_t word) {
    static_assert(N <= 32, "a mask of more lanes than bits");
    return mask{N < 32 ? word & ((1ul << N) - 1) : word};
  }
  EMU_INLINE bool test(unsigned i) const { return bits >> i & 1; }
  EMU_INLINE void set(unsigned i) { bits |= 1ul << i; }
  EMU_INLINE unsigned count() const { return __builtin_popcountl(bits); }
  EMU_INLINE bool empty() const { return bits == 0; }
  EMU_INLINE mask operator&(mask o) const { return mask{bits & o.bits}; }
  EMU_INLINE mask operator|(mask o) const { return mask{bits | o.bits}; }
};

// An access of 512 bits or more is aligned to 64 bytes, smaller ones to their size.
template <unsigned N, class T> EMU_INLINE vector<T, N> load_v(const T *p) {
  constexpr unsigned bytes = N * sizeof(T);
  __emu_access(p, bytes, bytes < 64 ? bytes : 64, 0);
  vector<T, N> result;
  __builtin_memcpy(&result.data, p, bytes);
  return result;
}
template <unsigned N, class T> EMU_INLINE vector<T, N> load_unaligned_v(const T *p, unsigned = 1) {
  __emu_access(p, N * sizeof(T), sizeof(T), 0);
  vector<T, N> result;
  __builtin_memcpy(&result.data, p, N * sizeof(T));
  return result;
}
template <class T, unsigned N> EMU_INLINE void store_v(T *p, vector<T, N> v) {
  constexpr unsigned bytes = N * sizeof(T);
  __emu_access(p, bytes, bytes < 64 ? bytes : 64, 1);
  __builtin_memcpy(p, &v.data, bytes);
}
template <class T, unsigned N> EMU_INLINE void store_unaligned_v(T *p, vector<T, N> v, unsigned = 1) {
  __emu_access(p, N * sizeof(T), sizeof(T), 1);
  __builtin_memcpy(p, &v.data, N * sizeof(T));
}

template <class T, unsigned N> struct made { using type = vector<T, N>; };
template <unsigned N> struct made<accfloat, N> { using type = accum<accfloat, N>; };
template <class T, unsigned N> EMU_INLINE typename made<T, N>::type zeros() {
  typename made<T, N>::type result;
  __builtin_memset(&result.data, 0, sizeof(result.data));
  return result;
}
template <class T, unsigned N> EMU_INLINE vector<T, N> broadcast(T value) {
  vector<T, N> result;
  for (unsigned i = 0; i < N; i++) result.set(value, i);
  return result;
}
} // namespace aie
