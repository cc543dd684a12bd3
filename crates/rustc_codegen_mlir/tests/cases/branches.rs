//! Branches that choose tiles and numbers.
#![no_std]
use tile::prelude::*;

type Row = Tile<f32, 1, 16>;

fn activate(x: Row, kind: u32) -> Row {
    match kind {
        0 => x,
        1 | 2 => x.exp(),
        _ => x.tanh(),
    }
}

/// An optional tile, `match`, `if` without `else`, a closure, an early return.
#[tile::kernel]
fn branches(input: View<f32, 8, 16>, kind: u32, limit: f32, mut output: Partition<f32, 1, 16>) {
    if kind > 9 {
        return;
    }
    let mut best: Option<Row> = None;
    for row in 0..8 {
        let x = input.block(row, 0);
        if x.at(0, 0) > limit {
            best = Some(best.map_or(x, |best| best.max(x)));
        }
    }
    let scale = |x: Row, by: f32| if by > 1.0 { x / by } else { x };
    let mut result = activate(best.unwrap_or(Row::splat(limit)), kind);
    if kind == 7 {
        result = -result;
    }
    output.store(scale(result, limit));
}

tile::instances! { group "test"; branches = branches; }
