use tile::prelude::*;

#[tile::kernel]
fn kernel(#[row(position)] mut cache: MatrixMut<f32, 64, 4, 8, 2>, position: Position<65>) {
    cache.store(Tile::zeros());
}

tile::instances! {
    group "ui";
    kernel = kernel;
}

fn main() {}
