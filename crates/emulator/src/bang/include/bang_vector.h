// Elementwise functions of NRAM vectors. Counts are elements.
#pragma once
#define EMU_MAP(name, fn, T, type) \
  EMU_INLINE void name(EMU_N T *dst, const EMU_N T *src, unsigned n) { \
    unsigned long words[] = {fn, type, EMU_WORD(dst), EMU_WORD(src), n}; __emu_bang(EMU_OP_MAP, words); }
#define EMU_ZIP(name, fn, T, type) \
  EMU_INLINE void name(EMU_N T *dst, const EMU_N T *src0, const EMU_N T *src1, unsigned n) { \
    unsigned long words[] = {fn, type, EMU_WORD(dst), EMU_WORD(src0), EMU_WORD(src1), n}; \
    __emu_bang(EMU_OP_ZIP, words); }
#define EMU_SCALAR(name, fn, T, type) \
  EMU_INLINE void name(EMU_N T *dst, const EMU_N T *src, T value, unsigned n) { \
    unsigned long words[] = {fn, type, EMU_WORD(dst), EMU_WORD(src), EMU_BITS(value), n}; \
    __emu_bang(EMU_OP_SCALAR, words); }
#define EMU_CYCLE(name, fn, T, type) \
  EMU_INLINE void name(EMU_N T *dst, const EMU_N T *src, const EMU_N T *seg, unsigned n, unsigned seg_n) { \
    unsigned long words[] = {fn, type, EMU_WORD(dst), EMU_WORD(src), EMU_WORD(seg), n, seg_n}; \
    __emu_bang(EMU_OP_CYCLE, words); }

// Three forms of one function, for two types.
#define EMU_BINARY(name, scalar_name, cycle_name, fn) \
  EMU_ZIP(name, fn, float, EMU_TYPE_F32) EMU_ZIP(name, fn, int, EMU_TYPE_I32) \
  EMU_SCALAR(scalar_name, fn, float, EMU_TYPE_F32) EMU_SCALAR(scalar_name, fn, int, EMU_TYPE_I32) \
  EMU_CYCLE(cycle_name, fn, float, EMU_TYPE_F32) EMU_CYCLE(cycle_name, fn, int, EMU_TYPE_I32)
