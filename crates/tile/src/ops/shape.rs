//! Broadcast, reshape, transpose, slice, concatenate.

use crate::elem::Elem;
use crate::intrinsics::Raw;
use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

/// Shape in the intrinsics' convention.
type Dims = (usize, usize, usize);

/// Broadcasts, if there is anything to repeat.
#[inline(always)]
fn broadcast<T: Elem>(raw: Raw, from: Dims, to: Dims) -> Raw {
    if from.0 == to.0 && from.1 == to.1 && from.2 == to.2 {
        return raw;
    }
    intrinsic!(__tile_broadcast(raw, T::CODE as u32, from.0, from.1, from.2, to.0, to.1, to.2))
}

/// The part of shape `to` at `at`.
#[inline(always)]
fn slice<T: Elem>(raw: Raw, from: Dims, at: Dims, to: Dims) -> Raw {
    intrinsic!(__tile_slice(raw, T::CODE as u32, from.0, from.1, from.2, at.0, at.1, at.2, to.0, to.1, to.2))
}

/// `into` of shape `to`, with `part` of shape `from` at `at`.
#[inline(always)]
fn insert<T: Elem>(part: Raw, into: Raw, from: Dims, at: Dims, to: Dims) -> Raw {
    intrinsic!(__tile_insert(part, into, T::CODE as u32, from.0, from.1, from.2, at.0, at.1, at.2, to.0, to.1, to.2))
}

/// The same elements as another shape, if it is another.
#[inline(always)]
fn reshape<T: Elem>(raw: Raw, from: Dims, to: Dims) -> Raw {
    if from.0 == to.0 && from.1 == to.1 && from.2 == to.2 {
        return raw;
    }
    intrinsic!(__tile_reshape(raw, T::CODE as u32, from.0, from.1, from.2, to.0, to.1, to.2))
}

impl<T: Elem, const C: usize> Tile<T, 1, C> {
    /// The row, `R` times.
    #[inline(always)]
    pub fn broadcast_rows<const R: usize>(self) -> Tile<T, R, C> {
        Tile::from_raw(broadcast::<T>(self.raw(), (0, 1, C), (0, R, C)))
    }
}

impl<T: Elem, const R: usize> Tile<T, R, 1> {
    /// The column, `C` times.
    #[inline(always)]
    pub fn broadcast_cols<const C: usize>(self) -> Tile<T, R, C> {
        Tile::from_raw(broadcast::<T>(self.raw(), (0, R, 1), (0, R, C)))
    }
}

impl<T: Elem, const R: usize, const C: usize> Tile<T, R, C> {
    /// The matrix, `B` times.
    #[inline(always)]
    pub fn broadcast_batch<const B: usize>(self) -> Tile3<T, B, R, C> {
        Tile3::from_raw(broadcast::<T>(self.raw(), (0, R, C), (B, R, C)))
    }

    /// The same elements in row-major order as `R2` rows of `C2`; `R * C == R2 * C2`.
    #[inline(always)]
    pub fn reshape<const R2: usize, const C2: usize>(self) -> Tile<T, R2, C2> {
        const { assert!(R * C == R2 * C2, "`reshape` must keep the number of elements") };
        Tile::from_raw(reshape::<T>(self.raw(), (0, R, C), (0, R2, C2)))
    }

    /// The same elements in row-major order as `B` matrices of `R2` rows of `C2`.
    #[inline(always)]
    pub fn reshape3<const B: usize, const R2: usize, const C2: usize>(self) -> Tile3<T, B, R2, C2> {
        const { assert!(R * C == B * R2 * C2, "`reshape3` must keep the number of elements") };
        Tile3::from_raw(reshape::<T>(self.raw(), (0, R, C), (B, R2, C2)))
    }

    /// Rows become columns.
    #[inline(always)]
    pub fn transpose(self) -> Tile<T, C, R> {
        Tile::from_raw(intrinsic!(__tile_transpose(self.raw(), T::CODE as u32, 0, R, C)))
    }

    /// The `R2 x C2` part whose first element is in row `ROW` and column `COL`.
    #[inline(always)]
    pub fn slice<const ROW: usize, const COL: usize, const R2: usize, const C2: usize>(self) -> Tile<T, R2, C2> {
        const { assert!(ROW + R2 <= R, "the slice ends below the tile's last row") };
        const { assert!(COL + C2 <= C, "the slice ends past the tile's last column") };
        Tile::from_raw(slice::<T>(self.raw(), (0, R, C), (0, ROW, COL), (0, R2, C2)))
    }

    /// Rows `ROW` to `ROW + R2 - 1`.
    #[inline(always)]
    pub fn slice_rows<const ROW: usize, const R2: usize>(self) -> Tile<T, R2, C> {
        const { assert!(ROW + R2 <= R, "the slice ends below the tile's last row") };
        Tile::from_raw(slice::<T>(self.raw(), (0, R, C), (0, ROW, 0), (0, R2, C)))
    }

