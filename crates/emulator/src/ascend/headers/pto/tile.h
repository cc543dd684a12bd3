// Tiles in UB, tensors in GM, copies between them.

// Five numbers, of which those that are -1 come with the constructor.
template <int64_t N1, int64_t N2, int64_t N3, int64_t N4, int64_t N5> struct __emu_five {
  static constexpr int64_t fixed[5] = {N1, N2, N3, N4, N5};
  static constexpr int open = (N1 == -1) + (N2 == -1) + (N3 == -1) + (N4 == -1) + (N5 == -1);
  int64_t value[5] = {N1, N2, N3, N4, N5};
  template <class... A> EMU_INLINE void fill(A... numbers) {
    static_assert(sizeof...(A) == open, "one number for each that is -1");
    int64_t given[sizeof...(A) + 1] = {(int64_t)numbers...};
    int next = 0;
    for (int i = 0; i < 5; ++i) {
      if (fixed[i] == -1) value[i] = given[next++];
    }
  }
};
template <int64_t N1 = -1, int64_t N2 = -1, int64_t N3 = -1, int64_t N4 = -1, int64_t N5 = -1> struct Shape : __emu_five<N1, N2, N3, N4, N5> {
  template <class... A> EMU_INLINE explicit Shape(A... numbers) { this->fill(numbers...); }
};
template <int64_t N1 = -1, int64_t N2 = -1, int64_t N3 = -1, int64_t N4 = -1, int64_t N5 = -1> struct Stride : __emu_five<N1, N2, N3, N4, N5> {
  template <class... A> EMU_INLINE explicit Stride(A... numbers) { this->fill(numbers...); }
};

template <class T, class ShapeT, class StrideT, Layout layout_ = Layout::ND> struct GlobalTensor {
  using DType = T;
  static constexpr Layout layout = layout_;
  static_assert(layout_ != Layout::NZ, "kernels of the vector core have no boxed tensors here");
  EMU_INLINE GlobalTensor(__gm__ T* data, const ShapeT& shape, const StrideT& stride) : __data((uint64_t)data), __shape(shape), __stride(stride) {}
  EMU_INLINE GlobalTensor(__gm__ T* data, const ShapeT& shape) : __data((uint64_t)data), __shape(shape) {}
  EMU_INLINE explicit GlobalTensor(__gm__ T* data) : __data((uint64_t)data) {}
  uint64_t __data;
  ShapeT __shape;
  StrideT __stride;
};

template <TileType Loc, class T, int Rows_, int Cols_, BLayout layout = BLayout::RowMajor, int ValidRow_ = Rows_, int ValidCol_ = Cols_,
          SLayout box = SLayout::NoneBox, int SFractalSize_ = 512, PadValue pad = PadValue::Null, CompactMode compact = CompactMode::Null>
struct Tile {
  using DType = T;
  static constexpr int Rows = Rows_, Cols = Cols_, ValidRow = ValidRow_, ValidCol = ValidCol_;
  static constexpr bool isRowMajor = layout == BLayout::RowMajor;
  static_assert(Loc == TileType::Vec && box == SLayout::NoneBox, "kernels of the vector core have plain tiles in UB");
  static constexpr PadValue PadVal = pad;
  static_assert(pad != PadValue::Max && pad != PadValue::Min, "rows are filled up with zeros or a number");
  static_assert(pad == PadValue::Null || isRowMajor, "rows are filled up, columns are not here");
  static_assert(Rows_ > 0 && Cols_ > 0 && ValidRow_ <= Rows_ && ValidCol_ <= Cols_ && ValidRow_ != 0 && ValidCol_ != 0, "the valid part is part of the tile");
  static_assert((isRowMajor ? Cols_ : Rows_) * (int)sizeof(T) % 32 == 0, "a row, or a column of a column-major tile, has a multiple of 32 bytes");

  EMU_INLINE Tile() {
    static_assert(ValidRow_ > 0 && ValidCol_ > 0, "sizes that are -1 come with the constructor");
  }
  EMU_INLINE explicit Tile(int64_t valid) : __rows(ValidRow_ == -1 ? valid : ValidRow_), __cols(ValidRow_ == -1 ? ValidCol_ : valid) {
    static_assert((ValidRow_ == -1) != (ValidCol_ == -1), "one number for each that is -1");
  }
  EMU_INLINE Tile(int64_t rows, int64_t cols) : __rows(rows), __cols(cols) {
    static_assert(ValidRow_ == -1 && ValidCol_ == -1, "one number for each that is -1");
  }
  EMU_INLINE int64_t GetValidRow() const { return __rows; }
  EMU_INLINE int64_t GetValidCol() const { return __cols; }
  EMU_INLINE T GetValue(const uint32_t index) {
    __emu_request r{};
    r.code = __emu_ub_get;
    r.to = __emu_operand{__at + (uint64_t)index * sizeof(T), __at + sizeof(T) * Rows_ * Cols_, 0, 0};
    r.extra[0] = sizeof(T);
    return __emu_value_of<T>(__emu_ascend(&r));
  }
  EMU_INLINE void SetValue(const uint32_t index, const T value) {
    __emu_request r{};
    r.code = __emu_ub_set;
    r.to = __emu_operand{__at + (uint64_t)index * sizeof(T), __at + sizeof(T) * Rows_ * Cols_, 0, 0};
    r.extra[0] = sizeof(T);
    r.scalar = __emu_bits_of(value);
    __emu_ascend(&r);
  }
  // Distances of columns and rows in bytes.
  EMU_INLINE __emu_operand __operand() const {
    return __emu_operand{__at, __at + sizeof(T) * Rows_ * Cols_, (uint32_t)(isRowMajor ? sizeof(T) : sizeof(T) * Rows_), (uint32_t)(isRowMajor ? sizeof(T) * Cols_ : sizeof(T))};
  }
  int64_t __rows = ValidRow_, __cols = ValidCol_;
  // Nothing is there before TASSIGN.
  uint64_t __at = 1ul << 40;
};

