//! Weights of 8-bit integers.

use tile::prelude::*;

/// `output = input · (weight * scale)ᵀ`, where each group of `GROUP` weights of a row shares a scale. `GROUPS` is
/// `K / GROUP`; `BN` outputs per program.
#[tile::kernel]
pub fn matvec_int8<const N: usize, const K: usize, const GROUP: usize, const GROUPS: usize, const BN: usize>(
    input: View<f32, 1, K>,
    weight: Weights<i8, N, K>,
    scale: Weights<f32, N, GROUPS>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    const { assert!(GROUP * GROUPS == K, "groups must cover each row exactly") };
    let at = output.col();
    let mut sum = Tile::<f32, 1, BN>::zeros();
    for group in 0..GROUPS {
        let column = group * GROUP;
        let x = input.block::<1, GROUP>(0, column);
        let w = weight.block::<BN, GROUP>(at, column).to_f32();
        let scale = scale.block::<BN, 1>(at, group).transpose();
        sum = x.dot_t(w).mul_add(scale, sum);
    }
    output.store(sum);
}

/// The inverse way: each row of `input` to 8 bits with its own scale, `scale = max|row| / 127`. A row of zeros has
/// scale 0.
#[tile::kernel]
pub fn quantize_rows<const R: usize, const C: usize, const BR: usize>(
    input: View<f32, R, C>,
    mut values: Partition<i8, R, C, BR, C>,
    mut scale: Partition<f32, R, 1, BR, 1>,
) {
    let x = input.block::<BR, C>(values.row(), 0);
    let largest = x.abs().row_max();
    let per_step = largest.gt(0.0).select(127.0 / largest, 0.0);
    // Half up: the cast cuts toward zero.
    let steps = (x * per_step.broadcast_cols() + 0.5).floor();
    values.store(steps.clamp(-127.0, 127.0).cast());
    scale.store(largest * (1.0 / 127.0));
}
