//! The tile types and how tiles are made.

use core::marker::PhantomData;

use crate::elem::Elem;
use crate::intrinsics::Raw;
use crate::raw::intrinsic;

/// A matrix of `R` rows and `C` columns, held by one program. A value: operations make new tiles.
///
/// A vector is a tile of one row or one column. Where a tile lives (registers, local memory) is the target's choice.
#[repr(transparent)]
pub struct Tile<T: Elem, const R: usize, const C: usize> {
    raw: Raw,
    elem: PhantomData<T>,
}

/// A stack of `B` matrices of `R` rows and `C` columns.
#[repr(transparent)]
pub struct Tile3<T: Elem, const B: usize, const R: usize, const C: usize> {
    raw: Raw,
    elem: PhantomData<T>,
}

/// One bit per element: the result of a comparison.
pub type Mask<const R: usize, const C: usize> = Tile<bool, R, C>;

/// One bit per element of a [`Tile3`].
pub type Mask3<const B: usize, const R: usize, const C: usize> = Tile3<bool, B, R, C>;

impl<T: Elem, const R: usize, const C: usize> Tile<T, R, C> {
    #[inline(always)]
    pub(crate) fn from_raw(raw: Raw) -> Self {
        const { assert!(R > 0 && C > 0, "a tile needs at least one row and one column") };
        Self { raw, elem: PhantomData }
    }
}

impl<T: Elem, const B: usize, const R: usize, const C: usize> Tile3<T, B, R, C> {
    #[inline(always)]
    pub(crate) fn from_raw(raw: Raw) -> Self {
        const { assert!(B > 0 && R > 0 && C > 0, "a tile needs at least one matrix, one row and one column") };
        Self { raw, elem: PhantomData }
    }
}

macro_rules! making {
    ($Tile:ident [$($d:ident),*] ($b:expr, $r:expr, $c:expr)) => {
        impl<T: Elem, $(const $d: usize),*> Clone for $Tile<T, $($d),*> {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Elem, $(const $d: usize),*> Copy for $Tile<T, $($d),*> {}

        impl<T: Elem, $(const $d: usize),*> $Tile<T, $($d),*> {
            #[inline(always)]
            pub(crate) fn raw(self) -> Raw {
                self.raw
            }

            /// Every element is `value`, rounded to the element type.
            #[inline(always)]
            pub fn splat(value: T::Scalar) -> Self {
                Self::from_raw(T::splat(value, $b, $r, $c))
            }

            /// Every element is zero (`false` in a mask).
            #[inline(always)]
            pub fn zeros() -> Self {
                Self::splat(T::ZERO)
            }
        }
    };
}

making!(Tile [R, C] (0, R, C));
making!(Tile3 [B, R, C] (B, R, C));

impl<const R: usize, const C: usize> Tile<u32, R, C> {
    /// Each element is the index of its row: 0 in the first row, `R - 1` in the last.
    #[inline(always)]
    pub fn row_index() -> Self {
        Self::from_raw(intrinsic!(__tile_iota(1, 0, R, C)))
    }

    /// Each element is the index of its column: 0 in the first column, `C - 1` in the last.
    #[inline(always)]
    pub fn col_index() -> Self {
        Self::from_raw(intrinsic!(__tile_iota(2, 0, R, C)))
    }
}

impl<const B: usize, const R: usize, const C: usize> Tile3<u32, B, R, C> {
    /// Each element is the index of its matrix.
    #[inline(always)]
    pub fn batch_index() -> Self {
        Self::from_raw(intrinsic!(__tile_iota(0, B, R, C)))
    }

    /// Each element is the index of its row.
    #[inline(always)]
    pub fn row_index() -> Self {
        Self::from_raw(intrinsic!(__tile_iota(1, B, R, C)))
    }

    /// Each element is the index of its column.
    #[inline(always)]
    pub fn col_index() -> Self {
        Self::from_raw(intrinsic!(__tile_iota(2, B, R, C)))
    }
}

/// One element as a Rust number.
macro_rules! elements {
    ($T:ident $extract:ident) => {
        impl<const R: usize, const C: usize> Tile<$T, R, C> {
            /// The element in row `ROW` and column `COL`.
            #[inline(always)]
            pub fn get<const ROW: usize, const COL: usize>(self) -> $T {
                const { assert!(ROW < R && COL < C, "`get` reads an element outside of the tile") };
                intrinsic!($extract(self.raw, R, C, ROW, COL))
            }

            /// The element at a runtime position, which must be inside the tile: the interpreter and the emulators
            /// stop at any other. Where the position is constant, [`Tile::get`] is checked by the compiler.
            #[inline(always)]
            pub fn at(self, row: usize, col: usize) -> $T {
                intrinsic!($extract(self.raw, R, C, row, col))
            }
        }

        impl Tile<$T, 1, 1> {
            /// The only element.
            #[inline(always)]
            pub fn item(self) -> $T {
                intrinsic!($extract(self.raw, 1, 1, 0, 0))
            }
        }
    };
}

elements!(f32 __tile_extract_f32);
elements!(u32 __tile_extract_u32);
