//! Core programs to TPC-C, for Intel Gaudi 2.
//!
//! # Execution model
//! The index space has one dimension, with as many members as [`lower_dma::ir::CoreKernel::cores`]; a member is one core's program, and `main`
//! runs those that its processor was given. A member is one thread of control: loads, stores and vector functions are in order, but
//! for loads behind stores to the same address, which wait (`aso`), as do scalar loads, for which the cache is invalidated too (source:
//! docs.habana.ai, TPC Coherency).
//!
//! # Memory model
//! Views are tensors of one dimension, scalars are numbers of 32 bits. Local buffers are arrays of vectors in vector local memory; buffers that are
//! never needed at one time and have one element type share an array. 16-bit floats and bytes are storage types: they are widened, in
//! the order of memory (`SW_LINEAR`). Masks are 1 and 0 as `float`.
//!
//! # Scalars and lanes
//! No lane of a vector can be read. What a program computes from elements of local memory is therefore a vector with the same number in
//! all lanes; it is written back by a selection. Only where such a number is a condition or a place, it goes through a line of the
//! scratch tensor, [`limits::LINE`] bytes for each member.
//!
//! # Numbers
//! Denormal numbers are zero. What else differs from f32 arithmetic is in [`caps`]. Integers of 64 bits do not exist: index arithmetic is
//! done in 32 bits where nothing can leave them, and refused otherwise.
//!
//! # Limits
//! [`limits::TARGET`]; what the target lacks is in [`caps`].
//!
//! # Options
//! [`Options`] has none yet.

pub mod caps;
mod companions;
pub mod limits;
pub mod names;
mod print;
pub mod types;
pub mod validate;

use emit::Source;
use lower_dma::Error;
use lower_dma::ir::CoreKernel;
use tile_ir::Module;

pub use companions::companions;
pub use print::print;

/// Target name.
pub const TARGET: &str = "gaudi";

/// How to print.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {}

/// Lowers and prints one candidate of every kernel family, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered or printed, in source order.
pub fn emit(module: &Module, options: &Options) -> Result<Vec<Source>, Vec<Error>> {
    let Options {} = options;
    let lowered = lower_dma::lower(module, &limits::TARGET)?;
    emit::all(&lowered.kernels, |kernel: &CoreKernel| print(kernel))
}
