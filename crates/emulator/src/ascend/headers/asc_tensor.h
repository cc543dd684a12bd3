// Tensors, and where they come from.

template <class T> class LocalTensor {
 public:
  using PrimType = T;
  LocalTensor() = default;
  EMU_INLINE LocalTensor(TPosition, uint32_t addr, uint32_t tileSize) : __at(addr), __end((uint64_t)addr + (uint64_t)tileSize * sizeof(T)) {
    __emu_ask(__emu_tensor, __at, __end - __at);
  }
  EMU_INLINE LocalTensor operator[](const uint32_t offset) const {
    LocalTensor part = *this;
    part.__at += (uint64_t)offset * sizeof(T);
    return part;
  }
  template <class U> EMU_INLINE LocalTensor<U> ReinterpretCast() const {
    LocalTensor<U> other;
    other.__at = __at;
    other.__end = __end;
    return other;
  }
  EMU_INLINE T GetValue(const uint32_t index) const {
    __emu_request r{};
    r.code = __emu_ub_get;
    r.to = __emu_operand{__at + (uint64_t)index * sizeof(T), __end, 0, 0};
    r.extra[0] = sizeof(T);
    return __emu_value_of<T>(__emu_ascend(&r));
  }
  template <class S> EMU_INLINE void SetValue(const uint32_t index, const S value) const {
    __emu_request r{};
    r.code = __emu_ub_set;
    r.to = __emu_operand{__at + (uint64_t)index * sizeof(T), __end, 0, 0};
    r.extra[0] = sizeof(T);
    r.scalar = __emu_bits_of<T>((T)value);
    __emu_ascend(&r);
  }
  EMU_INLINE uint32_t GetSize() const { return (uint32_t)((__end - __at) / sizeof(T)); }
  uint64_t __at, __end;
};

template <class T> class GlobalTensor {
 public:
  using PrimType = T;
  EMU_INLINE GlobalTensor() : __at(0), __end(0) {}
  EMU_INLINE void SetGlobalBuffer(__gm__ T* buffer, uint64_t bufferSize) {
    __at = (uint64_t)buffer;
    __end = __at + bufferSize * sizeof(T);
  }
  EMU_INLINE void SetGlobalBuffer(__gm__ T* buffer) {
    __at = (uint64_t)buffer;
    __end = ~0ul;
  }
  EMU_INLINE GlobalTensor operator[](const uint64_t offset) const {
    GlobalTensor part = *this;
    part.__at += offset * sizeof(T);
    return part;
  }
  EMU_INLINE T GetValue(const uint64_t offset) const {
    __emu_request r{};
    r.code = __emu_gm_get;
    r.from[0] = __emu_operand{__at + offset * sizeof(T), __end, 0, 0};
    r.extra[0] = sizeof(T);
    return __emu_value_of<T>(__emu_ascend(&r));
  }
  uint64_t __at, __end;
};

// Contiguous elements: neighbouring blocks, eight of them to a repeat.
template <class T> EMU_INLINE __emu_operand __emu_whole(const LocalTensor<T>& tensor) { return __emu_operand{tensor.__at, tensor.__end, 1, 8}; }
template <class T> EMU_INLINE __emu_operand __emu_strided(const LocalTensor<T>& tensor, uint32_t block, uint32_t repeat) {
  return __emu_operand{tensor.__at, tensor.__end, block, repeat};
}

// One after the other, from address 0 on.
template <Hardware hard = Hardware::UB> class LocalMemAllocator {
  static_assert(hard == Hardware::UB, "kernels of the vector core have UB only");

 public:
  EMU_INLINE LocalMemAllocator() {}
  EMU_INLINE uint32_t GetCurAddr() const { return head; }
  template <TPosition pos, class T, uint32_t tileSize> EMU_INLINE LocalTensor<T> Alloc() { return take<T>(tileSize); }
  template <TPosition pos, class T> EMU_INLINE LocalTensor<T> Alloc(uint32_t tileSize) { return take<T>(tileSize); }
  template <class T, uint32_t tileSize> EMU_INLINE LocalTensor<T> Alloc() { return take<T>(tileSize); }
  template <class T> EMU_INLINE LocalTensor<T> Alloc(uint32_t tileSize) { return take<T>(tileSize); }

 private:
  template <class T> EMU_INLINE LocalTensor<T> take(uint32_t tileSize) {
    uint32_t start = head;
    head += (tileSize * (uint32_t)sizeof(T) + 31u) / 32u * 32u;
    return LocalTensor<T>(TPosition::VECCALC, start, tileSize);
  }
  uint32_t head = 0;
};

// Scratch memory of a TPipe.
template <TPosition pos = TPosition::VECCALC> class TBuf {
 public:
  EMU_INLINE TBuf() : __at(0), __end(0) {}
  template <class T> EMU_INLINE LocalTensor<T> Get() { return part<T>(__at, __end); }
  template <class T> EMU_INLINE LocalTensor<T> Get(uint32_t len) { return part<T>(__at, __at + (uint64_t)len * sizeof(T)); }
  template <class T> EMU_INLINE LocalTensor<T> GetWithOffset(uint32_t size, uint32_t bufOffset) {
    return part<T>(__at + bufOffset, __at + bufOffset + (uint64_t)size * sizeof(T));
  }
  uint64_t __at, __end;

 private:
  template <class T> EMU_INLINE LocalTensor<T> part(uint64_t start, uint64_t end) {
    LocalTensor<T> tensor;
    tensor.__at = start;
    tensor.__end = end < __end ? end : __end;
    return tensor;
  }
};

class TPipe {
 public:
  EMU_INLINE TPipe() { __emu_ask(__emu_pipe); }
  EMU_INLINE ~TPipe() { __emu_ask(__emu_pipe_end); }
  template <TPosition pos> EMU_INLINE bool InitBuffer(TBuf<pos>& buf, uint32_t len) {
    buf.__at = __emu_ask(__emu_buffer, len);
    buf.__end = buf.__at + len;
    return true;
  }
  template <HardEvent event> EMU_INLINE TEventID AllocEventID() {
    return (TEventID)__emu_ask(__emu_event_take, __emu_source(event), __emu_target(event));
  }
  template <HardEvent event> EMU_INLINE TEventID FetchEventID() {
    return (TEventID)__emu_ask(__emu_event_look, __emu_source(event), __emu_target(event));
  }
  EMU_INLINE TEventID FetchEventID(HardEvent event) {
    return (TEventID)__emu_ask(__emu_event_look, __emu_source(event), __emu_target(event));
  }
  template <HardEvent event> EMU_INLINE void ReleaseEventID(TEventID id) {
    __emu_ask(__emu_event_give, __emu_source(event), __emu_target(event), (uint64_t)id);
  }
};
