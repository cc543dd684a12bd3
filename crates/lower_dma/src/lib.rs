//! Tile programs to core programs: local buffers, explicit copies, explicit synchronisation.
//!
//! The family of targets where a tile program becomes a turn of a loop on one core: AscendC, PTO, BANG, Gaudi. A copy engine moves blocks
//! between global memory and a local buffer, a vector unit computes on local buffers, a scalar unit runs the loops and starts
//! both. [`ir`] is the language of the result; a [`target::Target`] holds the numbers that differ between targets.

pub mod caps;
pub mod estimate;
pub mod interp;
pub mod ir;
mod lower;
pub mod narrow;
pub mod place;
pub mod ranges;
pub mod sync;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod verify;

pub use lower::lower;
pub use tile_ir::LowerError as Error;
