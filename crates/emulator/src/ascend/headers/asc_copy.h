// Copies. Distances of blocks are from the end of one to the start of the next.

struct DataCopyParams {
  EMU_INLINE DataCopyParams() {}
  EMU_INLINE DataCopyParams(const uint16_t count, const uint16_t len, const uint16_t srcStrideIn, const uint16_t dstStrideIn)
      : blockCount(count), blockLen(len), srcStride(srcStrideIn), dstStride(dstStrideIn) {}
  uint16_t blockCount = 1;
  uint16_t blockLen = 0;
  uint16_t srcStride = 0;
  uint16_t dstStride = 0;
};
struct DataCopyExtParams {
  EMU_INLINE DataCopyExtParams() {}
  EMU_INLINE DataCopyExtParams(const uint16_t count, const uint32_t len, const uint32_t srcStrideIn, const uint32_t dstStrideIn, const uint32_t rsvIn)
      : blockCount(count), blockLen(len), srcStride(srcStrideIn), dstStride(dstStrideIn), rsv(rsvIn) {}
  uint16_t blockCount = 1;
  uint32_t blockLen = 0;
  uint32_t srcStride = 0;
  uint32_t dstStride = 0;
  uint32_t rsv = 0;
};
template <class T> struct DataCopyPadExtParams {
  EMU_INLINE DataCopyPadExtParams() {}
  EMU_INLINE DataCopyPadExtParams(const bool isPadValue, const uint8_t leftPadValue, const uint8_t rightPadValue, T padValue)
      : isPad(isPadValue), leftPadding(leftPadValue), rightPadding(rightPadValue), paddingValue(padValue) {}
  bool isPad = false;
  uint8_t leftPadding = 0;
  uint8_t rightPadding = 0;
  T paddingValue{};
};

template <class T> EMU_INLINE __emu_operand __emu_place(const GlobalTensor<T>& tensor) { return __emu_operand{tensor.__at, tensor.__end, 0, 0}; }

// `count` blocks of `bytes`, whose starts are `from` and `to` bytes apart.
template <class T>
EMU_INLINE void __emu_transfer(uint32_t code, __emu_operand dst, __emu_operand src, uint64_t count, uint64_t bytes, uint64_t gm, uint64_t ub,
                               uint64_t left, uint64_t right, uint64_t flags, uint64_t pad) {
  __emu_request r{};
  r.code = code;
  r.types[0] = __emu_type<T>;
  static_assert(__emu_type<T> != ~0u, "no copy has this element type");
  r.count = count;
  r.to = dst;
  r.from[0] = src;
  r.scalar = pad;
  r.extra[0] = bytes;
  r.extra[1] = gm;
  r.extra[2] = ub;
  r.extra[3] = left;
  r.extra[4] = right;
  r.extra[5] = flags;
  __emu_ascend(&r);
}
EMU_INLINE constexpr uint64_t __emu_blocks(uint64_t bytes) { return (bytes + 31) / 32 * 32; }

// Whole blocks of 32 bytes.
template <class T> EMU_INLINE void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const uint32_t count) {
  __emu_transfer<T>(__emu_load, __emu_whole(dst), __emu_place(src), count == 0 ? 0 : 1, (uint64_t)count * sizeof(T), 0, 0, 0, 0, 2, 0);
}
template <class T> EMU_INLINE void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count) {
  __emu_transfer<T>(__emu_store, __emu_place(dst), __emu_whole(src), count == 0 ? 0 : 1, (uint64_t)count * sizeof(T), 0, 0, 0, 0, 2, 0);
}
template <class T> EMU_INLINE void DataCopy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const uint32_t count) {
  __emu_transfer<T>(__emu_move, __emu_whole(dst), __emu_whole(src), count == 0 ? 0 : 1, (uint64_t)count * sizeof(T), 0, 0, 0, 0, 2, 0);
}
template <class T> EMU_INLINE void DataCopy(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyParams& p) {
  uint64_t bytes = (uint64_t)p.blockLen * 32;
  __emu_transfer<T>(__emu_load, __emu_whole(dst), __emu_place(src), p.blockCount, bytes, bytes + (uint64_t)p.srcStride * 32, bytes + (uint64_t)p.dstStride * 32, 0, 0, 2, 0);
}
template <class T> EMU_INLINE void DataCopy(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& p) {
  uint64_t bytes = (uint64_t)p.blockLen * 32;
  __emu_transfer<T>(__emu_store, __emu_place(dst), __emu_whole(src), p.blockCount, bytes, bytes + (uint64_t)p.dstStride * 32, bytes + (uint64_t)p.srcStride * 32, 0, 0, 2, 0);
}
template <class T> EMU_INLINE void DataCopy(const LocalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyParams& p) {
  uint64_t bytes = (uint64_t)p.blockLen * 32;
  __emu_transfer<T>(__emu_move, __emu_whole(dst), __emu_whole(src), p.blockCount, bytes, bytes + (uint64_t)p.srcStride * 32, bytes + (uint64_t)p.dstStride * 32, 0, 0, 2, 0);
}

// Any number of bytes; in UB each block starts at 32 bytes.
template <class T>
EMU_INLINE void DataCopyPad(const LocalTensor<T>& dst, const GlobalTensor<T>& src, const DataCopyExtParams& p, const DataCopyPadExtParams<T>& pad) {
  uint64_t left = (uint64_t)pad.leftPadding * sizeof(T), right = (uint64_t)pad.rightPadding * sizeof(T);
  __emu_transfer<T>(__emu_load, __emu_whole(dst), __emu_place(src), p.blockCount, p.blockLen, (uint64_t)p.blockLen + p.srcStride,
                    __emu_blocks(left + p.blockLen + right) + (uint64_t)p.dstStride * 32, left, right, pad.isPad ? 1 : 0, __emu_bits_of(pad.paddingValue));
}
template <class T> EMU_INLINE void DataCopyPad(const GlobalTensor<T>& dst, const LocalTensor<T>& src, const DataCopyExtParams& p) {
  __emu_transfer<T>(__emu_store, __emu_place(dst), __emu_whole(src), p.blockCount, p.blockLen, (uint64_t)p.blockLen + p.dstStride,
                    __emu_blocks(p.blockLen) + (uint64_t)p.srcStride * 32, 0, 0, 0, 0);
}
