use tile::prelude::*;

#[tile::kernel]
fn kernel(input: View<f32, 1, 8>, mut output: Partition<f32, 1, 8>) {
    input.store(Tile::zeros());
    output.store(Tile::zeros());
}

fn main() {}
