use tile::prelude::*;

#[tile::kernel]
fn kernel(#[row(position)] mut cache: RowMut<f32, 64, 8>, position: Position<65>) {
    cache.store(Tile::zeros());
}

tile::instances! {
    group "ui";
    kernel = kernel;
}

fn main() {}
