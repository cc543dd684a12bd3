//! A loop without an end.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(n: u32, mut output: Partition<u32, 1, 8>) {
    if n == 3 {
        loop {
            output.store(Tile::splat(n));
        }
    }
    output.store(Tile::splat(0));
}

tile::instances! { group "test"; endless = kernel; }
