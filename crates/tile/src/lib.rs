//! The kernel language: safe Rust over tiles.
//!
//! A kernel is a function that many *programs* run at once, each making one block of the output. It reads whole
//! blocks of its arguments as [`Tile`]s, computes with them as values, and writes the block it owns:
//!
//! ```
//! use tile::prelude::*;
//!
//! /// `output = a + b`, in blocks of `BN` elements.
//! #[tile::kernel]
//! fn add<const N: usize, const BN: usize>(
//!     a: View<f32, 1, N>,
//!     b: View<f32, 1, N>,
//!     mut output: Partition<f32, 1, N, 1, BN>,
//! ) {
//!     let at = output.col();
//!     output.store(a.block(0, at) + b.block(0, at));
//! }
//! ```
//!
//! Shapes and element types are types, so a mismatch is a type error. Programs cannot race: an output is a
//! [`Partition`], a [`RowMut`] or a [`MatrixMut`], which has one owner. Reads outside of a view give a pad, writes outside are dropped.
//! Helpers, closures, `if`, `while` and `for` are Rust's own; loops with a step use [`range`].
//!
//! Nothing here runs on the host. The functions are compiled by rustc to calls of [`intrinsics`], to which the
//! kernel compiler gives meaning for each target.
#![no_std]

pub mod abi;
mod arg;
pub mod elem;
pub mod intrinsics;
pub mod math;
mod ops;
mod program;
mod raw;
mod tile;
mod views;

pub use arg::{KernelArg, Position};
pub use elem::{bf16, f16};
pub use ops::Operand;
pub use program::{Range, num_programs, program_id, range};
pub use tile::{Mask, Mask3, Tile, Tile3};
pub use tile_macros::{instances, kernel};
pub use views::{Limits, MatrixArgument, MatrixMut, Partition, RowArgument, RowMut, View, Weights};

/// What a kernel file needs: `use tile::prelude::*;`.
pub mod prelude {
    pub use crate::elem::{Float, Int, Number, Stored, bf16, f16};
    pub use crate::{Limits, Mask, Mask3, MatrixMut, Partition, Position, RowMut, Tile, Tile3, View, Weights};
}

/// Names a kernel to the compiler: a static of this type, exported under [`abi::ENTRY_PREFIX`], points at one
/// instance of a kernel function. [`instances!`] makes them.
#[doc(hidden)]
#[repr(transparent)]
pub struct KernelEntry(pub *const ());

// SAFETY: The pointer is a function's address, and nothing reads it at run time.
unsafe impl Sync for KernelEntry {}

/// What the macros' output calls.
#[doc(hidden)]
pub mod private {
    pub use crate::KernelEntry;
    pub use crate::views::RowView;

    /// Names one parameter of the running kernel.
    #[inline(always)]
    pub fn bind<A: crate::KernelArg>(argument: &A, name: &'static str) {
        argument.bind(name);
    }
}
