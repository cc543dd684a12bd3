//! Nothing is written: no output, and an output that no store reaches.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn without_partition(input: View<f32, 1, 8>) {
    let _ = input.load() + input.load();
}

#[tile::kernel]
fn without_store(input: View<f32, 1, 8>, output: Partition<f32, 1, 8>) {
    let _ = (input.load(), output);
}

tile::instances! { group "test"; without_partition = without_partition; without_store = without_store; }
