//! Kernel arguments that name buffers.
//!
//! A view is one pointer; its extents and element type are in its type, and the launch makes it: safe code
//! cannot. Reads outside of a view give the pad, writes outside are dropped. For one launch a buffer is either read
//! ([`View`], [`Weights`]) or written by the programs that own its parts ([`Partition`], [`RowMut`]).

mod partition;
mod read;
mod row;

pub use partition::Partition;
pub use read::{View, Weights};
pub use row::{RowArgument, RowMut, RowView};

use crate::abi::NO_LIMIT;
use crate::elem::Stored;
use crate::raw::intrinsic;
use crate::tile::Tile;

/// How much of a block is valid, and what the rest reads as. For blocks that end before the view does, such as keys
/// past the newest one of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    rows: usize,
    cols: usize,
    pad: f32,
}

impl Limits {
    /// The first `rows` rows of the block are valid; others read as 0 and are not written.
    #[inline(always)]
    pub const fn rows(rows: usize) -> Self {
        Self { rows, cols: NO_LIMIT, pad: 0.0 }
    }

    /// The first `cols` columns of the block are valid.
    #[inline(always)]
    pub const fn cols(cols: usize) -> Self {
        Self { rows: NO_LIMIT, cols, pad: 0.0 }
    }

    /// The first `rows` rows and `cols` columns of the block are valid.
    #[inline(always)]
    pub const fn rows_cols(rows: usize, cols: usize) -> Self {
        Self { rows, cols, pad: 0.0 }
    }

    /// Elements outside of the limits or the view read as `pad`, a constant.
    #[inline(always)]
    pub const fn pad(self, pad: f32) -> Self {
        Self { pad, ..self }
    }
}

const NO_LIMITS: Limits = Limits { rows: NO_LIMIT, cols: NO_LIMIT, pad: 0.0 };

/// A buffer of `VR x VC` elements: the part that all views share.
#[inline(always)]
fn load<T: Stored, const VR: usize, const VC: usize, const R: usize, const C: usize>(
    ptr: *const (),
    row: usize,
    col: usize,
    limits: Limits,
) -> Tile<T, R, C> {
    Tile::from_raw(intrinsic!(__tile_load(
        ptr,
        T::CODE as u32,
        VR,
        VC,
        row,
        col,
        R,
        C,
        limits.pad,
        limits.rows,
        limits.cols,
    )))
}

#[inline(always)]
fn store<T: Stored, const VR: usize, const VC: usize, const R: usize, const C: usize>(
    ptr: *mut (),
    row: usize,
    col: usize,
    tile: Tile<T, R, C>,
    limits: Limits,
) {
    intrinsic!(__tile_store(ptr, T::CODE as u32, VR, VC, row, col, tile.raw(), R, C, limits.rows, limits.cols));
}
