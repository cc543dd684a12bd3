//! Operators: `+ - * / %`, `& | ^ ! << >>`, and `min`, `max`, `mul_add`.

use core::ops::{
    Add, AddAssign, BitAnd, BitOr, BitXor, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem, Shl, Shr, Sub, SubAssign,
};

use crate::abi::{BinaryCode, UnaryCode};
use crate::elem::{Bits, Elem, Float, Int, Negate, Number, Signed};
use crate::ops::Operand;
use crate::raw::intrinsic;
use crate::tile::{Tile, Tile3};

macro_rules! operators {
    ($Tile:ident [$($d:ident),*] $dims:tt) => {
        operators!(@op $Tile [$($d),*] Number Add add Add);
        operators!(@op $Tile [$($d),*] Number Sub sub Sub);
        operators!(@op $Tile [$($d),*] Number Mul mul Mul);
        operators!(@op $Tile [$($d),*] Number Div div Div);
        operators!(@op $Tile [$($d),*] Int Rem rem Rem);
        operators!(@op $Tile [$($d),*] Bits BitAnd bitand And);
        operators!(@op $Tile [$($d),*] Bits BitOr bitor Or);
        operators!(@op $Tile [$($d),*] Bits BitXor bitxor Xor);
        operators!(@op $Tile [$($d),*] Int Shl shl Shl);
        operators!(@op $Tile [$($d),*] Int Shr shr Shr);
        operators!(@assign $Tile [$($d),*] AddAssign add_assign Add add);
        operators!(@assign $Tile [$($d),*] SubAssign sub_assign Sub sub);
        operators!(@assign $Tile [$($d),*] MulAssign mul_assign Mul mul);
        operators!(@assign $Tile [$($d),*] DivAssign div_assign Div div);
        operators!(@scalar $Tile [$($d),*] [T: Float,] T f32);
        operators!(@scalar $Tile [$($d),*] [] u32 u32);
        operators!(@scalar $Tile [$($d),*] [] i32 i32);
        operators!(@scalar $Tile [$($d),*] [] i8 i8);
        operators!(@methods $Tile [$($d),*] $dims);
    };
    (@op $Tile:ident [$($d:ident),*] $Bound:ident $Trait:ident $method:ident $code:ident) => {
        impl<T: $Bound, O: Operand<Self>, $(const $d: usize),*> $Trait<O> for $Tile<T, $($d),*> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, rhs: O) -> Self {
                self.binary(BinaryCode::$code, rhs.to_tile())
            }
        }
    };
    (@assign $Tile:ident [$($d:ident),*] $Trait:ident $method:ident $Op:ident $op:ident) => {
        impl<T: Number, O: Operand<Self>, $(const $d: usize),*> $Trait<O> for $Tile<T, $($d),*> {
            #[inline(always)]
            fn $method(&mut self, rhs: O) {
                *self = $Op::$op(*self, rhs);
            }
        }
    };
    // `2.0 * tile`, `1.0 - tile`, ...
    (@scalar $Tile:ident $dims:tt $generics:tt $T:ident $S:ident) => {
        operators!(@scalar_op $Tile $dims $generics $T $S Add add);
        operators!(@scalar_op $Tile $dims $generics $T $S Sub sub);
        operators!(@scalar_op $Tile $dims $generics $T $S Mul mul);
        operators!(@scalar_op $Tile $dims $generics $T $S Div div);
    };
    (@scalar_op $Tile:ident [$($d:ident),*] [$($generics:tt)*] $T:ident $S:ident $Trait:ident $method:ident) => {
        impl<$($generics)* $(const $d: usize),*> $Trait<$Tile<$T, $($d),*>> for $S {
            type Output = $Tile<$T, $($d),*>;
            #[inline(always)]
            fn $method(self, rhs: $Tile<$T, $($d),*>) -> $Tile<$T, $($d),*> {
                $Trait::$method($Tile::<$T, $($d),*>::splat(self), rhs)
            }
        }
    };
    (@methods $Tile:ident [$($d:ident),*] ($b:expr, $r:expr, $c:expr)) => {
        impl<T: Elem, $(const $d: usize),*> $Tile<T, $($d),*> {
            #[inline(always)]
            pub(crate) fn binary(self, code: BinaryCode, rhs: Self) -> Self {
                Self::from_raw(intrinsic!(__tile_binary(
                    code as u32, self.raw(), rhs.raw(), T::CODE as u32, $b, $r, $c
                )))
            }

            #[inline(always)]
            pub(crate) fn unary(self, code: UnaryCode) -> Self {
                Self::from_raw(intrinsic!(__tile_unary(code as u32, self.raw(), T::CODE as u32, $b, $r, $c)))
            }
        }

        impl<T: Number, $(const $d: usize),*> $Tile<T, $($d),*> {
            /// The smaller of the two, element by element; the number where one side is NaN.
            #[inline(always)]
            pub fn min(self, other: impl Operand<Self>) -> Self {
                self.binary(BinaryCode::Min, other.to_tile())
            }

            /// The larger of the two, element by element; the number where one side is NaN.
            #[inline(always)]
            pub fn max(self, other: impl Operand<Self>) -> Self {
                self.binary(BinaryCode::Max, other.to_tile())
            }

            /// Elements below `low` become `low`, those above `high` become `high`; NaN becomes `low`.
            #[inline(always)]
            pub fn clamp(self, low: impl Operand<Self>, high: impl Operand<Self>) -> Self {
                self.max(low).min(high)
            }
        }

        impl<T: Float, $(const $d: usize),*> $Tile<T, $($d),*> {
            /// `self * factor + term`, rounded once.
            #[inline(always)]
            pub fn mul_add(self, factor: impl Operand<Self>, term: impl Operand<Self>) -> Self {
                Self::from_raw(intrinsic!(__tile_fma(
                    self.raw(), factor.to_tile().raw(), term.to_tile().raw(), T::CODE as u32, $b, $r, $c
                )))
            }
        }

        impl<T: Signed, $(const $d: usize),*> Neg for $Tile<T, $($d),*> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                match T::NEGATE {
                    Negate::Flip => self.unary(UnaryCode::Neg),
                    Negate::Subtract => Self::zeros() - self,
                }
            }
        }

        impl<T: Bits, $(const $d: usize),*> Not for $Tile<T, $($d),*> {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                self.unary(UnaryCode::Not)
            }
        }
    };
}

super::for_each_tile!(operators);
