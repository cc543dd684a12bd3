// flags: -Coverflow-checks=on
//! Overflow checks left in.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(a: u32, b: u32, mut output: Partition<u32, 1, 8>) {
    output.store(Tile::splat(a * b));
}

tile::instances! { group "test"; overflow = kernel; }
