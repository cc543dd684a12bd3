//! Makes trybuild build, not only check: some rules are checked when constants are known.
use tile::prelude::*;

#[tile::kernel]
fn kernel<const N: usize>(mut output: Partition<f32, 1, N>) {
    output.store(Tile::zeros());
}

fn main() {}
