//! Comparisons, and choosing by a mask.

use crate::abi::CompareCode;
use crate::elem::{Elem, Number};
use crate::ops::Operand;
use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

macro_rules! comparisons {
    ($Tile:ident [$($d:ident),*] ($b:expr, $r:expr, $c:expr)) => {
        impl<T: Number, $(const $d: usize),*> $Tile<T, $($d),*> {
            comparisons! { @each $Tile [$($d),*]
                /// Where `self == other`; false where a side is NaN.
                eq Eq,
                /// Where `self != other`; true where a side is NaN.
                ne Ne,
                /// Where `self < other`; false where a side is NaN.
                lt Lt,
                /// Where `self <= other`; false where a side is NaN.
                le Le,
                /// Where `self > other`; false where a side is NaN.
                gt Gt,
                /// Where `self >= other`; false where a side is NaN.
                ge Ge,
            }

            #[inline(always)]
            fn compare(self, code: CompareCode, other: Self) -> $Tile<bool, $($d),*> {
                $Tile::from_raw(intrinsic!(__tile_compare(
                    code as u32, self.raw(), other.raw(), T::CODE as u32, $b, $r, $c
                )))
            }
        }

        impl<$(const $d: usize),*> $Tile<bool, $($d),*> {
            /// `on_true` where the mask is set, `on_false` elsewhere. At least one of them is a tile.
            #[inline(always)]
            pub fn select<T: Elem>(
                self,
                on_true: impl Operand<$Tile<T, $($d),*>>,
                on_false: impl Operand<$Tile<T, $($d),*>>,
            ) -> $Tile<T, $($d),*> {
                $Tile::from_raw(intrinsic!(__tile_select(
                    self.raw(), on_true.to_tile().raw(), on_false.to_tile().raw(), T::CODE as u32, $b, $r, $c
                )))
            }
        }
    };
    (@each $Tile:ident $dims:tt $($(#[$meta:meta])* $name:ident $code:ident,)*) => { $(
        comparisons!(@one $Tile $dims [$(#[$meta])*] $name $code);
    )* };
    (@one $Tile:ident [$($d:ident),*] [$(#[$meta:meta])*] $name:ident $code:ident) => {
        $(#[$meta])*
        #[inline(always)]
        pub fn $name(self, other: impl Operand<Self>) -> $Tile<bool, $($d),*> {
            self.compare(CompareCode::$code, other.to_tile())
        }
    };
}

super::for_each_tile!(comparisons);
