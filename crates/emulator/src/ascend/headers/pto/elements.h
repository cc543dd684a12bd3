// Instructions that compute each element by itself. All tiles of an instruction have the same valid part.

#define EMU_TILE_TYPES(name, T, ...) static_assert(__emu_any<typename T::DType, __VA_ARGS__>, #name " does not have this element type")
#define EMU_ROWS(name, T) static_assert(T::isRowMajor, #name " takes row-major tiles")
#define EMU_SAME(name, A, B) static_assert(__emu_same<typename A::DType, typename B::DType>, #name " has one element type")

// `a`, `b` are the operands' places; `scratch` is written too.
template <class D> EMU_INLINE void __emu_send(__emu_request& r, D& dst, __emu_operand a = {}, __emu_operand b = {}, __emu_operand c = {}, uint64_t scalar = 0, uint64_t extra = 0) {
  r.to = dst.__operand();
  r.from[0] = a;
  r.from[1] = b;
  r.from[2] = c;
  r.scalar = scalar;
  r.extra[0] = extra;
  __emu_ascend(&r);
}

#define EMU_TILE_UNARY(name, code, ...) \
  template <class D, class A> EMU_INLINE RecordEvent name(D& dst, A& src) { \
    EMU_TILE_TYPES(name, D, __VA_ARGS__); \
    EMU_SAME(name, D, A); \
    EMU_ROWS(name, D); \
    EMU_ROWS(name, A); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols); \
    __emu_alike(r, dst, src); \
    __emu_send(r, dst, src.__operand()); \
    return {}; \
  }
EMU_TILE_UNARY(TEXP, __emu_exp, half, float)
EMU_TILE_UNARY(TLOG, __emu_ln, half, float)
EMU_TILE_UNARY(TSQRT, __emu_sqrt, half, float)
EMU_TILE_UNARY(TRSQRT, __emu_rsqrt, half, float)
EMU_TILE_UNARY(TRECIP, __emu_reciprocal, half, float)
EMU_TILE_UNARY(TABS, __emu_abs, half, float)
EMU_TILE_UNARY(TNEG, __emu_neg, half, float)
template <class D, class A> EMU_INLINE RecordEvent TMOV(D& dst, A& src) {
  EMU_TILE_TYPES(TMOV, D, half, bfloat16_t, float, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t);
  EMU_SAME(TMOV, D, A);
  EMU_ROWS(TMOV, D);
  EMU_ROWS(TMOV, A);
  // Source: pto-isa, npu/a2a3/TMov.hpp, `TMOV_TILE_IMPL`.
  static_assert(D::Rows == A::Rows && D::Cols == A::Cols, "TMOV takes tiles of one shape");
  auto r = __emu_tile_call(__emu_copy, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src);
  __emu_send(r, dst, src.__operand());
  return {};
}
// With a scratch tile it is the root, then a division.
template <class D, class A, class S> EMU_INLINE RecordEvent TRSQRT(D& dst, A& src, S& tmp) {
  EMU_TILE_TYPES(TRSQRT, D, half, float);
  EMU_SAME(TRSQRT, D, A);
  EMU_ROWS(TRSQRT, D);
  auto r = __emu_tile_call(__emu_rsqrt, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src);
  __emu_send(r, dst, src.__operand(), {}, tmp.__operand(), 0, 1);
  return {};
}

#define EMU_TILE_BINARY(name, code, ...) \
  template <class D, class A, class B> EMU_INLINE RecordEvent name(D& dst, A& src0, B& src1) { \
    EMU_TILE_TYPES(name, D, __VA_ARGS__); \
    EMU_SAME(name, D, A); \
    EMU_SAME(name, D, B); \
    EMU_ROWS(name, D); \
    EMU_ROWS(name, A); \
    EMU_ROWS(name, B); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename D::DType>, dst.__rows, dst.__cols); \
    __emu_alike(r, dst, src0); \
    __emu_alike(r, dst, src1); \
    __emu_send(r, dst, src0.__operand(), src1.__operand()); \
    return {}; \
  }
EMU_TILE_BINARY(TADD, __emu_add, half, float, int16_t, int32_t)
EMU_TILE_BINARY(TSUB, __emu_sub, half, float, int16_t, int32_t)
EMU_TILE_BINARY(TMUL, __emu_mul, half, float, int16_t, int32_t)
EMU_TILE_BINARY(TMAX, __emu_max, half, float, int16_t, int32_t)
EMU_TILE_BINARY(TMIN, __emu_min, half, float, int16_t, int32_t)
EMU_TILE_BINARY(TDIV, __emu_div, half, float)
EMU_TILE_BINARY(TMULADDDST, __emu_mul_add_dst, half, float)
EMU_TILE_BINARY(TFUSEDMULADD, __emu_fused_mul_add, half, float)

