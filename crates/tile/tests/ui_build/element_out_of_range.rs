use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, mut output: Partition<f32, 1, 1>) {
    output.store(Tile::splat(a.load().get::<0, 8>()));
}

tile::instances! {
    group "ui";
    kernel = kernel;
}

fn main() {}