    /// Columns `COL` to `COL + C2 - 1`.
    #[inline(always)]
    pub fn slice_cols<const COL: usize, const C2: usize>(self) -> Tile<T, R, C2> {
        const { assert!(COL + C2 <= C, "the slice ends past the tile's last column") };
        Tile::from_raw(slice::<T>(self.raw(), (0, R, C), (0, 0, COL), (0, R, C2)))
    }

    /// This tile with `part` put at row `ROW` and column `COL`.
    #[inline(always)]
    pub fn with_slice<const ROW: usize, const COL: usize, const R2: usize, const C2: usize>(
        self,
        part: Tile<T, R2, C2>,
    ) -> Self {
        const { assert!(ROW + R2 <= R, "the part ends below the tile's last row") };
        const { assert!(COL + C2 <= C, "the part ends past the tile's last column") };
        Tile::from_raw(insert::<T>(part.raw(), self.raw(), (0, R2, C2), (0, ROW, COL), (0, R, C)))
    }

    /// `right` put to the right of this tile; `C_OUT == C + C2`.
    #[inline(always)]
    pub fn concat_cols<const C2: usize, const C_OUT: usize>(self, right: Tile<T, R, C2>) -> Tile<T, R, C_OUT> {
        const { assert!(C + C2 == C_OUT, "the result of `concat_cols` has as many columns as both parts together") };
        let left = Tile::<T, R, C_OUT>::zeros().with_slice::<0, 0, R, C>(self);
        Tile::from_raw(insert::<T>(right.raw(), left.raw(), (0, R, C2), (0, 0, C), (0, R, C_OUT)))
    }

    /// `below` put under this tile; `R_OUT == R + R2`.
    #[inline(always)]
    pub fn concat_rows<const R2: usize, const R_OUT: usize>(self, below: Tile<T, R2, C>) -> Tile<T, R_OUT, C> {
        const { assert!(R + R2 == R_OUT, "the result of `concat_rows` has as many rows as both parts together") };
        let above = Tile::<T, R_OUT, C>::zeros().with_slice::<0, 0, R, C>(self);
        Tile::from_raw(insert::<T>(below.raw(), above.raw(), (0, R2, C), (0, R, 0), (0, R_OUT, C)))
    }
}

impl<T: Elem, const B: usize, const R: usize> Tile3<T, B, R, 1> {
    /// The column of each matrix, `C` times.
    #[inline(always)]
    pub fn broadcast_cols<const C: usize>(self) -> Tile3<T, B, R, C> {
        Tile3::from_raw(broadcast::<T>(self.raw(), (B, R, 1), (B, R, C)))
    }
}

impl<T: Elem, const B: usize, const C: usize> Tile3<T, B, 1, C> {
    /// The row of each matrix, `R` times.
    #[inline(always)]
    pub fn broadcast_rows<const R: usize>(self) -> Tile3<T, B, R, C> {
        Tile3::from_raw(broadcast::<T>(self.raw(), (B, 1, C), (B, R, C)))
    }
}

impl<T: Elem, const R: usize, const C: usize> Tile3<T, 1, R, C> {
    /// The only matrix.
    #[inline(always)]
    pub fn matrix(self) -> Tile<T, R, C> {
        Tile::from_raw(reshape::<T>(self.raw(), (1, R, C), (0, R, C)))
    }

    /// The matrix, `B` times.
    #[inline(always)]
    pub fn broadcast_batch<const B: usize>(self) -> Tile3<T, B, R, C> {
        Tile3::from_raw(broadcast::<T>(self.raw(), (1, R, C), (B, R, C)))
    }
}

impl<T: Elem, const B: usize, const R: usize, const C: usize> Tile3<T, B, R, C> {
    /// The same elements in row-major order as one matrix of `R2` rows of `C2`.
    #[inline(always)]
    pub fn reshape2<const R2: usize, const C2: usize>(self) -> Tile<T, R2, C2> {
        const { assert!(B * R * C == R2 * C2, "`reshape2` must keep the number of elements") };
        Tile::from_raw(reshape::<T>(self.raw(), (B, R, C), (0, R2, C2)))
    }

    /// Rows become columns, in each matrix.
    #[inline(always)]
    pub fn transpose(self) -> Tile3<T, B, C, R> {
        Tile3::from_raw(intrinsic!(__tile_transpose(self.raw(), T::CODE as u32, B, R, C)))
    }

    /// Matrix number `INDEX`.
    #[inline(always)]
    pub fn slice_batch<const INDEX: usize>(self) -> Tile<T, R, C> {
        const { assert!(INDEX < B, "the tile has no matrix of that number") };
        let one = Tile3::<T, 1, R, C>::from_raw(slice::<T>(self.raw(), (B, R, C), (INDEX, 0, 0), (1, R, C)));
        one.matrix()
    }
}
