use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, mut output: Partition<bool, 1, 8>) {
    output.store(a.load().gt(0.0));
}

fn main() {}
