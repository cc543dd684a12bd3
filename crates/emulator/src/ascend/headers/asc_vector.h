// The vector unit, element by element. Each function has three forms: a count, a mask of the first elements of each repeat, a mask of
// bits; and a list of element types.

struct UnaryRepeatParams {
  EMU_INLINE UnaryRepeatParams() {}
  EMU_INLINE UnaryRepeatParams(const uint16_t dstBlkStrideIn, const uint16_t srcBlkStrideIn, const uint8_t dstRepStrideIn, const uint8_t srcRepStrideIn)
      : dstBlkStride(dstBlkStrideIn), srcBlkStride(srcBlkStrideIn), dstRepStride(dstRepStrideIn), srcRepStride(srcRepStrideIn) {}
  uint16_t dstBlkStride = 1;
  uint16_t srcBlkStride = 1;
  uint8_t dstRepStride = 8;
  uint8_t srcRepStride = 8;
};
struct BinaryRepeatParams {
  EMU_INLINE BinaryRepeatParams() {}
  EMU_INLINE BinaryRepeatParams(const uint8_t dstBlkStrideIn, const uint8_t src0BlkStrideIn, const uint8_t src1BlkStrideIn, const uint8_t dstRepStrideIn,
                                const uint8_t src0RepStrideIn, const uint8_t src1RepStrideIn)
      : dstBlkStride(dstBlkStrideIn), src0BlkStride(src0BlkStrideIn), src1BlkStride(src1BlkStrideIn), dstRepStride(dstRepStrideIn),
        src0RepStride(src0RepStrideIn), src1RepStride(src1RepStrideIn) {}
  uint8_t dstBlkStride = 1;
  uint8_t src0BlkStride = 1;
  uint8_t src1BlkStride = 1;
  uint8_t dstRepStride = 8;
  uint8_t src0RepStride = 8;
  uint8_t src1RepStride = 8;
};
struct CopyRepeatParams {
  EMU_INLINE CopyRepeatParams() {}
  EMU_INLINE CopyRepeatParams(const uint16_t dstStrideIn, const uint16_t srcStrideIn, const uint16_t dstRepeatSizeIn, const uint16_t srcRepeatSizeIn)
      : dstStride(dstStrideIn), srcStride(srcStrideIn), dstRepeatSize(dstRepeatSizeIn), srcRepeatSize(srcRepeatSizeIn) {}
  uint16_t dstStride = 1;
  uint16_t srcStride = 1;
  uint16_t dstRepeatSize = 8;
  uint16_t srcRepeatSize = 8;
};
struct BrcbRepeatParams {
  EMU_INLINE BrcbRepeatParams() {}
  EMU_INLINE BrcbRepeatParams(const uint16_t dstBlkStrideIn, const uint16_t dstRepStrideIn) : dstRepStride(dstRepStrideIn), dstBlkStride(dstBlkStrideIn) {}
  uint16_t dstRepStride = 8;
  uint16_t dstBlkStride = 1;
};
struct GatherRepeatParams {
  EMU_INLINE GatherRepeatParams() {}
  EMU_INLINE GatherRepeatParams(const uint8_t dstBlkStrideIn, const uint8_t dstRepStrideIn) : dstRepStride(dstRepStrideIn), dstBlkStride(dstBlkStrideIn) {}
  uint16_t dstRepStride = 8;
  uint8_t dstBlkStride = 1;
};

// How many elements: the three forms.
struct __emu_span {
  uint32_t form;
  uint64_t mask[2], count;
};
EMU_INLINE __emu_span __emu_first(int64_t count) { return __emu_span{__emu_count, {0, 0}, (uint64_t)count}; }
EMU_INLINE __emu_span __emu_masked(uint64_t mask, uint64_t repeats) { return __emu_span{__emu_mask, {mask, 0}, repeats}; }
EMU_INLINE __emu_span __emu_masked(const uint64_t* mask, uint64_t repeats) { return __emu_span{__emu_bits, {mask[0], mask[1]}, repeats}; }

EMU_INLINE uint64_t __emu_vector(uint32_t code, uint32_t to, uint32_t from, __emu_span span, __emu_operand dst, __emu_operand a = {}, __emu_operand b = {},
                                 __emu_operand c = {}, uint64_t scalar = 0, uint64_t extra = 0, uint64_t unit = 0) {
  __emu_request r{};
  r.code = code;
  r.types[0] = to;
  r.types[1] = from;
  r.form = span.form;
  r.mask[0] = span.mask[0];
  r.mask[1] = span.mask[1];
  r.count = span.count;
  r.to = dst;
  r.from[0] = a;
  r.from[1] = b;
  r.from[2] = c;
  r.scalar = scalar;
  r.extra[0] = extra;
  r.extra[1] = unit;
  return __emu_ascend(&r);
}

