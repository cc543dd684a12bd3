//! A sum of tiles of different shapes.
#![no_std]

use tile::prelude::*;

#[tile::kernel]
pub fn sum(a: View<f32, 1, 64>, b: View<f32, 1, 32>, mut output: Partition<f32, 1, 64>) {
    output.store(a.load() + b.load());
}

tile::instances! {
    group "shapes";
    sum = sum;
}