EMU_BINARY(__bang_add, __bang_add_scalar, __bang_cycle_add, EMU_FN_ADD)
EMU_BINARY(__bang_sub, __bang_sub_scalar, __bang_cycle_sub, EMU_FN_SUB)
EMU_BINARY(__bang_mul, __bang_mul_scalar, __bang_cycle_mul, EMU_FN_MUL)
EMU_BINARY(__bang_maxequal, __bang_maxeq_scalar, __bang_cycle_maxequal, EMU_FN_MAXEQUAL)
EMU_BINARY(__bang_minequal, __bang_mineq_scalar, __bang_cycle_minequal, EMU_FN_MINEQUAL)
#undef EMU_BINARY
// Results are 1.0f and 0.0f, in the type of the operands.
#define EMU_COMPARE(op, fn) \
  EMU_ZIP(__bang_##op, fn, float, EMU_TYPE_F32) EMU_SCALAR(__bang_##op##_scalar, fn, float, EMU_TYPE_F32) \
  EMU_CYCLE(__bang_cycle_##op, fn, float, EMU_TYPE_F32)
EMU_COMPARE(gt, EMU_FN_GT)
EMU_COMPARE(ge, EMU_FN_GE)
EMU_COMPARE(lt, EMU_FN_LT)
EMU_COMPARE(le, EMU_FN_LE)
EMU_COMPARE(eq, EMU_FN_EQ)
EMU_COMPARE(ne, EMU_FN_NE)
#undef EMU_COMPARE
EMU_ZIP(__bang_eq, EMU_FN_EQ, int, EMU_TYPE_I32)
EMU_ZIP(__bang_ne, EMU_FN_NE, int, EMU_TYPE_I32)
#define EMU_LOGIC(op, fn) \
  EMU_ZIP(__bang_##op, fn, float, EMU_TYPE_F32) EMU_ZIP(__bang_##op, fn, int, EMU_TYPE_I32)
EMU_LOGIC(and, EMU_FN_AND)
EMU_LOGIC(or, EMU_FN_OR)
EMU_LOGIC(xor, EMU_FN_XOR)
#undef EMU_LOGIC
EMU_ZIP(__bang_band, EMU_FN_BAND, char, EMU_TYPE_U8)
EMU_ZIP(__bang_bor, EMU_FN_BOR, char, EMU_TYPE_U8)
EMU_ZIP(__bang_bxor, EMU_FN_BXOR, char, EMU_TYPE_U8)
#define EMU_SHIFT(name, fn, T) \
  EMU_INLINE void name(EMU_N T *dst, const EMU_N T *src, unsigned bits, unsigned n) { \
    unsigned long words[] = {fn, EMU_TYPE_I32, EMU_WORD(dst), EMU_WORD(src), bits, n}; __emu_bang(EMU_OP_SCALAR, words); }
EMU_SHIFT(__bang_sll, EMU_FN_SLL, int)
EMU_SHIFT(__bang_srl, EMU_FN_SRL, unsigned)
EMU_SHIFT(__bang_sra, EMU_FN_SRA, int)
#undef EMU_SHIFT
#if __BANG_ARCH__ >= 520
EMU_ZIP(__bang_div, EMU_FN_DIV, float, EMU_TYPE_F32)
EMU_SCALAR(__bang_div, EMU_FN_DIV, float, EMU_TYPE_F32)
EMU_ZIP(__bang_maximum, EMU_FN_MAXIMUM, float, EMU_TYPE_F32)
EMU_ZIP(__bang_minimum, EMU_FN_MINIMUM, float, EMU_TYPE_F32)
EMU_SCALAR(__bang_maximum_scalar, EMU_FN_MAXIMUM, float, EMU_TYPE_F32)
EMU_SCALAR(__bang_minimum_scalar, EMU_FN_MINIMUM, float, EMU_TYPE_F32)
#endif

EMU_MAP(__bang_square, EMU_FN_SQUARE, float, EMU_TYPE_F32)
EMU_MAP(__bang_square, EMU_FN_SQUARE, int, EMU_TYPE_I32)
EMU_MAP(__bang_abs, EMU_FN_ABS, float, EMU_TYPE_F32)
EMU_MAP(__bang_abs, EMU_FN_ABS, int, EMU_TYPE_I32)
EMU_MAP(__bang_relu, EMU_FN_RELU, float, EMU_TYPE_F32)
EMU_MAP(__bang_not, EMU_FN_NOT, float, EMU_TYPE_F32)
EMU_MAP(__bang_not, EMU_FN_NOT, int, EMU_TYPE_I32)
EMU_MAP(__bang_sqrt, EMU_FN_SQRT, float, EMU_TYPE_F32)
EMU_MAP(__bang_rsqrt, EMU_FN_RSQRT, float, EMU_TYPE_F32)
EMU_MAP(__bang_recip, EMU_FN_RECIP, float, EMU_TYPE_F32)
EMU_MAP(__bang_pow2, EMU_FN_POW2, float, EMU_TYPE_F32)
EMU_MAP(__bang_log, EMU_FN_LOG2, float, EMU_TYPE_F32)
EMU_MAP(__bang_sin, EMU_FN_SIN, float, EMU_TYPE_F32)
EMU_MAP(__bang_cos, EMU_FN_COS, float, EMU_TYPE_F32)
EMU_MAP(__bang_floor, EMU_FN_FLOOR, float, EMU_TYPE_F32)
EMU_MAP(__bang_round, EMU_FN_ROUND, float, EMU_TYPE_F32)
EMU_MAP(__bang_nearbyint, EMU_FN_NEARBYINT, float, EMU_TYPE_F32)

// (a op b) op c; a scalar operand is passed by its bits, a vector by its address.
#define EMU_FUSION_WORDS(kinds, b, c, seg) \
  unsigned long words[] = {op, kinds, EMU_WORD(dst), EMU_WORD(src0), b, c, n, seg}; __emu_bang(EMU_OP_FUSION, words);
enum mluFusionOpCode { FUSION_FMA, FUSION_FMS, FUSION_FAM, FUSION_FSM, FUSION_FAA, FUSION_FAS, FUSION_FSA, FUSION_FSS };
EMU_INLINE void __bang_fusion(mluFusionOpCode op, EMU_N float *dst, const EMU_N float *src0, const EMU_N float *src1,
                              const EMU_N float *src2, unsigned n, unsigned seg_n) {
  EMU_FUSION_WORDS(0, EMU_WORD(src1), EMU_WORD(src2), seg_n)
}
EMU_INLINE void __bang_fusion(mluFusionOpCode op, EMU_N float *dst, const EMU_N float *src0, const EMU_N float *src1,
                              float src2, unsigned n, unsigned seg_n) {
  EMU_FUSION_WORDS(2, EMU_WORD(src1), EMU_BITS(src2), seg_n)
}
EMU_INLINE void __bang_fusion(mluFusionOpCode op, EMU_N float *dst, const EMU_N float *src0, float src1,
                              const EMU_N float *src2, unsigned n, unsigned seg_n) {
  EMU_FUSION_WORDS(1, EMU_BITS(src1), EMU_WORD(src2), seg_n)
}
EMU_INLINE void __bang_fusion(mluFusionOpCode op, EMU_N float *dst, const EMU_N float *src0, float src1, float src2,
                              unsigned n) {
  EMU_FUSION_WORDS(3, EMU_BITS(src1), EMU_BITS(src2), n)
}
#undef EMU_FUSION_WORDS

#define EMU_CONVERT(name, fn, D, S) \
  EMU_INLINE void name(EMU_N D *dst, const EMU_N S *src, unsigned n) { \
    unsigned long words[] = {fn, EMU_WORD(dst), EMU_WORD(src), n, 0}; __emu_bang(EMU_OP_CONVERT, words); }
#define EMU_CONVERT_FIX(name, fn, D, S) \
  EMU_INLINE void name(EMU_N D *dst, const EMU_N S *src, unsigned n, int fix_position) { \
    unsigned long words[] = {fn, EMU_WORD(dst), EMU_WORD(src), n, EMU_WORD((long)fix_position)}; \
    __emu_bang(EMU_OP_CONVERT, words); }
EMU_CONVERT(__bang_bfloat162float, EMU_CV_BF16_F32, float, bfloat16_t)
EMU_CONVERT(__bang_float2bfloat16_rn, EMU_CV_F32_BF16_RN, bfloat16_t, float)
EMU_CONVERT(__bang_float2bfloat16_tz, EMU_CV_F32_BF16_TZ, bfloat16_t, float)
EMU_CONVERT(__bang_half2float, EMU_CV_F16_F32, float, half)
EMU_CONVERT(__bang_float2half_rn, EMU_CV_F32_F16_RN, half, float)
EMU_CONVERT_FIX(__bang_int322float, EMU_CV_I32_F32_TZ, float, int32_t)
EMU_CONVERT_FIX(__bang_int322float_rn, EMU_CV_I32_F32_RN, float, int32_t)
EMU_CONVERT_FIX(__bang_float2int32, EMU_CV_F32_I32_TZ, int32_t, float)
EMU_CONVERT_FIX(__bang_float2int32_tz, EMU_CV_F32_I32_TZ, int32_t, float)
EMU_CONVERT_FIX(__bang_float2int32_rn, EMU_CV_F32_I32_RN, int32_t, float)
EMU_CONVERT_FIX(__bang_int82float, EMU_CV_I8_F32, float, int8_t)
EMU_CONVERT_FIX(__bang_float2int8_tz, EMU_CV_F32_I8_TZ, int8_t, float)
EMU_CONVERT_FIX(__bang_float2int8_rn, EMU_CV_F32_I8_RN, int8_t, float)
EMU_CONVERT(__bang_uchar2float, EMU_CV_U8_F32, float, unsigned char)
EMU_CONVERT(__bang_float2uchar_rn, EMU_CV_F32_U8_RN, unsigned char, float)
#undef EMU_CONVERT
#undef EMU_CONVERT_FIX
#if __BANG_ARCH__ >= 520
EMU_INLINE float __bfloat162float(bfloat16_t value) {
  return __builtin_bit_cast(float, (unsigned)__builtin_bit_cast(unsigned short, value) << 16);
}
#endif