#define EMU_TILE_SCALAR(name, code, ...) \
  template <class D, class A> EMU_INLINE RecordEvent name(D& dst, A& src0, typename A::DType scalar) { \
    EMU_TILE_TYPES(name, D, __VA_ARGS__); \
    EMU_SAME(name, D, A); \
    EMU_ROWS(name, D); \
    EMU_ROWS(name, A); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols); \
    __emu_alike(r, dst, src0); \
    __emu_send(r, dst, src0.__operand(), {}, {}, __emu_bits_of(scalar)); \
    return {}; \
  }
EMU_TILE_SCALAR(TADDS, __emu_adds, half, float, int16_t, int32_t)
EMU_TILE_SCALAR(TSUBS, __emu_subs, half, float, int16_t, int32_t)
EMU_TILE_SCALAR(TMULS, __emu_muls, half, float, int16_t, int32_t)
EMU_TILE_SCALAR(TMAXS, __emu_maxs, half, float, int16_t, int32_t)
EMU_TILE_SCALAR(TMINS, __emu_mins, half, float, int16_t, int32_t)
EMU_TILE_SCALAR(TDIVS, __emu_divs, half, float)
EMU_TILE_SCALAR(TAXPY, __emu_axpy, half, float)
template <class D, class A> EMU_INLINE RecordEvent TDIVS(D& dst, typename D::DType scalar, A& src0) {
  EMU_TILE_TYPES(TDIVS, D, half, float);
  EMU_SAME(TDIVS, D, A);
  EMU_ROWS(TDIVS, D);
  auto r = __emu_tile_call(__emu_div_of, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src0);
  __emu_send(r, dst, src0.__operand(), {}, {}, __emu_bits_of(scalar));
  return {};
}

template <class T, class U> inline constexpr bool __emu_tile_converts =
    (__emu_same<U, float> && __emu_any<T, half, bfloat16_t, int16_t, int32_t, int64_t, float>) || (__emu_same<U, bfloat16_t> && __emu_any<T, float, int32_t>) ||
    (__emu_same<U, half> && __emu_any<T, float, int32_t, int16_t, int8_t, uint8_t>) || (__emu_same<U, int32_t> && __emu_any<T, float, int16_t, int64_t>) || (__emu_any<U, int8_t, uint8_t> && __emu_same<T, half>);
template <class D, class A> EMU_INLINE RecordEvent TCVT(D& dst, A& src, RoundMode mode) {
  static_assert(__emu_tile_converts<typename D::DType, typename A::DType>, "TCVT does not have these element types");
  EMU_ROWS(TCVT, D);
  EMU_ROWS(TCVT, A);
  auto r = __emu_tile_call(__emu_cast, __emu_type<typename D::DType>, __emu_type<typename A::DType>, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src);
  __emu_send(r, dst, src.__operand(), {}, {}, 0, __emu_mode(mode));
  return {};
}

