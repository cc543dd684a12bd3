//! Elementwise functions of float tiles.

use crate::abi::UnaryCode;
use crate::elem::Float;
use crate::tile::{Tile, Tile3};

macro_rules! functions {
    ($Tile:ident [$($d:ident),*] $dims:tt) => {
        impl<T: Float, $(const $d: usize),*> $Tile<T, $($d),*> {
            functions! { @each
                /// `|x|`.
                abs Abs,
                /// `e^x`.
                exp Exp,
                /// Natural logarithm; NaN below zero.
                log Log,
                /// Square root; NaN below zero.
                sqrt Sqrt,
                /// `1 / sqrt(x)`.
                rsqrt Rsqrt,
                /// `1 / x`.
                recip Recip,
                /// Hyperbolic tangent.
                tanh Tanh,
                /// Sine of an angle in radians.
                sin Sin,
                /// Cosine of an angle in radians.
                cos Cos,
                /// Largest integer not above x.
                floor Floor,
            }

            /// `1 / (1 + e^-x)`.
            #[inline(always)]
            pub fn sigmoid(self) -> Self {
                ((-self).exp() + 1.0).recip()
            }

            /// `x * sigmoid(x)`, also called swish.
            #[inline(always)]
            pub fn silu(self) -> Self {
                self * self.sigmoid()
            }
        }
    };
    (@each $($(#[$meta:meta])* $name:ident $code:ident,)*) => { $(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name(self) -> Self {
            self.unary(UnaryCode::$code)
        }
    )* };
}

super::for_each_tile!(functions);
