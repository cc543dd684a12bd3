//! Reductions along rows, columns and batches. The reduced dimension stays, with size 1.

use crate::abi::ReduceCode;
use crate::elem::{Elem, Number};
use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

impl<T: Number, const R: usize, const C: usize> Tile<T, R, C> {
    /// The sum of each row, in any order.
    #[inline(always)]
    pub fn row_sum(self) -> Tile<T, R, 1> {
        self.reduce_cols(ReduceCode::Sum)
    }

    /// The largest element of each row; NaN elements are passed over.
    #[inline(always)]
    pub fn row_max(self) -> Tile<T, R, 1> {
        self.reduce_cols(ReduceCode::Max)
    }

    /// The smallest element of each row; NaN elements are passed over.
    #[inline(always)]
    pub fn row_min(self) -> Tile<T, R, 1> {
        self.reduce_cols(ReduceCode::Min)
    }

    /// The column of the largest element of each row, the lowest one on ties. NaN elements are passed over; a row
    /// of nothing but NaN gives 0.
    #[inline(always)]
    pub fn row_argmax(self) -> Tile<u32, R, 1> {
        let largest = self.eq(self.row_max().broadcast_cols::<C>());
        let none = u32::MAX;
        let first = largest.select(Tile::<u32, R, C>::col_index(), none).row_min();
        first.eq(none).select(0u32, first)
    }

    /// The sum of each column, in any order.
    #[inline(always)]
    pub fn col_sum(self) -> Tile<T, 1, C> {
        self.reduce_rows(ReduceCode::Sum)
    }

    /// The largest element of each column; NaN elements are passed over.
    #[inline(always)]
    pub fn col_max(self) -> Tile<T, 1, C> {
        self.reduce_rows(ReduceCode::Max)
    }

    /// The smallest element of each column; NaN elements are passed over.
    #[inline(always)]
    pub fn col_min(self) -> Tile<T, 1, C> {
        self.reduce_rows(ReduceCode::Min)
    }

    #[inline(always)]
    fn reduce_cols(self, code: ReduceCode) -> Tile<T, R, 1> {
        Tile::from_raw(intrinsic!(__tile_reduce(code as u32, self.raw(), T::CODE as u32, 2, 0, R, C)))
    }

    #[inline(always)]
    fn reduce_rows(self, code: ReduceCode) -> Tile<T, 1, C> {
        Tile::from_raw(intrinsic!(__tile_reduce(code as u32, self.raw(), T::CODE as u32, 1, 0, R, C)))
    }
}

impl<T: Number, const B: usize, const R: usize, const C: usize> Tile3<T, B, R, C> {
    /// The sum of each row of each matrix, in any order.
    #[inline(always)]
    pub fn row_sum(self) -> Tile3<T, B, R, 1> {
        Tile3::from_raw(self.reduce(ReduceCode::Sum, 2))
    }

    /// The largest element of each row of each matrix; NaN elements are passed over.
    #[inline(always)]
    pub fn row_max(self) -> Tile3<T, B, R, 1> {
        Tile3::from_raw(self.reduce(ReduceCode::Max, 2))
    }

    /// The smallest element of each row of each matrix; NaN elements are passed over.
    #[inline(always)]
    pub fn row_min(self) -> Tile3<T, B, R, 1> {
        Tile3::from_raw(self.reduce(ReduceCode::Min, 2))
    }

    /// The sum of each column of each matrix, in any order.
    #[inline(always)]
    pub fn col_sum(self) -> Tile3<T, B, 1, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Sum, 1))
    }

    /// The largest element of each column of each matrix; NaN elements are passed over.
    #[inline(always)]
    pub fn col_max(self) -> Tile3<T, B, 1, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Max, 1))
    }

    /// The smallest element of each column of each matrix; NaN elements are passed over.
    #[inline(always)]
    pub fn col_min(self) -> Tile3<T, B, 1, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Min, 1))
    }

    /// The sum of the matrices, in any order.
    #[inline(always)]
    pub fn batch_sum(self) -> Tile3<T, 1, R, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Sum, 0))
    }

    /// The largest element over the matrices; NaN elements are passed over.
    #[inline(always)]
    pub fn batch_max(self) -> Tile3<T, 1, R, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Max, 0))
    }

    /// The smallest element over the matrices; NaN elements are passed over.
    #[inline(always)]
    pub fn batch_min(self) -> Tile3<T, 1, R, C> {
        Tile3::from_raw(self.reduce(ReduceCode::Min, 0))
    }

    #[inline(always)]
    fn reduce(self, code: ReduceCode, axis: u32) -> crate::intrinsics::Raw {
        intrinsic!(__tile_reduce(code as u32, self.raw(), <T as Elem>::CODE as u32, axis, B, R, C))
    }
}
