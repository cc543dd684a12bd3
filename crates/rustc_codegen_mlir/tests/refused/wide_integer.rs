//! 128-bit integers.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(a: u32, b: u32, mut output: Partition<u32, 1, 8>) {
    let mut product = u128::from(a);
    for _ in 0..b {
        product = product * u128::from(b) + 1;
    }
    output.store(Tile::splat((product >> 70) as u32));
}

tile::instances! { group "test"; wide_integer = kernel; }
