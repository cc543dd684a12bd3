//! Arrays of tiles: they live in values, never in memory.
#![no_std]
use tile::prelude::*;

/// Loops over the array are unrolled, the loop around them is not.
#[tile::kernel]
fn accumulators(input: View<f32, 64, 64>, n: u32, mut output: Partition<f32, 4, 16>) {
    let mut sums = [Tile::<f32, 1, 16>::zeros(); 4];
    for row in 0..n as usize {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += input.block(row, 16 * i);
        }
    }
    for (i, sum) in sums.into_iter().enumerate() {
        output.store_part(i, 0, sum);
    }
}

tile::instances! { group "test"; accumulators = accumulators; }
