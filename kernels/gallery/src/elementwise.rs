//! Elementwise arithmetic.

use tile::prelude::*;

/// `output = alpha * x + y` in f16: two roundings. `BN` elements per program.
#[tile::kernel]
pub fn axpy_f16<const N: usize, const BN: usize>(
    x: View<f16, 1, N>,
    y: View<f16, 1, N>,
    alpha: f32,
    mut output: Partition<f16, 1, N, 1, BN>,
) {
    let at = output.col();
    output.store(x.block::<1, BN>(0, at) * alpha + y.block(0, at));
}

/// A little of every function: `output = sin(x) cos(x) + log(1 + |x|) + sqrt(x²+1) - tanh(x) + (x - floor(x))`.
#[tile::kernel]
pub fn functions<const R: usize, const C: usize, const BR: usize, const BC: usize>(
    input: View<f32, R, C>,
    mut output: Partition<f32, R, C, BR, BC>,
) {
    let x = input.block::<BR, BC>(output.row(), output.col());
    let root = x.mul_add(x, 1.0).sqrt();
    let log = (x.abs() + 1.0).log();
    output.store(x.sin() * x.cos() + log + root - x.tanh() + (x - x.floor()));
}

/// Any elementwise function of two operands, chosen by the caller.
fn zip<const N: usize, const BN: usize>(
    a: View<f32, 1, N>,
    b: View<f32, 1, N>,
    output: &mut Partition<f32, 1, N, 1, BN>,
    f: impl Fn(Tile<f32, 1, BN>, Tile<f32, 1, BN>) -> Tile<f32, 1, BN>,
) {
    let at = output.col();
    output.store(f(a.block(0, at), b.block(0, at)));
}

/// `output = max(a, b) - min(a, b)`, through a helper that takes a closure.
#[tile::kernel]
pub fn distance<const N: usize, const BN: usize>(
    a: View<f32, 1, N>,
    b: View<f32, 1, N>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    zip(a, b, &mut output, |a, b| a.max(b) - a.min(b));
}