#define EMU_UNARY_FORM(name, code, mask_type, ...) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, mask_type, const uint8_t repeatTime, const UnaryRepeatParams& p) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    static_assert(isSetMask, "masks are set by the call"); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src, p.srcBlkStride, p.srcRepStride)); \
  }
#define EMU_UNARY(name, code, ...) \
  template <class T> EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t& count) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src)); \
  } \
  EMU_UNARY_FORM(name, code, uint64_t mask, __VA_ARGS__) \
  EMU_UNARY_FORM(name, code, uint64_t mask[], __VA_ARGS__)
EMU_UNARY(Exp, __emu_exp, half, float)
EMU_UNARY(Ln, __emu_ln, half, float)
EMU_UNARY(Sqrt, __emu_sqrt, half, float)
EMU_UNARY(Rsqrt, __emu_rsqrt, half, float)
EMU_UNARY(Reciprocal, __emu_reciprocal, half, float)
EMU_UNARY(Abs, __emu_abs, half, float)
EMU_UNARY(Relu, __emu_relu, half, float, int32_t)
EMU_UNARY(Not, __emu_not, int16_t, uint16_t)

#define EMU_BINARY_FORM(name, code, mask_type, ...) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, mask_type, const uint8_t repeatTime, \
                       const BinaryRepeatParams& p) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    static_assert(isSetMask, "masks are set by the call"); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src0, p.src0BlkStride, p.src0RepStride), __emu_strided(src1, p.src1BlkStride, p.src1RepStride)); \
  }
#define EMU_BINARY(name, code, ...) \
  template <class T> EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, const int32_t& count) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), __emu_whole(src1)); \
  } \
  EMU_BINARY_FORM(name, code, uint64_t mask, __VA_ARGS__) \
  EMU_BINARY_FORM(name, code, uint64_t mask[], __VA_ARGS__)
EMU_BINARY(Add, __emu_add, half, float, int16_t, int32_t)
EMU_BINARY(Sub, __emu_sub, half, float, int16_t, int32_t)
EMU_BINARY(Mul, __emu_mul, half, float, int16_t, int32_t)
EMU_BINARY(Div, __emu_div, half, float)
EMU_BINARY(Max, __emu_max, half, float, int16_t, int32_t)
EMU_BINARY(Min, __emu_min, half, float, int16_t, int32_t)
EMU_BINARY(And, __emu_and, int16_t, uint16_t)
EMU_BINARY(Or, __emu_or, int16_t, uint16_t)
EMU_BINARY(FusedMulAdd, __emu_fused_mul_add, half, float)

#define EMU_MUL_ADD(mask_type) \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void MulAddDst(const LocalTensor<T>& dst, const LocalTensor<U>& src0, const LocalTensor<U>& src1, mask_type, const uint8_t repeatTime, \
                            const BinaryRepeatParams& p) { \
    static_assert((__emu_same<T, U> && __emu_any<T, half, float>) || (__emu_same<T, float> && __emu_same<U, half>), "MulAddDst does not have these element types"); \
    __emu_vector(__emu_mul_add_dst, __emu_type<T>, __emu_type<U>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src0, p.src0BlkStride, p.src0RepStride), __emu_strided(src1, p.src1BlkStride, p.src1RepStride)); \
  }
EMU_MUL_ADD(const uint64_t mask)
EMU_MUL_ADD(const uint64_t mask[])
template <class T, class U> EMU_INLINE void MulAddDst(const LocalTensor<T>& dst, const LocalTensor<U>& src0, const LocalTensor<U>& src1, const int32_t& count) {
  static_assert((__emu_same<T, U> && __emu_any<T, half, float>) || (__emu_same<T, float> && __emu_same<U, half>), "MulAddDst does not have these element types");
  __emu_vector(__emu_mul_add_dst, __emu_type<T>, __emu_type<U>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), __emu_whole(src1));
}

