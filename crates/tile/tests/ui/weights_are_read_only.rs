use tile::prelude::*;

#[tile::kernel]
fn kernel(mut weight: Weights<bf16, 8, 8>) {
    weight.store(Tile::zeros());
}

fn main() {}
