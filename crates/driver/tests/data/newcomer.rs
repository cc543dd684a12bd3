//! A kernel file as a user writes it: not in the workspace, compiled by path.
#![no_std]

use tile::prelude::*;

/// `output = max(input, 0) * scale`, for inputs of any length.
#[tile::kernel]
pub fn scaled_relu<const N: usize, const BN: usize>(
    input: View<f32, 1, N>,
    scale: f32,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    let at = output.col();
    output.store(input.block::<1, BN>(0, at).max(0.0) * scale);
}

tile::instances! {
    group "newcomer";
    scaled_relu = scaled_relu::<1000, BN> for BN in [128, 64];
}
