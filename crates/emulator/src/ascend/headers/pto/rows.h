// Rows and columns: reductions, and instructions that repeat a row or a column.

// A column of results: a column-major tile, or the first column of a row-major one. The scratch tile is as large as the operand, and
// as many of its rows are used as the operand has valid ones. Source: pto-isa, npu/a2a3/TRowReduceOps.hpp.
#define EMU_TILE_ROW(name, code) \
  template <class D, class A, class S> EMU_INLINE RecordEvent name(D& dst, A& src, S& tmp) { \
    EMU_TILE_TYPES(name, A, half, float, int16_t, int32_t); \
    EMU_SAME(name, D, A); \
    EMU_SAME(name, A, S); \
    EMU_ROWS(name, A); \
    static_assert(D::isRowMajor || D::Cols == 1, #name " gives a column"); \
    static_assert(S::isRowMajor && S::Rows >= A::Rows && S::Cols >= A::Cols, "the scratch tile is as large as the operand"); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename A::DType>, src.__rows, src.__cols); \
    if (dst.__rows != src.__rows || dst.__cols != 1) r.mask[1] = 1; \
    __emu_operand scratch = tmp.__operand(); \
    scratch.end = scratch.at + (uint64_t)src.__rows * scratch.outer; \
    __emu_send(r, dst, src.__operand(), {}, scratch); \
    return {}; \
  }
EMU_TILE_ROW(TROWSUM, __emu_row_sum)
EMU_TILE_ROW(TROWMAX, __emu_row_max)
EMU_TILE_ROW(TROWMIN, __emu_row_min)
// Which of equal elements it names, the documentation does not say.
template <class D, class A, class S> EMU_INLINE RecordEvent TROWARGMAX(D& dst, A& src, S& tmp) {
  EMU_TILE_TYPES(TROWARGMAX, A, half, float);
  EMU_TILE_TYPES(TROWARGMAX, D, int32_t, uint32_t);
  EMU_ROWS(TROWARGMAX, A);
  static_assert(D::isRowMajor || D::Cols == 1, "TROWARGMAX gives a column");
  auto r = __emu_tile_call(__emu_row_arg_max, __emu_type<typename D::DType>, __emu_type<typename A::DType>, src.__rows, src.__cols);
  if (dst.__rows != src.__rows || dst.__cols != 1) r.mask[1] = 1;
  __emu_send(r, dst, src.__operand(), {}, tmp.__operand());
  return {};
}

#define EMU_TILE_COL(name, code) \
  template <class D, class A> EMU_INLINE RecordEvent name(D& dst, A& src) { \
    EMU_TILE_TYPES(name, A, half, float, int16_t, int32_t); \
    EMU_SAME(name, D, A); \
    EMU_ROWS(name, A); \
    EMU_ROWS(name, D); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename A::DType>, src.__rows, src.__cols); \
    if (dst.__rows != 1 || dst.__cols != src.__cols) r.mask[1] = 1; \
    __emu_send(r, dst, src.__operand()); \
    return {}; \
  }
EMU_TILE_COL(TCOLSUM, __emu_col_sum)
template <class D, class A, class S> EMU_INLINE RecordEvent TCOLSUM(D& dst, A& src, S& tmp, bool) {
  EMU_TILE_TYPES(TCOLSUM, A, half, float, int16_t, int32_t);
  EMU_SAME(TCOLSUM, D, A);
  EMU_SAME(TCOLSUM, S, A);
  EMU_ROWS(TCOLSUM, A);
  EMU_ROWS(TCOLSUM, D);
  static_assert(S::isRowMajor && S::Cols >= A::Cols && S::Rows * 2 >= A::Rows, "the scratch tile has half as many rows as the operand");
  auto r = __emu_tile_call(__emu_col_sum, __emu_type<typename D::DType>, __emu_type<typename A::DType>, src.__rows, src.__cols);
  if (dst.__rows != 1 || dst.__cols != src.__cols) r.mask[1] = 1;
  __emu_send(r, dst, src.__operand(), {}, tmp.__operand());
  return {};
}
EMU_TILE_COL(TCOLMAX, __emu_col_max)
EMU_TILE_COL(TCOLMIN, __emu_col_min)

