use tile::prelude::*;

#[tile::kernel]
fn kernel<const N: usize>(a: View<f32, 1, N>, mut output: Partition<f32, 4, 4>) {
    output.store(a.load().reshape());
}

tile::instances! {
    group "ui";
    kernel = kernel::<15>;
}

fn main() {}
