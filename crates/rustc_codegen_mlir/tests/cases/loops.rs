//! Loops that count.
#![no_std]
use tile::prelude::*;

type Row = Tile<f32, 1, 16>;

/// Bounds known at run time and at compile time; steps; a loop inside a loop.
#[tile::kernel]
fn counted(input: View<f32, 64, 64>, n: Position<64>, mut output: Partition<f32, 1, 64, 1, 16>) {
    let col = output.col();
    let mut sum = Row::zeros();
    for row in 0..n.get() {
        sum += input.block(row, col);
    }
    for row in tile::range(0, 64, 16) {
        for i in 0..3 {
            sum *= input.block(row + i, col);
        }
    }
    output.store(sum);
}

/// Downwards, by Rust's own step, and with an inclusive end.
#[tile::kernel]
fn other_ranges(input: View<f32, 64, 16>, n: u32, mut output: Partition<f32, 1, 16>) {
    let mut sum = Row::zeros();
    for row in (0..n).rev() {
        sum = sum * 0.5 + input.block(row as usize, 0);
    }
    for row in (0..n as usize).step_by(4) {
        sum += input.block(row, 0);
    }
    for row in 0..=n {
        sum = sum.max(input.block(row as usize, 0));
    }
    output.store(sum);
}

/// The counter is used after the loop; a second value moves with it.
#[tile::kernel]
fn counters(input: View<f32, 64, 16>, n: u32, mut output: Partition<f32, 1, 16>) {
    let (mut row, mut at) = (0, 5);
    let mut sum = Row::zeros();
    while row < n {
        sum += input.block(at as usize, 0);
        row += 3;
        at += 6;
    }
    output.store(sum * row as f32);
}

/// The bound is computed where it is tested.
#[tile::kernel]
fn computed_bound(input: View<f32, 64, 16>, n: u32, mut output: Partition<f32, 1, 16>) {
    let mut row = 0;
    let mut sum = Row::zeros();
    while row < n / 3 * 2 + 1 {
        sum += input.block(row as usize, 0) * Row::splat(n as f32);
        row += 2;
    }
    output.store(sum);
}

tile::instances! { group "test"; counted = counted; other_ranges = other_ranges; counters = counters; computed_bound = computed_bound; }
