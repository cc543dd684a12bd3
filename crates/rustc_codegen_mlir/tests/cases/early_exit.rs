//! Leaving a kernel and its loops early.
#![no_std]
use tile::prelude::*;

/// Sums rows until one is negative at its start; stores nothing if a row is infinite there.
#[tile::kernel]
fn sum_until(input: View<f32, 64, 16>, rows: Position<64>, mut output: Partition<f32, 1, 16>) {
    let mut sum = Tile::<f32, 1, 16>::zeros();
    for row in 0..rows.get() {
        let values = input.block::<1, 16>(row, 0);
        let first = values.at(0, 0);
        if first < 0.0 {
            break;
        }
        if first == f32::INFINITY {
            return;
        }
        sum += values;
    }
    output.store(sum);
}

tile::instances! { group "test"; sum_until = sum_until; }
