//! Float operations that tiles lack.
use tile::prelude::*;

#[tile::kernel]
fn kernel(x: f32, mut output: Partition<f32, 1, 8>) {
    let power = x.powf(1.5);
    let rest = x % 3.0;
    output.store(Tile::splat(power + rest));
}

tile::instances! { group "test"; float_functions = kernel; }
