//! Kernel arguments: what a parameter of `#[tile::kernel]` may be.

use crate::raw::intrinsic;

#[doc(hidden)]
pub trait Sealed {}

/// A type that the launch can pass to a kernel.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a kernel",
    label = "kernels take `View`, `Weights`, `Partition`, `#[row(..)] RowMut` or `MatrixMut`, `Position`, `f32` and `u32`",
    note = "tile sizes and other constants are const parameters of the function"
)]
pub trait KernelArg: Sealed {
    /// Tells the compiler what this parameter is, and its name.
    #[doc(hidden)]
    fn bind(&self, name: &'static str);
}

impl Sealed for f32 {}

impl KernelArg for f32 {
    #[inline(always)]
    fn bind(&self, name: &'static str) {
        intrinsic!(__tile_bind_f32(*self, name.as_ptr(), name.len()));
    }
}

impl Sealed for u32 {}

impl KernelArg for u32 {
    #[inline(always)]
    fn bind(&self, name: &'static str) {
        intrinsic!(__tile_bind_u32(*self, name.as_ptr(), name.len(), 0));
    }
}

/// A runtime number below `BOUND`, such as a position in a cache of `BOUND` rows. The launcher refuses any other.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Position<const BOUND: usize>(u32);

impl<const BOUND: usize> Position<BOUND> {
    /// The number.
    #[inline(always)]
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    #[inline(always)]
    pub(crate) const fn raw(self) -> u32 {
        self.0
    }
}

impl<const BOUND: usize> Sealed for Position<BOUND> {}

impl<const BOUND: usize> KernelArg for Position<BOUND> {
    #[inline(always)]
    fn bind(&self, name: &'static str) {
        const { assert!(BOUND > 0 && BOUND <= u32::MAX as usize, "a position's bound is from 1 to 2^32 - 1") };
        intrinsic!(__tile_bind_u32(self.0, name.as_ptr(), name.len(), BOUND as u32));
    }
}
