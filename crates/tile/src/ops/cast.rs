//! Conversion of elements.

use crate::elem::{Elem, bf16, f16};
use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

macro_rules! casts {
    ($Tile:ident [$($d:ident),*] ($b:expr, $r:expr, $c:expr)) => {
        impl<T: Elem, $(const $d: usize),*> $Tile<T, $($d),*> {
            /// Each element converted to `U`: to a narrower float by rounding to nearest, ties to even; float to
            /// integer toward zero; `bool` to 0 or 1; between integers by keeping the low bits.
            #[inline(always)]
            pub fn cast<U: Elem>(self) -> $Tile<U, $($d),*> {
                if T::CODE as u32 == U::CODE as u32 {
                    return $Tile::from_raw(self.raw());
                }
                $Tile::from_raw(intrinsic!(__tile_cast(
                    self.raw(), T::CODE as u32, U::CODE as u32, $b, $r, $c
                )))
            }

            /// [`Self::cast`] to `f32`.
            #[inline(always)]
            pub fn to_f32(self) -> $Tile<f32, $($d),*> {
                self.cast()
            }

            /// [`Self::cast`] to `bf16`.
            #[inline(always)]
            pub fn to_bf16(self) -> $Tile<bf16, $($d),*> {
                self.cast()
            }

            /// [`Self::cast`] to `f16`.
            #[inline(always)]
            pub fn to_f16(self) -> $Tile<f16, $($d),*> {
                self.cast()
            }
        }
    };
}

super::for_each_tile!(casts);
