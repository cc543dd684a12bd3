// Reductions.

#define EMU_FOLD(code, first, ...) \
  EMU_TYPES(reduction, T, half, float); \
  __emu_vector(code, __emu_type<T>, __emu_type<T>, first, __VA_ARGS__)

// One result per repeat.
#define EMU_WHOLE(mask_type) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void WholeReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, mask_type, const int32_t repeatTime, const int32_t dstRepStride, \
                                 const int32_t srcBlkStride, const int32_t srcRepStride) { \
    EMU_FOLD(__emu_whole_sum, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride), \
             __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride)); \
  } \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void WholeReduceMax(const LocalTensor<T>& dst, const LocalTensor<T>& src, mask_type, const int32_t repeatTime, const int32_t dstRepStride, \
                                 const int32_t srcBlkStride, const int32_t srcRepStride, ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX) { \
    EMU_FOLD(__emu_whole_max, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride), \
             __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride), {}, {}, 0, (uint64_t)order); \
  } \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void WholeReduceMin(const LocalTensor<T>& dst, const LocalTensor<T>& src, mask_type, const int32_t repeatTime, const int32_t dstRepStride, \
                                 const int32_t srcBlkStride, const int32_t srcRepStride, ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX) { \
    EMU_FOLD(__emu_whole_min, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride), \
             __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride), {}, {}, 0, (uint64_t)order); \
  } \
  template <ReduceType type, class T, class U, bool isSetMask = true> \
  EMU_INLINE void ReduceRepeat(const LocalTensor<T>& dst, const LocalTensor<U>& src, mask_type, const int32_t repeatTime, const int32_t dstRepStride, \
                               const int32_t srcBlkStride, const int32_t srcRepStride, ReduceOrder order = ReduceOrder::ORDER_VALUE_INDEX) { \
    static_assert(__emu_same<T, U>, "ReduceRepeat has one element type on this core"); \
    EMU_FOLD(__emu_whole_sum + (uint32_t)type, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride), \
             __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride), {}, {}, 0, (uint64_t)order); \
  }
EMU_INLINE __emu_span __emu_masked(int32_t mask, uint64_t repeats) { return __emu_masked((uint64_t)mask, repeats); }
EMU_WHOLE(const int32_t mask)
EMU_WHOLE(const uint64_t mask[])

// One result per block of 32 bytes.
#define EMU_BLOCK(name, code, mask_type) \
  template <class T, bool isSetMask = true> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const int32_t repeatTime, mask_type, const int32_t dstRepStride, \
                       const int32_t srcBlkStride, const int32_t srcRepStride) { \
    EMU_FOLD(code, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride), \
             __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride)); \
  }
EMU_BLOCK(BlockReduceSum, __emu_block_sum, const int32_t mask)
EMU_BLOCK(BlockReduceSum, __emu_block_sum, const uint64_t mask[])
EMU_BLOCK(BlockReduceMax, __emu_block_max, const int32_t mask)
EMU_BLOCK(BlockReduceMax, __emu_block_max, const uint64_t mask[])
EMU_BLOCK(BlockReduceMin, __emu_block_min, const int32_t mask)
EMU_BLOCK(BlockReduceMin, __emu_block_min, const uint64_t mask[])
template <ReduceType type, class T, class U, bool isSetMask = true>
EMU_INLINE void ReduceDataBlock(const LocalTensor<T>& dst, const LocalTensor<U>& src, const int32_t mask, const int32_t repeatTime, const int32_t dstRepStride,
                                const int32_t srcBlkStride, const int32_t srcRepStride) {
  static_assert(__emu_same<T, U>, "ReduceDataBlock has one element type on this core");
  EMU_FOLD(__emu_block_sum + (uint32_t)type, __emu_masked(mask, (uint64_t)repeatTime), __emu_strided(dst, 1, (uint32_t)dstRepStride),
           __emu_strided(src, (uint32_t)srcBlkStride, (uint32_t)srcRepStride));
}

// One result of everything. The scratch tensor is written too.
#define EMU_ALL(name, code) \
  template <class T> \
  EMU_INLINE void name(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t count, bool calIndex = 0) { \
    EMU_FOLD(code, __emu_first(count), __emu_whole(dst), __emu_whole(src), __emu_whole(sharedTmpBuffer), {}, 0, calIndex ? 0 : 2); \
  }
template <class T, bool isSetMask = true>
EMU_INLINE void ReduceSum(const LocalTensor<T>& dst, const LocalTensor<T>& src, const LocalTensor<T>& sharedTmpBuffer, const int32_t count) {
  EMU_FOLD(__emu_sum, __emu_first(count), __emu_whole(dst), __emu_whole(src), __emu_whole(sharedTmpBuffer));
}
EMU_ALL(ReduceMax, __emu_max_of)
EMU_ALL(ReduceMin, __emu_min_of)