#define EMU_SCALAR_FORM(name, code, mask_type, ...) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const T& scalarValue, mask_type, const uint8_t repeatTime, \
                       const UnaryRepeatParams& p) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    static_assert(isSetMask, "masks are set by the call"); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src, p.srcBlkStride, p.srcRepStride), {}, {}, __emu_bits_of(scalarValue)); \
  }
#define EMU_SCALAR(name, code, ...) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const T& scalarValue, const int32_t& count) { \
    EMU_TYPES(name, T, __VA_ARGS__); \
    __emu_vector(code, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src), {}, {}, __emu_bits_of(scalarValue)); \
  } \
  EMU_SCALAR_FORM(name, code, uint64_t mask, __VA_ARGS__) \
  EMU_SCALAR_FORM(name, code, uint64_t mask[], __VA_ARGS__)
EMU_SCALAR(Adds, __emu_adds, half, float, int16_t, int32_t)
EMU_SCALAR(Muls, __emu_muls, half, float, int16_t, int32_t)
EMU_SCALAR(Maxs, __emu_maxs, half, float, int16_t, int32_t)
EMU_SCALAR(Mins, __emu_mins, half, float, int16_t, int32_t)
EMU_SCALAR(ShiftLeft, __emu_shift_left, int16_t, uint16_t, int32_t, uint32_t)
EMU_SCALAR(ShiftRight, __emu_shift_right, int16_t, uint16_t, int32_t, uint32_t)

template <class T, class U> EMU_INLINE void Axpy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const U& scalarValue, const int32_t& count) {
  static_assert((__emu_same<T, U> && __emu_any<T, half, float>) || (__emu_same<T, float> && __emu_same<U, half>), "Axpy does not have these element types");
  __emu_vector(__emu_axpy, __emu_type<T>, __emu_type<U>, __emu_first(count), __emu_whole(dst), __emu_whole(src), {}, {}, __emu_bits_of(scalarValue));
}
#define EMU_AXPY(mask_type) \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void Axpy(const LocalTensor<T>& dst, const LocalTensor<U>& src, const U& scalarValue, mask_type, const uint8_t repeatTime, const UnaryRepeatParams& p) { \
    static_assert((__emu_same<T, U> && __emu_any<T, half, float>) || (__emu_same<T, float> && __emu_same<U, half>), "Axpy does not have these element types"); \
    __emu_vector(__emu_axpy, __emu_type<T>, __emu_type<U>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src, p.srcBlkStride, p.srcRepStride), {}, {}, __emu_bits_of(scalarValue)); \
  }
EMU_AXPY(uint64_t mask)
EMU_AXPY(uint64_t mask[])

// Which conversions there are, whatever the rounding.
template <class T, class U> inline constexpr bool __emu_converts =
    (__emu_same<U, float> && __emu_any<T, half, bfloat16_t, int16_t, int32_t, int64_t, float>) ||
    (__emu_same<U, half> && __emu_any<T, float, int32_t, int16_t, int8_t, uint8_t>) || (__emu_same<U, bfloat16_t> && __emu_any<T, float, int32_t>) ||
    (__emu_same<U, int32_t> && __emu_any<T, float, int16_t, int64_t>) || (__emu_same<U, int16_t> && __emu_any<T, half, float>) ||
    (__emu_same<U, int64_t> && __emu_any<T, int32_t, float>) || (__emu_any<U, int8_t, uint8_t> && __emu_same<T, half>);
template <class T, class U> EMU_INLINE void Cast(const LocalTensor<T>& dst, const LocalTensor<U>& src, const RoundMode& roundMode, const uint32_t count) {
  static_assert(__emu_converts<T, U>, "Cast does not have these element types");
  __emu_vector(__emu_cast, __emu_type<T>, __emu_type<U>, __emu_first(count), __emu_whole(dst), __emu_whole(src), {}, {}, 0, (uint64_t)roundMode);
}
#define EMU_CAST(mask_type) \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void Cast(const LocalTensor<T>& dst, const LocalTensor<U>& src, const RoundMode& roundMode, mask_type, const uint8_t repeatTime, \
                       const UnaryRepeatParams& p) { \
    static_assert(__emu_converts<T, U>, "Cast does not have these element types"); \
    __emu_vector(__emu_cast, __emu_type<T>, __emu_type<U>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src, p.srcBlkStride, p.srcRepStride), {}, {}, 0, (uint64_t)roundMode); \
  }
EMU_CAST(const uint64_t mask)
EMU_CAST(const uint64_t mask[])

