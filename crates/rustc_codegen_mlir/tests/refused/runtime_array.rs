//! Arrays whose element is chosen at run time: a table, and tiles.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn table(which: u32, mut output: Partition<f32, 1, 8>) {
    let scales = [1.0, 0.5, 0.25, 0.125];
    output.store(Tile::splat(scales[which as usize % 4]));
}

#[tile::kernel]
fn tiles(input: View<f32, 4, 8>, rounds: u32, mut output: Partition<f32, 1, 8>) {
    let mut rows = [Tile::<f32, 1, 8>::zeros(); 4];
    for i in 0..rounds {
        let at = i as usize % 4;
        rows[at] = rows[at] + input.block(at, 0);
    }
    output.store(rows[0] + rows[3]);
}

tile::instances! { group "test"; table = table; tiles = tiles; }
