use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, mut output: Partition<bf16, 1, 8>) {
    output.store(a.load());
}

fn main() {}