// The row goes with every row. Rows are counted in 8 bits, their distance in blocks too.
template <class D> inline constexpr bool __emu_fits_repeat = D::ValidCol == -1 || D::Rows == 1 || (D::Rows <= 255 && D::Cols * (int)sizeof(typename D::DType) <= 8160);
#define EMU_TILE_WITH_ROW(name, code, ...) \
  template <class D, class A, class B> EMU_INLINE RecordEvent name(D& dst, A& src0, B& src1) { \
    EMU_TILE_TYPES(name, D, __VA_ARGS__); \
    EMU_SAME(name, D, A); \
    EMU_SAME(name, D, B); \
    EMU_ROWS(name, D); \
    EMU_ROWS(name, B); \
    static_assert(__emu_fits_repeat<D>, #name ": at most 255 rows, 8160 bytes apart"); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename D::DType>, dst.__rows, dst.__cols); \
    __emu_alike(r, dst, src0); \
    if (src1.__rows != 1 || src1.__cols != dst.__cols) r.mask[1] = 1; \
    __emu_operand row = src1.__operand(); \
    row.outer = 0; \
    __emu_send(r, dst, src0.__operand(), row); \
    return {}; \
  }
EMU_TILE_WITH_ROW(TCOLEXPANDADD, __emu_add, half, float, int16_t, int32_t)
EMU_TILE_WITH_ROW(TCOLEXPANDSUB, __emu_sub, half, float, int16_t, int32_t)
EMU_TILE_WITH_ROW(TCOLEXPANDMUL, __emu_mul, half, float, int16_t, int32_t)
EMU_TILE_WITH_ROW(TCOLEXPANDMAX, __emu_max, half, float, int16_t, int32_t)
EMU_TILE_WITH_ROW(TCOLEXPANDMIN, __emu_min, half, float, int16_t, int32_t)
EMU_TILE_WITH_ROW(TCOLEXPANDDIV, __emu_div, half, float)

// The column goes with every column. It is a column-major tile; other forms of it mean something else. The library spreads it in
// memory of its own first.
#define EMU_TILE_WITH_COL(name, code, ...) \
  template <class D, class A, class B> EMU_INLINE RecordEvent name(D& dst, A& src0, B& src1) { \
    EMU_TILE_TYPES(name, D, __VA_ARGS__); \
    EMU_SAME(name, D, A); \
    EMU_SAME(name, D, B); \
    EMU_ROWS(name, D); \
    static_assert(!B::isRowMajor && B::Cols == 1, #name " takes a column-major column"); \
    auto r = __emu_tile_call(code, __emu_type<typename D::DType>, __emu_type<typename D::DType>, dst.__rows, dst.__cols); \
    __emu_alike(r, dst, src0); \
    if (src1.__rows != dst.__rows) r.mask[1] = 1; \
    __emu_operand col = src1.__operand(); \
    col.inner = 0; \
    r.extra[1] = 1; \
    __emu_send(r, dst, src0.__operand(), col); \
    return {}; \
  }
EMU_TILE_WITH_COL(TROWEXPANDADD, __emu_add, half, float, int16_t, int32_t)
EMU_TILE_WITH_COL(TROWEXPANDSUB, __emu_sub, half, float, int16_t, int32_t)
EMU_TILE_WITH_COL(TROWEXPANDMUL, __emu_mul, half, float, int16_t, int32_t)
EMU_TILE_WITH_COL(TROWEXPANDMAX, __emu_max, half, float, int16_t, int32_t)
EMU_TILE_WITH_COL(TROWEXPANDMIN, __emu_min, half, float, int16_t, int32_t)
EMU_TILE_WITH_COL(TROWEXPANDDIV, __emu_div, half, float)
EMU_TILE_WITH_COL(TROWEXPANDEXPDIF, __emu_exp_sub, half, float)

// The scratch tile is as large as either of the others.
template <class D, class A, class S> EMU_INLINE RecordEvent TTRANS(D& dst, A& src, S& tmp) {
  EMU_TILE_TYPES(TTRANS, D, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  EMU_SAME(TTRANS, D, A);
  EMU_ROWS(TTRANS, D);
  EMU_ROWS(TTRANS, A);
  static_assert(sizeof(typename S::DType) * S::Rows * S::Cols >= sizeof(typename D::DType) * (D::Rows * D::Cols > A::Rows * A::Cols ? D::Rows * D::Cols : A::Rows * A::Cols),
                "the scratch tile is as large as the others");
  auto r = __emu_tile_call(__emu_transpose, __emu_type<typename D::DType>, __emu_type<typename D::DType>, src.__rows, src.__cols);
  if (dst.__rows != src.__cols || dst.__cols != src.__rows) r.mask[1] = 1;
  __emu_send(r, dst, src.__operand(), {}, tmp.__operand());
  return {};
}

template <class D, class A> EMU_INLINE RecordEvent TROWEXPAND(D& dst, A& src) {
  EMU_TILE_TYPES(TROWEXPAND, D, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  EMU_SAME(TROWEXPAND, D, A);
  EMU_ROWS(TROWEXPAND, D);
  auto r = __emu_tile_call(__emu_copy, __emu_type<typename D::DType>, __emu_type<typename D::DType>, dst.__rows, dst.__cols);
  if (src.__rows != dst.__rows) r.mask[1] = 1;
  __emu_operand col = src.__operand();
  col.inner = 0;
  __emu_send(r, dst, col);
  return {};
}
template <class D, class A> EMU_INLINE RecordEvent TCOLEXPAND(D& dst, A& src) {
  EMU_TILE_TYPES(TCOLEXPAND, D, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  EMU_SAME(TCOLEXPAND, D, A);
  EMU_ROWS(TCOLEXPAND, D);
  auto r = __emu_tile_call(__emu_copy, __emu_type<typename D::DType>, __emu_type<typename D::DType>, dst.__rows, dst.__cols);
  if (src.__cols != dst.__cols) r.mask[1] = 1;
  __emu_operand row = src.__operand();
  row.outer = 0;
  __emu_send(r, dst, row);
  return {};
}
