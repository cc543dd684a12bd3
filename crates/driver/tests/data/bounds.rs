//! An index that nothing bounds.
#![no_std]

use tile::prelude::*;

const SCALES: [f32; 4] = [0.5, 1.0, 2.0, 4.0];

#[tile::kernel]
pub fn scaled(input: View<f32, 1, 64>, choice: u32, mut output: Partition<f32, 1, 64>) {
    let scale = SCALES[choice as usize];
    output.store(input.load() * scale);
}

tile::instances! {
    group "bounds";
    scaled = scaled;
}