template <class T> EMU_INLINE void Duplicate(const LocalTensor<T>& dst, const T& scalarValue, const int32_t& count) {
  EMU_TYPES(Duplicate, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  __emu_vector(__emu_duplicate, __emu_type<T>, 0, __emu_first(count), __emu_whole(dst), {}, {}, {}, __emu_bits_of(scalarValue));
}
#define EMU_DUPLICATE(mask_type) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void Duplicate(const LocalTensor<T>& dst, const T& scalarValue, mask_type, const uint8_t repeatTime, const uint16_t dstBlockStride, \
                            const uint8_t dstRepeatStride) { \
    EMU_TYPES(Duplicate, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t); \
    __emu_vector(__emu_duplicate, __emu_type<T>, 0, __emu_masked(mask, repeatTime), __emu_strided(dst, dstBlockStride, dstRepeatStride), {}, {}, {}, \
                 __emu_bits_of(scalarValue)); \
  }
EMU_DUPLICATE(uint64_t mask)
EMU_DUPLICATE(uint64_t mask[])
template <class T> EMU_INLINE void CreateVecIndex(LocalTensor<T> dst, const T& firstValue, uint32_t count) {
  EMU_TYPES(CreateVecIndex, T, half, float, int16_t, int32_t);
  __emu_vector(__emu_index, __emu_type<T>, 0, __emu_first(count), __emu_whole(dst), {}, {}, {}, __emu_bits_of(firstValue));
}

#define EMU_COPY(mask_type) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void Copy(const LocalTensor<T>& dst, const LocalTensor<T>& src, mask_type, const uint8_t repeatTime, const CopyRepeatParams& p) { \
    EMU_TYPES(Copy, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t); \
    __emu_vector(__emu_copy, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstStride, p.dstRepeatSize), \
                 __emu_strided(src, p.srcStride, p.srcRepeatSize)); \
  }
EMU_COPY(const uint64_t mask)
EMU_COPY(const uint64_t mask[])

template <class T, class U> EMU_INLINE void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, uint32_t count) {
  EMU_TYPES(Compare, T, half, float, int32_t);
  EMU_TYPES(Compare, U, int8_t, uint8_t);
  __emu_vector(__emu_compare, __emu_type<U>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), __emu_whole(src1), {}, 0, (uint64_t)cmpMode);
}
template <class T, class U> EMU_INLINE void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, uint32_t count) {
  EMU_TYPES(CompareScalar, T, half, float, int32_t);
  EMU_TYPES(CompareScalar, U, int8_t, uint8_t);
  __emu_vector(__emu_compare_scalar, __emu_type<U>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), {}, {}, __emu_bits_of(src1Scalar),
               (uint64_t)cmpMode);
}
template <class T, class U> EMU_INLINE void Compares(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, uint32_t count) {
  CompareScalar(dst, src0, src1Scalar, cmpMode, count);
}
template <class T, class U>
EMU_INLINE void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, uint32_t count) {
  EMU_TYPES(Select, T, half, float);
  EMU_TYPES(Select, U, uint8_t, uint16_t, uint32_t, uint64_t);
  if (selMode != SELMODE::VSEL_TENSOR_TENSOR_MODE) count = 0;
  __emu_vector(__emu_select, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), __emu_whole(src1), __emu_whole(selMask));
}
template <class T, class U>
EMU_INLINE void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, T src1, SELMODE selMode, uint32_t count) {
  EMU_TYPES(Select, T, half, float);
  EMU_TYPES(Select, U, uint8_t, uint16_t, uint32_t, uint64_t);
  if (selMode != SELMODE::VSEL_TENSOR_SCALAR_MODE) count = 0;
  __emu_vector(__emu_select_scalar, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src0), {}, __emu_whole(selMask),
               __emu_bits_of(src1));
}

