//! Tile programs to programs of a NeuronCore: tiles of 128 partitions, one instruction after the other.
//!
//! NKI is a tile language of its own, with static shapes and no threads, so that a tile program becomes instructions on tiles almost
//! one by one. [`ir`] is the language of the result: tiles in SBUF and PSUM, tensors in HBM, instructions on parts of them, loops of
//! the compiler and loops of the run. [`limits`] holds the numbers of the core. [`lower`] makes such programs, [`verify`] proves them
//! without knowing how they were made, [`estimate`] counts what they move.

pub mod caps;
pub mod estimate;
pub mod ir;
pub mod limits;
mod lower;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod verify;

pub use lower::lower;
pub use tile_ir::LowerError as Error;

/// Target name.
pub const TARGET: &str = "nki";