template <class TileT> EMU_INLINE void TASSIGN(TileT& tile, uint64_t address) {
  __emu_ask(__emu_tensor, address, sizeof(typename TileT::DType) * TileT::Rows * TileT::Cols);
  tile.__at = address;
}
template <size_t address, class TileT> EMU_INLINE void TASSIGN(TileT& tile) {
  static_assert(address % 32 == 0, "a tile starts at a multiple of 32 bytes");
  TASSIGN(tile, (uint64_t)address);
}

// A call over `rows` rows and `cols` columns.
EMU_INLINE __emu_request __emu_tile_call(uint32_t code, uint32_t to, uint32_t from, int64_t rows, int64_t cols) {
  __emu_request r{};
  r.code = code;
  r.types[0] = to;
  r.types[1] = from;
  r.form = __emu_rect;
  r.mask[0] = (uint64_t)rows;
  r.count = (uint64_t)cols;
  return r;
}
// Tiles that must be alike are told from those that are not.
template <class A, class B> EMU_INLINE void __emu_alike(__emu_request& r, const A& a, const B& b) {
  if (a.__rows != b.__rows || a.__cols != b.__cols) r.mask[1] = 1;
}

template <class TileT, class GlobalT> EMU_INLINE void __emu_tile_copy(uint32_t code, TileT& tile, GlobalT& tensor) {
  using T = typename TileT::DType;
  static_assert(__emu_same<T, typename GlobalT::DType>, "a copy does not convert");
  static_assert((GlobalT::layout == Layout::ND) == TileT::isRowMajor, "rows go to row-major tiles, columns to column-major ones");
  static_assert(__emu_type<T> != ~0u, "no copy has this element type");
  const int64_t* shape = tensor.__shape.value;
  const int64_t* stride = tensor.__stride.value;
  constexpr bool rows = TileT::isRowMajor;
  int64_t count = rows ? shape[3] : shape[4], length = rows ? shape[4] : shape[3];
  __emu_request r = __emu_tile_call(code, __emu_type<T>, __emu_type<T>, 0, 0);
  r.form = __emu_count;
  r.count = (uint64_t)count;
  if (shape[0] != 1 || shape[1] != 1 || shape[2] != 1 || (count != (rows ? tile.__rows : tile.__cols)) || length != (rows ? tile.__cols : tile.__rows) ||
      (rows ? stride[4] : stride[3]) != 1) {
    r.mask[1] = 1;
  }
  __emu_operand gm{tensor.__data, ~0ul, 0, 0}, ub = tile.__operand();
  r.to = code == __emu_load ? ub : gm;
  r.from[0] = code == __emu_load ? gm : ub;
  r.extra[0] = (uint64_t)length * sizeof(T);
  r.extra[1] = (uint64_t)(rows ? stride[3] : stride[4]) * sizeof(T);
  r.extra[2] = rows ? ub.outer : ub.inner;
  // A load fills each row up to its last block. Source: pto-isa, common/arch/memory/tload_common.hpp; an element of 8 bytes
  // is two words of 4, npu/a2a3/TLoad.hpp.
  if (code == __emu_load && TileT::PadVal != PadValue::Null) {
    constexpr uint64_t word = (uint64_t)TileT::PadVal == 1 ? 0 : (uint64_t)TileT::PadVal & 0xffffffffu;
    r.extra[4] = (uint64_t)(TileT::Cols - tile.__cols) * sizeof(T) % 32;
    r.extra[5] = 1;
    r.scalar = sizeof(T) == 8 ? word << 32 | word : word;
  }
  __emu_ascend(&r);
}
template <class TileT, class GlobalT> EMU_INLINE RecordEvent TLOAD(TileT& dst, GlobalT& src) {
  __emu_tile_copy(__emu_load, dst, src);
  return {};
}
template <class TileT, class GlobalT> EMU_INLINE RecordEvent TSTORE(GlobalT& dst, TileT& src) {
  __emu_tile_copy(__emu_store, src, dst);
  return {};
}
