use tile::prelude::*;

#[tile::kernel]
fn needs_attribute(mut cache: MatrixMut<f32, 64, 4, 8>, position: Position<64>) {
    let _ = position;
    cache.store(Tile::zeros());
}

#[tile::kernel]
fn wrong_block(#[row(position)] mut cache: MatrixMut<f32, 64, 4, 8, 2, 4>, position: Position<64>) {
    cache.store(Tile::<f32, 4, 8>::zeros());
}

fn main() {}
