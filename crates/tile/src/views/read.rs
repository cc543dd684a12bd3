//! Views that are only read.

use core::marker::PhantomData;

use super::{Limits, NO_LIMITS, load};
use crate::abi::AccessCode;
use crate::arg::{KernelArg, Sealed};
use crate::elem::Stored;
use crate::raw::intrinsic;
use crate::tile::Tile;

/// A buffer of `R x C` elements, row-major, that nothing writes during the launch.
#[repr(transparent)]
pub struct View<T: Stored, const R: usize, const C: usize> {
    ptr: *const (),
    elem: PhantomData<T>,
}

/// A [`View`] that nothing in the whole program ever writes: the host may pack it for the target once, and the
/// target may fetch it before earlier launches have ended.
#[repr(transparent)]
pub struct Weights<T: Stored, const R: usize, const C: usize> {
    ptr: *const (),
    elem: PhantomData<T>,
}

macro_rules! reads {
    ($View:ident $access:ident) => {
        impl<T: Stored, const R: usize, const C: usize> Clone for $View<T, R, C> {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Stored, const R: usize, const C: usize> Copy for $View<T, R, C> {}

        impl<T: Stored, const R: usize, const C: usize> Sealed for $View<T, R, C> {}

        impl<T: Stored, const R: usize, const C: usize> KernelArg for $View<T, R, C> {
            #[inline(always)]
            fn bind(&self, name: &'static str) {
                intrinsic!(__tile_bind_view(
                    self.ptr,
                    name.as_ptr(),
                    name.len(),
                    AccessCode::$access as u32,
                    T::CODE as u32,
                    R,
                    C
                ));
            }
        }

        impl<T: Stored, const R: usize, const C: usize> $View<T, R, C> {
            /// A view of a raw buffer.
            ///
            /// # Safety
            /// `ptr` is a parameter of the running kernel, a buffer of at least `R * C` elements of `T`, which no
            /// program writes during the launch.
            #[inline(always)]
            pub const unsafe fn from_ptr(ptr: *const ()) -> Self {
                Self { ptr, elem: PhantomData }
            }

            /// The whole view.
            #[inline(always)]
            pub fn load(self) -> Tile<T, R, C> {
                self.block(0, 0)
            }

            /// The `BR x BC` block whose first element is at (`row`, `col`), in elements. What lies outside of the
            /// view reads as 0.
            #[inline(always)]
            pub fn block<const BR: usize, const BC: usize>(self, row: usize, col: usize) -> Tile<T, BR, BC> {
                load::<T, R, C, BR, BC>(self.ptr, row, col, NO_LIMITS)
            }

            /// [`Self::block`], but what lies outside of the view reads as `pad`, a constant.
            #[inline(always)]
            pub fn block_padded<const BR: usize, const BC: usize>(
                self,
                row: usize,
                col: usize,
                pad: f32,
            ) -> Tile<T, BR, BC> {
                load::<T, R, C, BR, BC>(self.ptr, row, col, NO_LIMITS.pad(pad))
            }

            /// [`Self::block`], of which only the part within `limits` is read.
            #[inline(always)]
            pub fn block_limited<const BR: usize, const BC: usize>(
                self,
                row: usize,
                col: usize,
                limits: Limits,
            ) -> Tile<T, BR, BC> {
                load::<T, R, C, BR, BC>(self.ptr, row, col, limits)
            }

            /// The elements at `offsets`, counted row by row from the view's first element. Offsets past the last
            /// element read as 0.
            #[inline(always)]
            pub fn gather<const GR: usize, const GC: usize>(self, offsets: Tile<u32, GR, GC>) -> Tile<T, GR, GC> {
                const { assert!(R * C <= u32::MAX as usize, "a gathered view has at most 2^32 - 1 elements") };
                Tile::from_raw(intrinsic!(__tile_gather(self.ptr, T::CODE as u32, R, C, offsets.raw(), GR, GC, 0.0)))
            }

            /// Row `rows[i]` of the view as row `i`. Rows past the last one read as 0.
            #[inline(always)]
            pub fn gather_rows<const N: usize>(self, rows: Tile<u32, N, 1>) -> Tile<T, N, C> {
                let inside = rows.lt(R as u32).broadcast_cols::<C>();
                let offsets = rows.broadcast_cols::<C>() * (C as u32) + Tile::<u32, N, C>::col_index();
                self.gather(inside.select(offsets, u32::MAX))
            }
        }

        impl<const R: usize, const C: usize> $View<f32, R, C> {
            /// The element at (`row`, `col`); 0 outside of the view.
            #[inline(always)]
            pub fn at(self, row: usize, col: usize) -> f32 {
                self.block::<1, 1>(row, col).item()
            }
        }

        impl<const R: usize, const C: usize> $View<u32, R, C> {
            /// The element at (`row`, `col`); 0 outside of the view.
            #[inline(always)]
            pub fn at(self, row: usize, col: usize) -> u32 {
                self.block::<1, 1>(row, col).item()
            }
        }
    };
}

reads!(View Read);
reads!(Weights Weights);

impl<T: Stored, const R: usize, const C: usize> Weights<T, R, C> {
    /// As an ordinary view, for helpers that take either.
    #[inline(always)]
    pub const fn view(self) -> View<T, R, C> {
        View { ptr: self.ptr, elem: PhantomData }
    }
}