// In repeats. The result of a comparison is contiguous.
#define EMU_MASKED(mask_type) \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void Compare(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const LocalTensor<T>& src1, CMPMODE cmpMode, const mask_type, uint8_t repeatTime, \
                          const BinaryRepeatParams& p) { \
    EMU_TYPES(Compare, T, half, float, int32_t); \
    EMU_TYPES(Compare, U, int8_t, uint8_t); \
    __emu_vector(__emu_compare, __emu_type<U>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_whole(dst), __emu_strided(src0, p.src0BlkStride, p.src0RepStride), \
                 __emu_strided(src1, p.src1BlkStride, p.src1RepStride), {}, 0, (uint64_t)cmpMode); \
  } \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void CompareScalar(const LocalTensor<U>& dst, const LocalTensor<T>& src0, const T src1Scalar, CMPMODE cmpMode, const mask_type, uint8_t repeatTime, \
                                const UnaryRepeatParams& p) { \
    EMU_TYPES(CompareScalar, T, half, float, int32_t); \
    EMU_TYPES(CompareScalar, U, int8_t, uint8_t); \
    __emu_vector(__emu_compare_scalar, __emu_type<U>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_whole(dst), \
                 __emu_strided(src0, p.srcBlkStride, p.srcRepStride), {}, {}, __emu_bits_of(src1Scalar), (uint64_t)cmpMode); \
  } \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, const LocalTensor<T>& src1, SELMODE selMode, mask_type, \
                         uint8_t repeatTime, const BinaryRepeatParams& p) { \
    EMU_TYPES(Select, T, half, float); \
    EMU_TYPES(Select, U, uint8_t, uint16_t, uint32_t, uint64_t); \
    if (selMode != SELMODE::VSEL_TENSOR_TENSOR_MODE) repeatTime = 0; \
    __emu_vector(__emu_select, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src0, p.src0BlkStride, p.src0RepStride), __emu_strided(src1, p.src1BlkStride, p.src1RepStride), __emu_whole(selMask)); \
  } \
  template <class T, class U, bool isSetMask = true> \
  EMU_INLINE void Select(const LocalTensor<T>& dst, const LocalTensor<U>& selMask, const LocalTensor<T>& src0, T src1, SELMODE selMode, mask_type, uint8_t repeatTime, \
                         const BinaryRepeatParams& p) { \
    EMU_TYPES(Select, T, half, float); \
    EMU_TYPES(Select, U, uint8_t, uint16_t, uint32_t, uint64_t); \
    if (selMode != SELMODE::VSEL_TENSOR_SCALAR_MODE) repeatTime = 0; \
    __emu_vector(__emu_select_scalar, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), \
                 __emu_strided(src0, p.src0BlkStride, p.src0RepStride), {}, __emu_whole(selMask), __emu_bits_of(src1)); \
  } \
  template <class T> \
  EMU_INLINE void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const mask_type, \
                         const uint8_t repeatTime, const uint16_t dstRepStride) { \
    EMU_TYPES(Gather, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t); \
    __emu_vector(__emu_gather, __emu_type<T>, __emu_type<T>, __emu_masked(mask, repeatTime), __emu_strided(dst, 1, dstRepStride), __emu_whole(src), \
                 __emu_whole(srcOffset), {}, 0, srcBaseOffset, 1); \
  }
EMU_MASKED(uint64_t mask)
EMU_MASKED(uint64_t mask[])

template <class T> EMU_INLINE void Brcb(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint8_t repeatTime, const BrcbRepeatParams& p) {
  EMU_TYPES(Brcb, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  __emu_vector(__emu_brcb, __emu_type<T>, __emu_type<T>, __emu_first(repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), __emu_whole(src));
}
template <class T>
EMU_INLINE void Gather(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& srcOffset, const uint32_t srcBaseOffset, const uint32_t count) {
  EMU_TYPES(Gather, T, half, bfloat16_t, float, int16_t, uint16_t, int32_t, uint32_t);
  __emu_vector(__emu_gather, __emu_type<T>, __emu_type<T>, __emu_first(count), __emu_whole(dst), __emu_whole(src), __emu_whole(srcOffset), {}, 0, srcBaseOffset, 1);
}
template <class T>
EMU_INLINE void Gatherb(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<uint32_t>& offset, const uint8_t repeatTime, const GatherRepeatParams& p) {
  EMU_TYPES(Gatherb, T, uint16_t, uint32_t);
  __emu_vector(__emu_gather_blocks, __emu_type<T>, __emu_type<T>, __emu_first(repeatTime), __emu_strided(dst, p.dstBlkStride, p.dstRepStride), __emu_whole(src),
               __emu_whole(offset));
}
template <class T> EMU_INLINE void Transpose(const LocalTensor<T>& dst, const LocalTensor<T>& src) {
  EMU_TYPES(Transpose, T, int16_t, uint16_t, half);
  __emu_vector(__emu_transpose, __emu_type<T>, __emu_type<T>, __emu_first(256), __emu_whole(dst), __emu_whole(src));
}
