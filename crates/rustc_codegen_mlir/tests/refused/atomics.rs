//! A counter shared between programs.
#![no_std]
use core::sync::atomic::{AtomicU32, Ordering};
use tile::prelude::*;

static COUNTER: AtomicU32 = AtomicU32::new(0);

#[tile::kernel]
fn kernel(mut output: Partition<u32, 1, 8>) {
    output.store(Tile::splat(COUNTER.fetch_add(1, Ordering::Relaxed)));
}

tile::instances! { group "test"; atomics = kernel; }
