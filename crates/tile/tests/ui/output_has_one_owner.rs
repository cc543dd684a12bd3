use tile::prelude::*;

#[tile::kernel]
fn cloned(mut output: Partition<f32, 1, 64, 1, 8>) {
    let mut second = output.clone();
    output.store(Tile::zeros());
    second.store(Tile::splat(1.0));
}

#[tile::kernel]
fn borrowed_twice(mut output: Partition<f32, 1, 64, 1, 8>) {
    let first = &mut output;
    let second = &mut output;
    first.store(Tile::zeros());
    second.store(Tile::splat(1.0));
}

fn main() {}
