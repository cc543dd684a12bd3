//! A slice whose end may be too large.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(n: u32, mut output: Partition<f32, 1, 8>) {
    let scales = [1.0, 0.5, 0.25, 0.125];
    let mut sum = 0.0;
    for scale in &scales[..n as usize] {
        sum += scale;
    }
    output.store(Tile::splat(sum));
}

tile::instances! { group "test"; slice = kernel; }
