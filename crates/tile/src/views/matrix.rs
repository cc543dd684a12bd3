//! Outputs of which a launch writes one matrix.

use core::marker::PhantomData;

use super::{Limits, NO_LIMITS, RowView, block_col, block_row, part_limits};
use crate::arg::Position;
use crate::elem::Stored;
use crate::raw::intrinsic;
use crate::tile::Tile;

/// A buffer of `M` matrices of `R x C` elements, of which the launch owns one matrix, and each program a block of `BR x BC`
/// of it, divided over programs as a [`Partition`](crate::Partition) is. The [`RowMut`](crate::RowMut) of kernels that see
/// a row as a matrix: a key-value cache with a row of heads per position is one.
///
/// The matrix is a scalar argument of the kernel, named by the attribute that names the row of a `RowMut`:
///
/// ```
/// use tile::prelude::*;
///
/// #[tile::kernel]
/// fn double<const CAP: usize, const R: usize, const C: usize>(
///     #[row(position)] mut cache: MatrixMut<f32, CAP, R, C, 1, C>,
///     position: Position<CAP>,
/// ) {
///     let doubled = cache.load() * 2.0;
///     cache.store(doubled);
/// }
/// ```
pub struct MatrixMut<
    T: Stored,
    const M: usize,
    const R: usize,
    const C: usize,
    const BR: usize = R,
    const BC: usize = C,
> {
    ptr: *mut (),
    at: usize,
    elem: PhantomData<T>,
}

/// The form in which the launch hands a [`MatrixMut`] to a kernel.
#[repr(transparent)]
pub struct MatrixArgument<T: Stored, const M: usize, const R: usize, const C: usize, const BR: usize, const BC: usize> {
    ptr: *mut (),
    elem: PhantomData<T>,
}

impl<T: Stored, const M: usize, const R: usize, const C: usize, const BR: usize, const BC: usize> RowView
    for MatrixMut<T, M, R, C, BR, BC>
{
    type Argument = MatrixArgument<T, M, R, C, BR, BC>;
    const ROWS: usize = M;

    #[inline(always)]
    fn open<const BOUND: usize>(argument: Self::Argument, row: Position<BOUND>, name: &'static str) -> Self {
        const { assert!(BOUND <= M, "the position's bound exceeds the matrices of the view it selects from") };
        const { assert!(BR > 0 && BC > 0, "a matrix's block needs at least one row and one column") };
        let (ptr, at) = (argument.ptr, row.raw());
        intrinsic!(__tile_bind_matrix(ptr, name.as_ptr(), name.len(), T::CODE as u32, M, R, C, BR, BC, at));
        Self { ptr, at: row.get(), elem: PhantomData }
    }
}

impl<T: Stored, const M: usize, const R: usize, const C: usize, const BR: usize, const BC: usize>
    MatrixMut<T, M, R, C, BR, BC>
{
    /// Number of the matrix that this launch owns.
    #[inline(always)]
    pub fn matrix(&self) -> usize {
        self.at
    }

    /// Row of the matrix where this program's block begins.
    #[inline(always)]
    pub fn row(&self) -> usize {
        block_row::<R, C, BR, BC>()
    }

    /// Column of the matrix where this program's block begins.
    #[inline(always)]
    pub fn col(&self) -> usize {
        block_col::<C, BC>()
    }

    /// This program's block as it is now.
    #[inline(always)]
    pub fn load(&self) -> Tile<T, BR, BC> {
        self.get(0, 0, NO_LIMITS)
    }

    /// Writes this program's block.
    #[inline(always)]
    pub fn store(&mut self, tile: Tile<T, BR, BC>) {
        self.put(0, 0, tile, NO_LIMITS);
    }

    /// Writes the part of this program's block within `limits`.
    #[inline(always)]
    pub fn store_limited(&mut self, tile: Tile<T, BR, BC>, limits: Limits) {
        self.put(0, 0, tile, limits);
    }

    /// The `PR x PC` part of this program's block that begins at (`row`, `col`) of the block. What lies outside of
    /// the block reads as 0.
    #[inline(always)]
    pub fn load_part<const PR: usize, const PC: usize>(&self, row: usize, col: usize) -> Tile<T, PR, PC> {
        self.get(row, col, part_limits::<R, C, BR, BC, PR, PC>(row, col))
    }

    /// Writes the part of this program's block that begins at (`row`, `col`) of the block. What lies outside of the
    /// block is not written.
    #[inline(always)]
    pub fn store_part<const PR: usize, const PC: usize>(&mut self, row: usize, col: usize, part: Tile<T, PR, PC>) {
        self.put(row, col, part, part_limits::<R, C, BR, BC, PR, PC>(row, col));
    }

    #[inline(always)]
    fn get<const PR: usize, const PC: usize>(&self, row: usize, col: usize, limits: Limits) -> Tile<T, PR, PC> {
        Tile::from_raw(intrinsic!(__tile_load_matrix(
            self.ptr,
            T::CODE as u32,
            M,
            R,
            C,
            self.at,
            self.row() + row,
            self.col() + col,
            PR,
            PC,
            limits.pad,
            limits.rows,
            limits.cols,
        )))
    }

    #[inline(always)]
    fn put<const PR: usize, const PC: usize>(&mut self, row: usize, col: usize, part: Tile<T, PR, PC>, limits: Limits) {
        let (row, col) = (self.row() + row, self.col() + col);
        let elem = T::CODE as u32;
        let (at, part) = (self.at, part.raw());
        intrinsic!(__tile_store_matrix(self.ptr, elem, M, R, C, at, row, col, part, PR, PC, limits.rows, limits.cols,));
    }
}
