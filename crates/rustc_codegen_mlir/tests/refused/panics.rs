//! Explicit panics, in a helper.
#![no_std]
use tile::prelude::*;

fn scale(mode: u32) -> f32 {
    match mode {
        0 => 1.0,
        1 => 0.5,
        _ => panic!("unknown mode {mode}"),
    }
}

#[tile::kernel]
fn kernel(mode: u32, mut output: Partition<f32, 1, 8>) {
    assert!(mode != 7);
    output.store(Tile::splat(scale(mode)));
}

tile::instances! { group "test"; panics = kernel; }
