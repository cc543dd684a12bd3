//! Arithmetic in double precision.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(x: f32, mut output: Partition<f32, 1, 8>) {
    let precise = f64::from(x) * 1.000000001;
    output.store(Tile::splat(precise as f32));
}

tile::instances! { group "test"; double = kernel; }
