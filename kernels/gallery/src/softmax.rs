//! Softmax over rows.

use tile::prelude::*;

/// `output = exp(input - max) / sum(exp(input - max))` for each row; `BR` whole rows per program.
#[tile::kernel]
pub fn softmax<const R: usize, const C: usize, const BR: usize>(
    input: View<f32, R, C>,
    mut output: Partition<f32, R, C, BR, C>,
) {
    let x = input.block::<BR, C>(output.row(), 0);
    let e = (x - x.row_max().broadcast_cols()).exp();
    output.store(e / e.row_sum().broadcast_cols());
}

/// The same, reading rows in chunks of `CH` columns, twice: for rows longer than local memory. One row per program.
#[tile::kernel]
pub fn softmax_chunked<const R: usize, const C: usize, const CH: usize>(
    input: View<f32, R, C>,
    mut output: Partition<f32, R, C, 1, C>,
) {
    let row = output.row();
    let mut largest = Tile::<f32, 1, 1>::splat(f32::MIN);
    let mut total = Tile::<f32, 1, 1>::zeros();
    for start in tile::range(0, C, CH) {
        let x = input.block_padded::<1, CH>(row, start, f32::NEG_INFINITY);
        let larger = largest.max(x.row_max());
        total = total * (largest - larger).exp() + (x - larger.broadcast_cols()).exp().row_sum();
        largest = larger;
    }
    for start in tile::range(0, C, CH) {
        let x = input.block::<1, CH>(row, start);
        let part = (x - largest.broadcast_cols()).exp() / total.broadcast_cols();
        output.store_part(0, start, part);
    }
}
