//! Callees known only at run time.
#![no_std]
use tile::prelude::*;

#[tile::kernel]
fn through_object(n: u32, mut output: Partition<u32, 1, 8>) {
    let (add, double) = (|x: u32| x.wrapping_add(n), |x: u32| x.wrapping_mul(2));
    let chosen: &dyn Fn(u32) -> u32 = if n > 3 { &add } else { &double };
    output.store(Tile::splat(chosen(n)));
}

#[tile::kernel]
fn through_pointer(n: u32, mut output: Partition<u32, 1, 8>) {
    fn add(x: u32) -> u32 {
        x.wrapping_add(1)
    }
    fn double(x: u32) -> u32 {
        x.wrapping_mul(2)
    }
    let chosen: fn(u32) -> u32 = if n > 3 { add } else { double };
    output.store(Tile::splat(chosen(n)));
}

tile::instances! { group "test"; through_object = through_object; through_pointer = through_pointer; }
