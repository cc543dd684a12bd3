//! Functions of one `f32`; `core` has none of them.

use crate::abi::UnaryCode;
use crate::raw::intrinsic;

macro_rules! functions {
    ($($(#[$meta:meta])* $name:ident $code:ident,)*) => { $(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name(x: f32) -> f32 {
            intrinsic!(__tile_scalar_unary(UnaryCode::$code as u32, x))
        }
    )* };
}

functions! {
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
pub fn sigmoid(x: f32) -> f32 {
    recip(1.0 + exp(-x))
}
