//! Elementwise kernels, in blocks of `BN` elements.

use tile::prelude::*;

/// `output = silu(gate) * up`.
#[tile::kernel]
pub fn silu_mul<const N: usize, const BN: usize>(
    gate: View<f32, 1, N>,
    up: View<f32, 1, N>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    let at = output.col();
    let gate = gate.block::<1, BN>(0, at);
    output.store(gate.silu() * up.block(0, at));
}

/// `output = a + b`.
#[tile::kernel]
pub fn residual_add<const N: usize, const BN: usize>(
    a: View<f32, 1, N>,
    b: View<f32, 1, N>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    let at = output.col();
    output.store(a.block::<1, BN>(0, at) + b.block(0, at));
}
