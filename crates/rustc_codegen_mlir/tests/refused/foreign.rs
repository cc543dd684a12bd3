//! A function without a Rust body.
#![no_std]
use tile::prelude::*;

unsafe extern "C" {
    safe fn measure(n: u32) -> u32;
}

#[tile::kernel]
fn kernel(n: u32, mut output: Partition<u32, 1, 8>) {
    output.store(Tile::splat(measure(n)));
}

tile::instances! { group "test"; foreign = kernel; }
