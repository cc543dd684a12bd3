//! Kernel arguments that name buffers.
//!
//! A view is one pointer; its extents and element type are in its type, and the launch makes it: safe code
//! cannot. Reads outside of a view give the pad, writes outside are dropped. For one launch a buffer is either read
//! ([`View`], [`Weights`]) or written by the programs that own its parts ([`Partition`], [`RowMut`], [`MatrixMut`]).

mod matrix;
mod partition;
mod read;
mod row;

pub use matrix::{MatrixArgument, MatrixMut};
pub use partition::Partition;
pub use read::{View, Weights};
pub use row::{RowArgument, RowMut, RowView};

use crate::abi::NO_LIMIT;
use crate::elem::Stored;
use crate::program::program_id;
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

/// Row where this program's block of `BR x BC` begins in a matrix of `R x C`. Divided columns are program axis 0; divided
/// rows are axis 1 then, else axis 0.
#[inline(always)]
fn block_row<const R: usize, const C: usize, const BR: usize, const BC: usize>() -> usize {
    if BR >= R {
        0
    } else if BC >= C {
        program_id::<0>() * BR
    } else {
        program_id::<1>() * BR
    }
}

/// Column where this program's block begins.
#[inline(always)]
fn block_col<const C: usize, const BC: usize>() -> usize {
    if BC >= C { 0 } else { program_id::<0>() * BC }
}

/// Keeps a part of `PR x PC` at (`row`, `col`) of a block inside the block. Where the block is the whole of a dimension, the
/// view's extent does that.
#[inline(always)]
fn part_limits<const R: usize, const C: usize, const BR: usize, const BC: usize, const PR: usize, const PC: usize>(
    row: usize,
    col: usize,
) -> Limits {
    let mut limits = NO_LIMITS;
    if BR < R {
        limits.rows = remaining(BR, row, PR);
    }
    if BC < C {
        limits.cols = remaining(BC, col, PC);
    }
    limits
}

/// How much of a part of size `part` at `at` lies inside of a block.
#[inline(always)]
fn remaining(block: usize, at: usize, part: usize) -> usize {
    if at >= block {
        0
    } else if block - at < part {
        block - at
    } else {
        part
    }
}

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
