// Copies. A direction is a type, so that one that does not match its pointers has no overload.
#pragma once
#define EMU_DIRECTION(name, code, D, S) \
  struct __emu_dir_##name {}; \
  static constexpr __emu_dir_##name name{}; \
  EMU_INLINE void __memcpy(D void *dst, const S void *src, unsigned size, __emu_dir_##name) { \
    unsigned long words[] = {code, 0, EMU_WORD(dst), EMU_WORD(src), size}; __emu_bang(EMU_OP_COPY1, words); } \
  EMU_INLINE void __memcpy_async(D void *dst, const S void *src, unsigned size, __emu_dir_##name) { \
    unsigned long words[] = {code, 1, EMU_WORD(dst), EMU_WORD(src), size}; __emu_bang(EMU_OP_COPY1, words); } \
  EMU_INLINE void __memcpy(D void *dst, const S void *src, unsigned size, __emu_dir_##name, unsigned dst_stride, \
                           int src_stride, unsigned segnum) { \
    unsigned long words[] = {code, 0, EMU_WORD(dst), EMU_WORD(src), size, dst_stride, EMU_WORD((long)src_stride), segnum}; \
    __emu_bang(EMU_OP_COPY2, words); } \
  EMU_INLINE void __memcpy_async(D void *dst, const S void *src, unsigned size, __emu_dir_##name, unsigned dst_stride, \
                                 int src_stride, unsigned segnum) { \
    unsigned long words[] = {code, 1, EMU_WORD(dst), EMU_WORD(src), size, dst_stride, EMU_WORD((long)src_stride), segnum}; \
    __emu_bang(EMU_OP_COPY2, words); } \
  EMU_INLINE void __memcpy(D void *dst, const S void *src, unsigned size, __emu_dir_##name, int dst_stride0, \
                           unsigned dst_segnum1, int dst_stride1, unsigned dst_segnum2, int src_stride0, \
                           unsigned src_segnum1, int src_stride1, unsigned src_segnum2) { \
    unsigned long words[] = {code, 0, EMU_WORD(dst), EMU_WORD(src), size, EMU_WORD((long)dst_stride0), dst_segnum1, \
                             EMU_WORD((long)dst_stride1), dst_segnum2, EMU_WORD((long)src_stride0), src_segnum1, \
                             EMU_WORD((long)src_stride1), src_segnum2}; \
    __emu_bang(EMU_OP_COPY3, words); } \
  EMU_INLINE void __memcpy_async(D void *dst, const S void *src, unsigned size, __emu_dir_##name, int dst_stride0, \
                                 unsigned dst_segnum1, int dst_stride1, unsigned dst_segnum2, int src_stride0, \
                                 unsigned src_segnum1, int src_stride1, unsigned src_segnum2) { \
    unsigned long words[] = {code, 1, EMU_WORD(dst), EMU_WORD(src), size, EMU_WORD((long)dst_stride0), dst_segnum1, \
                             EMU_WORD((long)dst_stride1), dst_segnum2, EMU_WORD((long)src_stride0), src_segnum1, \
                             EMU_WORD((long)src_stride1), src_segnum2}; \
    __emu_bang(EMU_OP_COPY3, words); }
#define EMU_G
EMU_DIRECTION(GDRAM2NRAM, EMU_DIR_GDRAM2NRAM, EMU_N, EMU_G)
EMU_DIRECTION(NRAM2GDRAM, EMU_DIR_NRAM2GDRAM, EMU_G, EMU_N)
EMU_DIRECTION(NRAM2NRAM, EMU_DIR_NRAM2NRAM, EMU_N, EMU_N)
EMU_DIRECTION(GDRAM2WRAM, EMU_DIR_GDRAM2WRAM, EMU_W, EMU_G)
EMU_DIRECTION(WRAM2GDRAM, EMU_DIR_WRAM2GDRAM, EMU_G, EMU_W)
EMU_DIRECTION(NRAM2WRAM, EMU_DIR_NRAM2WRAM, EMU_W, EMU_N)
EMU_DIRECTION(WRAM2NRAM, EMU_DIR_WRAM2NRAM, EMU_N, EMU_W)
EMU_DIRECTION(GDRAM2GDRAM, EMU_DIR_GDRAM2GDRAM, EMU_G, EMU_G)
#undef EMU_DIRECTION

EMU_INLINE void __bang_move(EMU_N void *dst, const EMU_N void *src, unsigned size) {
  unsigned long words[] = {EMU_WORD(dst), EMU_WORD(src), size, size, size, 0};
  __emu_bang(EMU_OP_MOVE, words);
}
EMU_INLINE void __bang_move(EMU_N void *dst, const EMU_N void *src, unsigned size, unsigned dst_stride,
                            unsigned src_stride, unsigned segnum) {
  unsigned long words[] = {EMU_WORD(dst), EMU_WORD(src), size, dst_stride, src_stride, segnum};
  __emu_bang(EMU_OP_MOVE, words);
}

#define EMU_WRITE(T, bits) \
  EMU_INLINE void __bang_write_value(EMU_N void *dst, unsigned n, T value) { \
    unsigned long words[] = {sizeof(T), EMU_WORD(dst), n, bits, 0, 0, 0, 0}; __emu_bang(EMU_OP_WRITE, words); } \
  EMU_INLINE void __bang_write_value(EMU_N void *dst, unsigned n, T value, unsigned stride0, unsigned segnum1, \
                                     unsigned stride1, unsigned segnum2) { \
    unsigned long words[] = {sizeof(T), EMU_WORD(dst), n, bits, stride0, segnum1, stride1, segnum2}; \
    __emu_bang(EMU_OP_WRITE, words); }
EMU_WRITE(char, EMU_WORD((unsigned char)value))
EMU_WRITE(unsigned char, value)
EMU_WRITE(short, EMU_WORD((unsigned short)value))
EMU_WRITE(unsigned short, value)
EMU_WRITE(int, EMU_WORD((unsigned)value))
EMU_WRITE(unsigned, value)
EMU_WRITE(float, EMU_BITS(value))
#undef EMU_WRITE
#define EMU_ZERO(T) \
  EMU_INLINE void __bang_write_zero(EMU_N T *dst, unsigned n) { \
    unsigned long words[] = {sizeof(T), EMU_WORD(dst), n, 0, 0, 0, 0, 0}; __emu_bang(EMU_OP_WRITE, words); }
EMU_ZERO(signed char)
EMU_ZERO(unsigned char)
EMU_ZERO(short)
EMU_ZERO(unsigned short)
EMU_ZERO(int)
EMU_ZERO(unsigned)
EMU_ZERO(half)
EMU_ZERO(float)
#if __BANG_ARCH__ >= 520
EMU_ZERO(bfloat16_t)
#endif
#undef EMU_ZERO
