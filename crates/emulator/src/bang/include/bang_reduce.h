// Reductions and transposes of NRAM vectors.
#pragma once
EMU_INLINE void __bang_reduce_sum(EMU_N float *dst, const EMU_N float *src, unsigned n) {
  unsigned long words[] = {EMU_WORD(dst), EMU_WORD(src), n};
  __emu_bang(EMU_OP_REDUCE_SUM, words);
}
// The order of the strides is the documented one: width first.
#define EMU_POOL(name, fn) \
  EMU_INLINE void name(EMU_N float *dst, const EMU_N float *src, unsigned channel, unsigned height, unsigned width, \
                       unsigned kernel_height, unsigned kernel_width, unsigned stride_width, unsigned stride_height) { \
    unsigned long words[] = {fn, EMU_WORD(dst), EMU_WORD(src), channel, height, width, kernel_height, kernel_width, \
                             stride_width, stride_height}; \
    __emu_bang(EMU_OP_POOL, words); }
EMU_POOL(__bang_sumpool, EMU_POOL_SUM)
EMU_POOL(__bang_maxpool, EMU_POOL_MAX)
EMU_POOL(__bang_minpool, EMU_POOL_MIN)
#undef EMU_POOL
#define EMU_ARG(name, fn) \
  EMU_INLINE void name(EMU_N float *dst, const EMU_N float *src, unsigned n) { \
    unsigned long words[] = {fn, EMU_WORD(dst), EMU_WORD(src), n}; __emu_bang(EMU_OP_ARG, words); }
EMU_ARG(__bang_argmax, EMU_POOL_MAX)
EMU_ARG(__bang_argmin, EMU_POOL_MIN)
#undef EMU_ARG
#define EMU_TRANSPOSE(T) \
  EMU_INLINE void __bang_transpose(EMU_N T *dst, const EMU_N T *src, unsigned height, unsigned width) { \
    unsigned long words[] = {sizeof(T), EMU_WORD(dst), EMU_WORD(src), height, width}; \
    __emu_bang(EMU_OP_TRANSPOSE, words); }
EMU_TRANSPOSE(half)
EMU_TRANSPOSE(short)
EMU_TRANSPOSE(unsigned short)
EMU_TRANSPOSE(signed char)
EMU_TRANSPOSE(char)
EMU_TRANSPOSE(unsigned char)
EMU_TRANSPOSE(float)
EMU_TRANSPOSE(int)
EMU_TRANSPOSE(unsigned)
#if __BANG_ARCH__ >= 520
EMU_TRANSPOSE(bfloat16_t)
EMU_INLINE float __bang_sum(const EMU_N float *src, unsigned n) {
  unsigned long words[] = {EMU_WORD(src), n};
  return __builtin_bit_cast(float, __emu_bang(EMU_OP_SUM, words));
}
#endif
#undef EMU_TRANSPOSE
