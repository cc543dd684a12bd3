//! The intrinsics: `extern "C"` functions that no library defines. The compiler gives them meaning.
//!
//! Conventions, relied on by `rustc_codegen_mlir`:
//! - a tile value is a [`Raw`] handle: one pointer-sized SSA value that is never dereferenced;
//! - element codes, shapes, axes and offsets named `const` below must be compile-time constants after
//!   inlining; anything else may be a runtime value;
//! - shapes are three numbers `(b, r, c)`; `b == 0` means a rank-2 tile of `r x c`, otherwise rank 3;
//! - `ptr` must be a kernel parameter, unchanged (views are whole buffers; offsets are in elements).
//!
//! Nothing outside this crate and `ascend_std` calls these.
#![allow(clippy::too_many_arguments)]

/// Handle of a tile value.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Raw(pub *const ());

#[rustfmt::skip]
unsafe extern "C" {
    // ---- parameters -------------------------------------------------------------------------
    /// Declares kernel parameter `ptr` as a read-only view. const: name, len, access ([`crate::abi::AccessCode`]), elem, rows, cols.
    pub fn __tile_bind_view(ptr: *const (), name: *const u8, len: usize, access: u32, elem: u32, rows: usize, cols: usize);
    /// Declares `ptr` as an output of which each program owns one `block_rows x block_cols` block (all of a
    /// dimension where block >= extent). Split dimensions take program axes from the last dimension: columns
    /// first (x), then rows. All but `ptr` const.
    pub fn __tile_bind_partition(ptr: *mut (), name: *const u8, len: usize, elem: u32, rows: usize, cols: usize, block_rows: usize, block_cols: usize);
    /// Declares `ptr` as an output of which the launch owns row `row` only, split over programs in blocks of
    /// `block_cols` columns. `row` must be a scalar kernel parameter bound with `__tile_bind_u32`; all else const.
    pub fn __tile_bind_row(ptr: *mut (), name: *const u8, len: usize, elem: u32, rows: usize, cols: usize, block_cols: usize, row: u32);
    /// Declares `ptr` as an output of `matrices` matrices of which the launch owns matrix `at` only, split over programs in
    /// blocks as by `__tile_bind_partition`. `at` must be a scalar kernel parameter bound with `__tile_bind_u32`; all else const.
    pub fn __tile_bind_matrix(ptr: *mut (), name: *const u8, len: usize, elem: u32, matrices: usize, rows: usize, cols: usize, block_rows: usize, block_cols: usize, at: u32);
    /// Names scalar parameter `value` and promises `value < bound` (0: no promise). The launcher checks it.
    pub fn __tile_bind_u32(value: u32, name: *const u8, len: usize, bound: u32);
    /// Names scalar parameter `value`.
    pub fn __tile_bind_f32(value: f32, name: *const u8, len: usize);
    /// Index of this program along `axis` (const, 0..3); below the grid's extent.
    pub fn __tile_program_id(axis: u32) -> u32;
    /// Number of programs along `axis` (const).
    pub fn __tile_num_programs(axis: u32) -> u32;

    // ---- memory -----------------------------------------------------------------------------
    /// Loads `r x c` elements at (`row`, `col`) of the view. Element (i, j) is read if row+i < view_rows,
    /// col+j < view_cols, i < valid_rows and j < valid_cols; otherwise it is `pad` (converted to the element type).
    /// const: elem, view_rows, view_cols, r, c, pad; valid_* may be `NO_LIMIT`.
    pub fn __tile_load(ptr: *const (), elem: u32, view_rows: usize, view_cols: usize, row: usize, col: usize, r: usize, c: usize, pad: f32, valid_rows: usize, valid_cols: usize) -> Raw;
    /// Stores under the same rule: elements outside the view or the valid part are not written.
    pub fn __tile_store(ptr: *mut (), elem: u32, view_rows: usize, view_cols: usize, row: usize, col: usize, value: Raw, r: usize, c: usize, valid_rows: usize, valid_cols: usize);
    /// [`__tile_load`] from matrix `at` of a view of several; nothing of it is read if there is no such matrix. const: elem,
    /// view_matrices, view_rows, view_cols, r, c, pad.
    pub fn __tile_load_matrix(ptr: *const (), elem: u32, view_matrices: usize, view_rows: usize, view_cols: usize, at: usize, row: usize, col: usize, r: usize, c: usize, pad: f32, valid_rows: usize, valid_cols: usize) -> Raw;
    /// [`__tile_store`] to matrix `at` of a view of several.
    pub fn __tile_store_matrix(ptr: *mut (), elem: u32, view_matrices: usize, view_rows: usize, view_cols: usize, at: usize, row: usize, col: usize, value: Raw, r: usize, c: usize, valid_rows: usize, valid_cols: usize);
    /// Gathers elements at linear `offsets` (a u32 tile `r x c`) of the row-major view; offsets at or past the end give `pad`.
    pub fn __tile_gather(ptr: *const (), elem: u32, view_rows: usize, view_cols: usize, offsets: Raw, r: usize, c: usize, pad: f32) -> Raw;

    // ---- making tiles -----------------------------------------------------------------------
    /// Every element is `value` converted to elem (a float type).
    pub fn __tile_splat_f32(value: f32, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// Every element is `value` (elem U32, I32, I8 or Bool; I8 takes the low bits).
    pub fn __tile_splat_u32(value: u32, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// u32 tile whose element is its index along `axis` (0 = b, 1 = r, 2 = c; const).
    pub fn __tile_iota(axis: u32, b: usize, r: usize, c: usize) -> Raw;

    // ---- elementwise ------------------------------------------------------------------------
    /// Elementwise ([`crate::abi::UnaryCode`]).
    pub fn __tile_unary(op: u32, x: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// Elementwise ([`crate::abi::BinaryCode`]).
    pub fn __tile_binary(op: u32, lhs: Raw, rhs: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// `x * y + z`, rounded once; floats only.
    pub fn __tile_fma(x: Raw, y: Raw, z: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// Bool tile of `lhs op rhs`; `elem` is the operands' type.
    pub fn __tile_compare(op: u32, lhs: Raw, rhs: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// `mask ? on_true : on_false`, elementwise.
    pub fn __tile_select(mask: Raw, on_true: Raw, on_false: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// Value conversion. To a narrower float: nearest even. Float to integer: toward zero. Bool to number: 0 or 1.
    pub fn __tile_cast(x: Raw, from: u32, to: u32, b: usize, r: usize, c: usize) -> Raw;
    /// Float unary op ([`crate::abi::UnaryCode`]) on a scalar.
    pub fn __tile_scalar_unary(op: u32, x: f32) -> f32;

    // ---- shape ------------------------------------------------------------------------------
    /// Repeats dimensions of size 1 (same rank), or a rank-2 tile over a new leading dimension.
    pub fn __tile_broadcast(x: Raw, elem: u32, b: usize, r: usize, c: usize, to_b: usize, to_r: usize, to_c: usize) -> Raw;
    /// Same elements in row-major order, other shape.
    pub fn __tile_reshape(x: Raw, elem: u32, b: usize, r: usize, c: usize, to_b: usize, to_r: usize, to_c: usize) -> Raw;
    /// Exchanges the last two dimensions; the result is `(b, c, r)`.
    pub fn __tile_transpose(x: Raw, elem: u32, b: usize, r: usize, c: usize) -> Raw;
    /// The part of shape `to_*` at const offsets `at_*`.
    pub fn __tile_slice(x: Raw, elem: u32, b: usize, r: usize, c: usize, at_b: usize, at_r: usize, at_c: usize, to_b: usize, to_r: usize, to_c: usize) -> Raw;
    /// `into` (shape `to_*`) with `x` (shape `b, r, c`) put at const offsets `at_*`.
    pub fn __tile_insert(x: Raw, into: Raw, elem: u32, b: usize, r: usize, c: usize, at_b: usize, at_r: usize, at_c: usize, to_b: usize, to_r: usize, to_c: usize) -> Raw;
    /// Element (i, j) of a rank-2 f32 tile. Out of range is an error in the interpreter.
    pub fn __tile_extract_f32(x: Raw, r: usize, c: usize, i: usize, j: usize) -> f32;
    /// Element (i, j) of a rank-2 u32 tile.
    pub fn __tile_extract_u32(x: Raw, r: usize, c: usize, i: usize, j: usize) -> u32;

    // ---- reductions and products --------------------------------------------------------------
    /// Reduces along `axis` (0 = b, 1 = r, 2 = c; const); that dimension becomes 1.
    pub fn __tile_reduce(op: u32, x: Raw, elem: u32, axis: u32, b: usize, r: usize, c: usize) -> Raw;
    /// `acc + lhs · rhs` in f32: lhs `(b, m, k)`, or `(b, k, m)` if transpose_lhs; rhs `(b, k, n)`, or `(b, n, k)` if
    /// transpose_rhs; acc and result `(b, m, n)`. `b == 0`: rank 2. Flags and sizes const.
    pub fn __tile_contract(lhs: Raw, rhs: Raw, acc: Raw, b: usize, m: usize, n: usize, k: usize, transpose_lhs: u32, transpose_rhs: u32) -> Raw;
}
