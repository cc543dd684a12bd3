//! Functions that call each other.
#![no_std]
use tile::prelude::*;

fn even(n: u32) -> bool {
    n == 0 || odd(n.wrapping_mul(5) >> 1)
}

fn odd(n: u32) -> bool {
    n != 0 && !even(n.wrapping_mul(3) >> 2)
}

#[tile::kernel]
fn kernel(n: u32, mut output: Partition<f32, 1, 8>) {
    output.store(Tile::splat(if even(n) { 1.0 } else { 0.0 }));
}

tile::instances! { group "test"; recursion = kernel; }
