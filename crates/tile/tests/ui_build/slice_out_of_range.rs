use tile::prelude::*;

#[tile::kernel]
fn kernel<const HALF: usize>(a: View<f32, 1, 64>, mut output: Partition<f32, 1, HALF>) {
    output.store(a.load().slice_cols::<HALF, HALF>());
}

tile::instances! {
    group "ui";
    fits = kernel::<32>;
    too_long = kernel::<33>;
}

fn main() {}
