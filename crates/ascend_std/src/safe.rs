//! Operations on tiles, as functions.

use tile::{Operand, Tile};

macro_rules! unary {
    ($($(#[$meta:meta])* $name:ident |$x:ident| $body:expr;)*) => { $(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name<const R: usize, const C: usize>($x: Tile<f32, R, C>) -> Tile<f32, R, C> {
            $body
        }
    )* };
}

macro_rules! binary {
    ($($(#[$meta:meta])* $name:ident |$a:ident, $b:ident| $body:expr;)*) => { $(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name<const R: usize, const C: usize>(
            $a: Tile<f32, R, C>,
            $b: Tile<f32, R, C>,
        ) -> Tile<f32, R, C> {
            $body
        }
    )* };
}

unary! {
    /// `-x`.
    tile_neg_f32 |x| -x;
    /// `|x|`.
    tile_abs_f32 |x| x.abs();
    /// `e^x`.
    tile_exp_f32 |x| x.exp();
    /// Natural logarithm.
    tile_log_f32 |x| x.log();
    /// Square root.
    tile_sqrt_f32 |x| x.sqrt();
    /// `1 / sqrt(x)`.
    tile_rsqrt_f32 |x| x.rsqrt();
    /// `1 / (1 + e^-x)`.
    tile_sigmoid_f32 |x| x.sigmoid();
    /// `x * sigmoid(x)`.
    tile_silu_f32 |x| x.silu();
    /// `max(x, 0)`.
    tile_relu_f32 |x| x.max(0.0);
    /// Softmax of each row.
    tile_softmax_f32 |x| {
        let e = (x - x.row_max().broadcast_cols()).exp();
        e / e.row_sum().broadcast_cols()
    };
}

binary! {
    /// `a + b`.
    tile_add_f32 |a, b| a + b;
    /// `a - b`.
    tile_sub_f32 |a, b| a - b;
    /// `a * b`.
    tile_mul_f32 |a, b| a * b;
    /// `a / b`.
    tile_div_f32 |a, b| a / b;
    /// The larger, element by element.
    tile_max_f32 |a, b| a.max(b);
    /// The smaller, element by element.
    tile_min_f32 |a, b| a.min(b);
}

/// `x * factor`.
#[inline(always)]
pub fn tile_scale_f32<const R: usize, const C: usize>(x: Tile<f32, R, C>, factor: f32) -> Tile<f32, R, C> {
    x * factor
}

/// Each row divided by the square root of (its mean square + `eps`).
#[inline(always)]
pub fn tile_rms_norm_f32<const R: usize, const C: usize>(x: Tile<f32, R, C>, eps: f32) -> Tile<f32, R, C> {
    let mean_square = (x * x).row_sum() * (1.0 / C as f32);
    x * (mean_square + eps).rsqrt().broadcast_cols()
}

/// The sum of each row.
#[inline(always)]
pub fn tile_reduce_sum_f32<const R: usize, const C: usize>(x: Tile<f32, R, C>) -> Tile<f32, R, 1> {
    x.row_sum()
}

/// The largest element of each row.
#[inline(always)]
pub fn tile_reduce_max_f32<const R: usize, const C: usize>(x: Tile<f32, R, C>) -> Tile<f32, R, 1> {
    x.row_max()
}

/// The column of the largest element of each row, the lowest on ties.
#[inline(always)]
pub fn tile_argmax_f32<const R: usize, const C: usize>(x: Tile<f32, R, C>) -> Tile<u32, R, 1> {
    x.row_argmax()
}

/// `a · b`.
#[inline(always)]
pub fn tile_matmul_f32<const M: usize, const K: usize, const N: usize>(
    a: Tile<f32, M, K>,
    b: Tile<f32, K, N>,
) -> Tile<f32, M, N> {
    a.dot(b)
}

/// `b` where the mask is not set, `a` where it is.
#[inline(always)]
pub fn tile_select_f32<const R: usize, const C: usize>(
    mask: tile::Mask<R, C>,
    a: impl Operand<Tile<f32, R, C>>,
    b: impl Operand<Tile<f32, R, C>>,
) -> Tile<f32, R, C> {
    mask.select(a, b)
}
