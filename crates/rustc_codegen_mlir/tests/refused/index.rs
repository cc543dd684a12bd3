//! An index that may be too large.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(which: u32, mut output: Partition<f32, 1, 8>) {
    let scales = [1.0, 0.5, 0.25];
    output.store(Tile::splat(scales[which as usize]));
}

tile::instances! { group "test"; index = kernel; }
