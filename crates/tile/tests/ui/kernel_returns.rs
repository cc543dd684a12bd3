use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>) -> Tile<f32, 1, 8> {
    a.load() + 1.0
}

fn main() {}
