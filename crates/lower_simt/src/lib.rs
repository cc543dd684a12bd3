//! Tile programs to lane programs: threads, registers, shared memory.
//!
//! The family of targets where one tile program becomes one group of threads that work in step: Metal, CUDA, MUSA, SPIR-V.
//! [`ir`] is the language of the result; a [`target::Target`] holds the numbers that differ between targets.

mod error;
pub mod interp;
pub mod ir;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod verify;

pub use error::Error;

use tile_ir::Module;

/// Lowers one candidate of every kernel family for `target`, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered, in source order.
pub fn lower(module: &Module, target: &target::Target) -> Result<ir::LaneModule, Vec<Error>> {
    let _ = target;
    Ok(ir::LaneModule { name: module.name.clone(), kernels: Vec::new() })
}
