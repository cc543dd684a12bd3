use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, mut output: Partition<f32, 1, 15>) {
    output.store(a.load().concat_cols(a.load()));
}

tile::instances! {
    group "ui";
    kernel = kernel;
}

fn main() {}
