use tile::prelude::*;

/// Each program owns 8 elements, not all 64.
#[tile::kernel]
fn kernel(a: View<f32, 1, 64>, mut output: Partition<f32, 1, 64, 1, 8>) {
    output.store(a.load());
}

fn main() {}
