//! Moving elements.

use tile::prelude::*;

/// `output = inputᵀ`, a `BR x BC` block of the output per program.
#[tile::kernel]
pub fn transpose<const R: usize, const C: usize, const BR: usize, const BC: usize>(
    input: View<f32, C, R>,
    mut output: Partition<f32, R, C, BR, BC>,
) {
    let block = input.block::<BC, BR>(output.col(), output.row());
    output.store(block.transpose());
}

/// Puts `left` and `right` side by side, and below them their halves exchanged. `C` is `CL + CR`.
#[tile::kernel]
pub fn interleave<const R: usize, const CL: usize, const CR: usize, const C: usize, const R2: usize>(
    left: View<f32, R, CL>,
    right: View<f32, R, CR>,
    mut output: Partition<f32, R2, C>,
) {
    let (left, right) = (left.load(), right.load());
    let above = left.concat_cols::<CR, C>(right);
    let below = right.concat_cols::<CL, C>(left);
    output.store(above.concat_rows(below));
}
