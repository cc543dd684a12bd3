//! Names of variables: each value is called what the first variable that held it is.
#![no_std]
use tile::prelude::*;

type Row = Tile<f32, 1, 16>;

/// Its variables name what it computes; so do its parameters, for what its callers have no name for.
fn softmax(scores: Row) -> Row {
    let largest = scores.row_max();
    let weights = (scores - largest.broadcast_cols()).exp();
    weights / weights.row_sum().broadcast_cols()
}

/// A `let` that hides another, words that other languages keep for themselves, two names for one value, a helper called
/// twice.
#[tile::kernel]
fn straight(input: View<f32, 2, 16>, mut output: Partition<f32, 1, 16>) {
    let x = input.block::<1, 16>(0, 0);
    let x = x + x;
    let float = x * 3.0;
    let other_name = float;
    let kernel = softmax(other_name);
    let template = softmax(x - kernel);
    output.store(template);
}

/// Values that a loop carries, their next values, and what a branch chooses.
#[tile::kernel]
fn carried(input: View<f32, 64, 16>, rows: Position<64>, mut output: Partition<f32, 1, 16>) {
    let mut largest = Row::splat(f32::MIN);
    let mut total = Row::zeros();
    for row in 0..rows.get() {
        let values = input.block::<1, 16>(row, 0);
        let larger = largest.max(values);
        total = total * (largest - larger).exp() + values;
        largest = larger;
        let mut limit = values.at(0, 0);
        if limit > 1.0 {
            limit = 1.0 / limit;
            total = total * limit;
        }
    }
    output.store(total);
}

tile::instances! { group "test"; straight = straight; carried = carried; }
