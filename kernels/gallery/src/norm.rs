//! Normalisation.

use tile::prelude::*;

/// `output = (input - mean) / sqrt(variance + eps) * gamma + beta` for each row; `BR` rows per program.
#[tile::kernel]
pub fn layer_norm<const R: usize, const C: usize, const BR: usize>(
    input: View<f32, R, C>,
    gamma: Weights<f32, 1, C>,
    beta: Weights<f32, 1, C>,
    eps: f32,
    mut output: Partition<f32, R, C, BR, C>,
) {
    let x = input.block::<BR, C>(output.row(), 0);
    let per_column = 1.0 / C as f32;
    let centred = x - (x.row_sum() * per_column).broadcast_cols();
    let variance = (centred * centred).row_sum() * per_column;
    let normal = centred * (variance + eps).rsqrt().broadcast_cols();
    output.store(normal.mul_add(gamma.load().broadcast_rows(), beta.load().broadcast_rows()));
}
