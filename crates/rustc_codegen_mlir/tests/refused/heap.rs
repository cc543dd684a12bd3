//! A vector in a kernel.
use tile::prelude::*;

#[tile::kernel]
fn kernel(n: u32, mut output: Partition<f32, 1, 8>) {
    let steps: Vec<u32> = (0..n).collect();
    output.store(Tile::splat(steps.len() as f32));
}

tile::instances! { group "test"; heap = kernel; }
