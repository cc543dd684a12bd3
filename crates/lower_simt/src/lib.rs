//! Tile programs to lane programs: threads, registers, shared memory.
//!
//! The family of targets where one tile program becomes one group of threads that work in step: Metal, CUDA, MUSA, SPIR-V.
//! [`ir`] is the language of the result; a [`target::Target`] holds the numbers that differ between targets.

mod barriers;
pub mod beside;
pub mod caps;
pub mod interp;
pub mod ir;
mod lower;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod verify;

pub use lower::{lower, lower_beside};
pub use tile_ir::LowerError as Error;
