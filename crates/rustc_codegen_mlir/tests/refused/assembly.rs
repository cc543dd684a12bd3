//! Inline assembly.
#![no_std]
use tile::prelude::*;

#[tile::kernel(unsafe)]
unsafe fn kernel(mut output: Partition<u32, 1, 8>) {
    let cycles: u32;
    unsafe { core::arch::asm!("mov {0:e}, 5", out(reg) cycles) };
    output.store(Tile::splat(cycles));
}

tile::instances! { group "test"; assembly = kernel; }
