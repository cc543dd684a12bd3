use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, b: Weights<bf16, 1, 8>, mut output: Partition<f32, 1, 8>) {
    output.store(a.load() * b.load());
}

fn main() {}
