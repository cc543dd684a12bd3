//! A value that may be absent.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn kernel(a: u32, b: u32, mut output: Partition<u32, 1, 8>) {
    let difference = a.checked_sub(b).unwrap();
    let sum = a.checked_add(b).expect("no overflow");
    output.store(Tile::splat(difference + sum));
}

tile::instances! { group "test"; unwrap = kernel; }
