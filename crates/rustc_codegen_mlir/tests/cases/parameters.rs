//! Every kind of parameter, and how outputs are split over programs.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn everything(
    input: View<bf16, 40, 64>,
    weights: Weights<i8, 40, 64>,
    scale: f32,
    which: u32,
    position: Position<128>,
    mut blocks: Partition<f32, 40, 64, 16, 32>,
) {
    let (row, col) = (blocks.row(), blocks.col());
    let x = input.block::<16, 32>(row, col).cast::<f32>();
    let w = weights.block::<16, 32>(row, col).cast::<f32>();
    blocks.store(x * w * scale + (which as f32 + position.get() as f32));
}

#[tile::kernel]
fn one_row(input: View<f32, 1, 64>, position: Position<128>, #[row(position)] mut cache: RowMut<f32, 128, 64, 16>) {
    cache.store(input.block(0, cache.col()));
}

#[tile::kernel]
fn one_matrix(
    input: View<f32, 6, 64>,
    position: Position<128>,
    #[row(position)] mut cache: MatrixMut<f32, 128, 6, 64, 2, 16>,
) {
    let (row, col) = (cache.row(), cache.col());
    let sum = cache.load() + input.block(row, col);
    cache.store(sum);
    cache.store_part(1, 0, input.block::<1, 16>(row, col));
}

#[tile::kernel]
fn rows<const BR: usize>(input: View<f32, 10, 8>, mut output: Partition<f32, 10, 8, BR, 8>) {
    output.store(input.block(output.row(), 0));
}

tile::instances! { group "test"; everything = everything; one_row = one_row; one_matrix = one_matrix; rows = rows::<BR> for BR in [4, 2]; }
