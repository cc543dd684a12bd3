//! Outputs divided into blocks.

use core::marker::PhantomData;

use super::{Limits, NO_LIMITS, block_col, block_row, load, part_limits, store};
use crate::arg::{KernelArg, Sealed};
use crate::elem::Stored;
use crate::raw::intrinsic;
use crate::tile::Tile;

/// An output of `R x C` elements, row-major, of which each program owns one block of `BR x BC`, and reads and writes
/// nothing else. A dimension that the block covers is not divided; `Partition<T, R, C>` has one owner for all.
///
/// Divided columns are program axis 0; divided rows are axis 1 then, else axis 0. The grid follows from the outputs. A block
/// that crosses the view's edge is cut there: what lies outside reads as 0 and is not written.
///
/// It is neither copied nor cloned: two owners of one element cannot be.
#[repr(transparent)]
pub struct Partition<T: Stored, const R: usize, const C: usize, const BR: usize = R, const BC: usize = C> {
    ptr: *mut (),
    elem: PhantomData<T>,
}

impl<T: Stored, const R: usize, const C: usize, const BR: usize, const BC: usize> Sealed
    for Partition<T, R, C, BR, BC>
{
}

impl<T: Stored, const R: usize, const C: usize, const BR: usize, const BC: usize> KernelArg
    for Partition<T, R, C, BR, BC>
{
    #[inline(always)]
    fn bind(&self, name: &'static str) {
        const { assert!(BR > 0 && BC > 0, "a partition's block needs at least one row and one column") };
        intrinsic!(__tile_bind_partition(self.ptr, name.as_ptr(), name.len(), T::CODE as u32, R, C, BR, BC));
    }
}

impl<T: Stored, const R: usize, const C: usize, const BR: usize, const BC: usize> Partition<T, R, C, BR, BC> {
    /// A partition of a raw buffer.
    ///
    /// # Safety
    /// `ptr` is a parameter of the running kernel, a buffer of at least `R * C` elements of `T`, and nothing else
    /// refers to it during the launch.
    #[inline(always)]
    pub const unsafe fn from_ptr(ptr: *mut ()) -> Self {
        Self { ptr, elem: PhantomData }
    }

    /// Row of the view where this program's block begins.
    #[inline(always)]
    pub fn row(&self) -> usize {
        block_row::<R, C, BR, BC>()
    }

    /// Column of the view where this program's block begins.
    #[inline(always)]
    pub fn col(&self) -> usize {
        block_col::<C, BC>()
    }

    /// This program's block as it is now.
    #[inline(always)]
    pub fn load(&self) -> Tile<T, BR, BC> {
        load::<T, R, C, BR, BC>(self.ptr, self.row(), self.col(), NO_LIMITS)
    }

    /// Writes this program's block.
    #[inline(always)]
    pub fn store(&mut self, tile: Tile<T, BR, BC>) {
        store::<T, R, C, BR, BC>(self.ptr, self.row(), self.col(), tile, NO_LIMITS);
    }

    /// Writes the part of this program's block within `limits`.
    #[inline(always)]
    pub fn store_limited(&mut self, tile: Tile<T, BR, BC>, limits: Limits) {
        store::<T, R, C, BR, BC>(self.ptr, self.row(), self.col(), tile, limits);
    }

    /// The `PR x PC` part of this program's block that begins at (`row`, `col`) of the block. What lies outside of
    /// the block reads as 0.
    #[inline(always)]
    pub fn load_part<const PR: usize, const PC: usize>(&self, row: usize, col: usize) -> Tile<T, PR, PC> {
        let limits = part_limits::<R, C, BR, BC, PR, PC>(row, col);
        load::<T, R, C, PR, PC>(self.ptr, self.row() + row, self.col() + col, limits)
    }

    /// Writes the part of this program's block that begins at (`row`, `col`) of the block. What lies outside of the
    /// block is not written.
    #[inline(always)]
    pub fn store_part<const PR: usize, const PC: usize>(&mut self, row: usize, col: usize, part: Tile<T, PR, PC>) {
        let limits = part_limits::<R, C, BR, BC, PR, PC>(row, col);
        store::<T, R, C, PR, PC>(self.ptr, self.row() + row, self.col() + col, part, limits);
    }
}
