use tile::prelude::*;

#[tile::kernel]
fn kernel(mut cache: RowMut<f32, 64, 8>, position: Position<64>) {
    let _ = position;
    cache.store(Tile::zeros());
}

#[tile::kernel]
fn on_a_view(#[row(position)] cache: View<f32, 64, 8>, position: Position<64>) {
    let _ = cache;
}

#[tile::kernel]
fn not_a_position(#[row(position)] mut cache: RowMut<f32, 64, 8>, position: u32) {
    cache.store(Tile::zeros());
}

fn main() {}
