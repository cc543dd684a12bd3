//! What may stand beside a tile in an elementwise operation.

use crate::elem::{Elem, Float};
use crate::tile::{Tile, Tile3};

/// A tile of type `Target`, or a number that stands for a tile with every element equal to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit `{Target}` in an elementwise operation",
    label = "expected a `{Target}` or one of its elements",
    note = "shapes and element types must be equal; repeat a row with `.broadcast_rows()`, a column with `.broadcast_cols()`, and convert elements with `.cast()`"
)]
pub trait Operand<Target> {
    /// The tile it stands for.
    #[doc(hidden)]
    fn to_tile(self) -> Target;
}

macro_rules! operands {
    ($Tile:ident [$($d:ident),*] $dims:tt) => {
        impl<T: Elem, $(const $d: usize),*> Operand<$Tile<T, $($d),*>> for $Tile<T, $($d),*> {
            #[inline(always)]
            fn to_tile(self) -> Self {
                self
            }
        }

        impl<T: Float, $(const $d: usize),*> Operand<$Tile<T, $($d),*>> for f32 {
            #[inline(always)]
            fn to_tile(self) -> $Tile<T, $($d),*> {
                $Tile::splat(self)
            }
        }

        operands!(@scalar $Tile [$($d),*] u32);
        operands!(@scalar $Tile [$($d),*] i32);
        operands!(@scalar $Tile [$($d),*] i8);
        operands!(@scalar $Tile [$($d),*] bool);
    };
    (@scalar $Tile:ident [$($d:ident),*] $T:ident) => {
        impl<$(const $d: usize),*> Operand<$Tile<$T, $($d),*>> for $T {
            #[inline(always)]
            fn to_tile(self) -> $Tile<$T, $($d),*> {
                $Tile::splat(self)
            }
        }
    };
}

super::for_each_tile!(operands);
