//! Outputs of which a launch writes one row.

use core::marker::PhantomData;

use super::{Limits, NO_LIMITS, block_col, load, store};
use crate::arg::Position;
use crate::elem::Stored;
use crate::raw::intrinsic;
use crate::tile::Tile;

/// A buffer of `R x C` elements of which the launch owns one row, and each program `BC` columns of that row, divided
/// along program axis 0 (not at all where `BC >= C`). A key-value cache is one: a decode step writes the row of its
/// position.
///
/// The row is a scalar argument of the kernel, named by an attribute:
///
/// ```
/// use tile::prelude::*;
///
/// #[tile::kernel]
/// fn append<const CAP: usize, const D: usize>(
///     input: View<f32, 1, D>,
///     #[row(position)] mut cache: RowMut<f32, CAP, D>,
///     position: Position<CAP>,
/// ) {
///     cache.store(input.load());
/// }
/// ```
pub struct RowMut<T: Stored, const R: usize, const C: usize, const BC: usize = C> {
    ptr: *mut (),
    row: usize,
    elem: PhantomData<T>,
}

/// The form in which the launch hands a [`RowMut`] to a kernel.
#[repr(transparent)]
pub struct RowArgument<T: Stored, const R: usize, const C: usize, const BC: usize> {
    ptr: *mut (),
    elem: PhantomData<T>,
}

/// What `#[tile::kernel]` calls on the type of a `#[row(..)]` parameter.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[row(..)]` belongs on a `RowMut` or `MatrixMut` argument",
    label = "this is a `{Self}`"
)]
pub trait RowView: Sized {
    /// The launch's form.
    type Argument;
    /// Number of rows, or of matrices.
    const ROWS: usize;
    /// Binds the argument and opens its row.
    fn open<const BOUND: usize>(argument: Self::Argument, row: Position<BOUND>, name: &'static str) -> Self;
}

impl<T: Stored, const R: usize, const C: usize, const BC: usize> RowView for RowMut<T, R, C, BC> {
    type Argument = RowArgument<T, R, C, BC>;
    const ROWS: usize = R;

    #[inline(always)]
    fn open<const BOUND: usize>(argument: Self::Argument, row: Position<BOUND>, name: &'static str) -> Self {
        const { assert!(BOUND <= R, "the position's bound exceeds the rows of the view it selects from") };
        const { assert!(BC > 0, "a row's block needs at least one column") };
        let (ptr, at) = (argument.ptr, row.raw());
        intrinsic!(__tile_bind_row(ptr, name.as_ptr(), name.len(), T::CODE as u32, R, C, BC, at));
        Self { ptr, row: row.get(), elem: PhantomData }
    }
}

impl<T: Stored, const R: usize, const C: usize, const BC: usize> RowMut<T, R, C, BC> {
    /// The row of the view that this launch owns.
    #[inline(always)]
    pub fn row(&self) -> usize {
        self.row
    }

    /// Column of the view where this program's block begins.
    #[inline(always)]
    pub fn col(&self) -> usize {
        block_col::<C, BC>()
    }

    /// This program's block as it is now.
    #[inline(always)]
    pub fn load(&self) -> Tile<T, 1, BC> {
        load::<T, R, C, 1, BC>(self.ptr, self.row, self.col(), NO_LIMITS)
    }

    /// Writes this program's block.
    #[inline(always)]
    pub fn store(&mut self, tile: Tile<T, 1, BC>) {
        store::<T, R, C, 1, BC>(self.ptr, self.row, self.col(), tile, NO_LIMITS);
    }

    /// Writes the columns of this program's block within `limits`.
    #[inline(always)]
    pub fn store_limited(&mut self, tile: Tile<T, 1, BC>, limits: Limits) {
        store::<T, R, C, 1, BC>(self.ptr, self.row, self.col(), tile, limits);
    }
}
