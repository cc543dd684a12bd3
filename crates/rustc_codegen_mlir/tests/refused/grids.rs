//! Outputs that ask for different numbers of programs.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(mut sums: Partition<f32, 1, 64, 1, 16>, mut total: Partition<f32, 1, 64, 1, 8>) {
    sums.store(Tile::zeros());
    total.store(Tile::zeros());
}

tile::instances! { group "test"; grids = kernel; }
