//! Normalisation.

use tile::prelude::*;

/// `output = input / sqrt(mean(input²) + eps) * gamma`, over a row of `D` elements.
#[tile::kernel]
pub fn rms_norm<G: Float, const D: usize>(
    input: View<f32, 1, D>,
    gamma: Weights<G, 1, D>,
    eps: f32,
    mut output: Partition<f32, 1, D>,
) {
    let x = input.load();
    let mean_square = (x * x).row_sum() * (1.0 / D as f32);
    let scale = (mean_square + eps).rsqrt();
    output.store(x * scale.broadcast_cols() * gamma.load().to_f32());
}
