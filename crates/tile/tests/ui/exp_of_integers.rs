use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<u32, 1, 8>, mut output: Partition<u32, 1, 8>) {
    output.store(a.load().exp());
}

fn main() {}
