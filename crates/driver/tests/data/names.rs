//! Variables of all kinds, whose names should be found again in what is printed.
#![no_std]

use tile::prelude::*;

/// Its parameter and its variable name what every caller computes here.
fn centred<const N: usize>(row: Tile<f32, 1, N>) -> Tile<f32, 1, N> {
    let mean = row.row_sum() * (1.0 / N as f32);
    row - mean.broadcast_cols()
}

/// A helper, a `let` that hides another, words of the targets' languages, what a loop carries.
#[tile::kernel]
pub fn variables<const N: usize>(
    input: View<f32, 8, N>,
    rows: Position<8>,
    mut output: Partition<f32, 1, N>,
) {
    let mut float = Tile::<f32, 1, N>::zeros();
    let mut template = Tile::<f32, 1, 1>::splat(f32::MIN);
    for line in 0..rows.get() {
        let x = input.block::<1, N>(line, 0);
        let x = centred(x * 2.0 + float);
        let larger = template.max(x.row_max());
        float = float * (template - larger).exp().broadcast_cols() + x;
        template = larger;
    }
    output.store(float * template.broadcast_cols());
}

tile::instances! {
    group "names";
    variables = variables::<96>;
}
