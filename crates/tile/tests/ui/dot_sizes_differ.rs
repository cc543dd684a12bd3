use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 4, 8>, b: View<f32, 16, 4>, mut output: Partition<f32, 4, 4>) {
    output.store(a.load().dot(b.load()));
}

fn main() {}