template <class D> EMU_INLINE RecordEvent TEXPANDS(D& dst, typename D::DType scalar) {
  EMU_TILE_TYPES(TEXPANDS, D, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  EMU_ROWS(TEXPANDS, D);
  // Where the type holds the number of valid columns, so many elements for each row are filled without a gap. Source: pto-isa,
  // npu/a2a3/TExpandS.hpp, `isValidDataContinue`.
  static_assert(D::Rows == 1 || D::ValidCol == D::Cols || D::ValidCol == -1, "TEXPANDS fills rows that end early as if they did not");
  auto r = __emu_tile_call(__emu_duplicate, __emu_type<typename D::DType>, 0, dst.__rows, dst.__cols);
  __emu_send(r, dst, {}, {}, {}, __emu_bits_of(scalar));
  return {};
}
// Without a scratch tile the scalar unit counts.
template <class D, class T, int descending> EMU_INLINE RecordEvent TCI(D& dst, T start) {
  static_assert(__emu_same<typename D::DType, T> && __emu_any<T, int16_t, uint16_t, int32_t, uint32_t>, "TCI does not have this element type");
  static_assert(D::Rows == 1, "TCI fills one row");
  auto r = __emu_tile_call(__emu_index, __emu_type<T>, 0, dst.__rows, dst.__cols);
  r.extra[1] = 1;
  __emu_send(r, dst, {}, {}, {}, __emu_bits_of(start), descending);
  return {};
}

template <class M, class A, class B> EMU_INLINE RecordEvent TCMP(M& dst, A& src0, B& src1, CmpMode mode) {
  EMU_TILE_TYPES(TCMP, A, half, float, int32_t);
  EMU_SAME(TCMP, A, B);
  static_assert(__emu_same<typename M::DType, uint8_t> && M::isRowMajor && M::Cols * 8 >= A::Cols && M::Rows >= A::Rows, "the mask has a bit per element");
  EMU_ROWS(TCMP, A);
  auto r = __emu_tile_call(__emu_compare, __emu_type<uint8_t>, __emu_type<typename A::DType>, src0.__rows, src0.__cols);
  __emu_alike(r, src0, src1);
  __emu_send(r, dst, src0.__operand(), src1.__operand(), {}, 0, __emu_mode(mode));
  return {};
}
template <class M, class A> EMU_INLINE RecordEvent TCMPS(M& dst, A& src0, typename A::DType scalar, CmpMode mode) {
  EMU_TILE_TYPES(TCMPS, A, half, float, int32_t);
  static_assert(__emu_same<typename M::DType, uint8_t> && M::isRowMajor && M::Cols * 8 >= A::Cols && M::Rows >= A::Rows, "the mask has a bit per element");
  EMU_ROWS(TCMPS, A);
  auto r = __emu_tile_call(__emu_compare_scalar, __emu_type<uint8_t>, __emu_type<typename A::DType>, src0.__rows, src0.__cols);
  __emu_send(r, dst, src0.__operand(), {}, {}, __emu_bits_of(scalar), __emu_mode(mode));
  return {};
}
template <class D, class M, class S> EMU_INLINE RecordEvent TSEL(D& dst, M& mask, D& src0, D& src1, S& tmp) {
  static_assert(sizeof(typename D::DType) == 4 || sizeof(typename D::DType) == 2, "TSEL does not have this element type");
  EMU_ROWS(TSEL, D);
  static_assert(sizeof(typename S::DType) * S::Rows * S::Cols >= 64, "the scratch tile has 16 words");
  auto r = __emu_tile_call(__emu_select, __emu_type<typename D::DType>, 0, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src0);
  __emu_alike(r, dst, src1);
  __emu_operand scratch = tmp.__operand();
  r.extra[1] = scratch.at;
  r.extra[2] = scratch.end;
  __emu_send(r, dst, src0.__operand(), src1.__operand(), mask.__operand());
  return {};
}
template <class D, class M, class A, class S> EMU_INLINE RecordEvent TSELS(D& dst, M& mask, A& src, S& tmp, typename A::DType scalar) {
  static_assert(sizeof(typename D::DType) == 4 || sizeof(typename D::DType) == 2, "TSELS does not have this element type");
  EMU_SAME(TSELS, D, A);
  EMU_ROWS(TSELS, D);
  static_assert(sizeof(typename S::DType) * S::Rows * S::Cols >= 64, "the scratch tile has 16 words");
  auto r = __emu_tile_call(__emu_select_scalar, __emu_type<typename D::DType>, 0, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src);
  __emu_operand scratch = tmp.__operand();
  r.extra[1] = scratch.at;
  r.extra[2] = scratch.end;
  __emu_send(r, dst, src.__operand(), {}, mask.__operand(), __emu_bits_of(scalar));
  return {};
}
// Offsets are elements of the source tile.
template <class D, class A, class I, class S> EMU_INLINE RecordEvent TGATHER(D& dst, A& src0, I& src1, S& tmp) {
  EMU_SAME(TGATHER, D, A);
  EMU_SAME(TGATHER, I, S);
  static_assert(__emu_any<typename I::DType, int32_t, uint32_t> && (sizeof(typename D::DType) == 2 || sizeof(typename D::DType) == 4), "TGATHER does not have these element types");
  EMU_ROWS(TGATHER, D);
  auto r = __emu_tile_call(__emu_gather, __emu_type<typename D::DType>, 0, dst.__rows, dst.__cols);
  __emu_alike(r, dst, src1);
  __emu_alike(r, dst, tmp);
  r.extra[1] = sizeof(typename D::DType);
  __emu_send(r, dst, src0.__operand(), src1.__operand(), tmp.__operand());
  return {};
}
