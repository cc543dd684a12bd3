use tile::prelude::*;

#[tile::kernel]
fn kernel(a: View<f32, 1, 8>, mut output: Partition<f32, 1, 8>) {
    let x = a.load();
    if x.gt(0.0) {
        output.store(x);
    }
}

fn main() {}
