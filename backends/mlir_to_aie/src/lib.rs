//! Core programs to designs for the NPU of Ryzen AI (NPU2, AIE2P): IRON 1.4 in Python, core functions in C++ with the AIE API.
//!
//! # Execution model
//! A *worker* per core program runs on one core of the array, at most one per column, so that each has a shim tile's channels for
//! itself. Cores cannot address the views: the *sequence* moves words between them and FIFOs of objects, the workers take objects from the FIFOs
//! and give objects to them. [`plan`] cuts a core program at its copies. What is between them becomes functions in C++; loops and branches
//! around them become loops of the worker's body, whose number of turns the functions compute; and the same loops, with nothing left in
//! them but what addresses need, become the sequence's generator of transfers.
//!
//! # Memory model
//! A core's memory holds the local buffers at the addresses that the lowering gave them, in one array; behind them the variables that outlive
//! a function. Views are arrays of words of four bytes, rounded up to whole ones: what launches a design gives buffers of that size. Rows that begin or
//! end inside a word come and go with the words that they lie in; what is around them is read before and written back.
//!
//! # Numbers
//! Parameters that are numbers are arguments of the sequence, which writes them into the memory of the cores and computes offsets and counts
//! with them. Elements of views that decide what is moved are read by whoever launches: [`bundle::manifest::Kernel::host_reads`]. Elements whose
//! place only a core knows are picked out of the whole view, which streams by.
//!
//! # Limits
//! [`limits`]; what the target lacks is in [`caps`].
//!
//! # Options
//! [`Options`] has none yet.

pub mod caps;
mod companions;
pub mod limits;
pub mod names;
mod plan;
mod print;
pub mod types;
pub mod validate;

use emit::Source;
use lower_dma::Error;
use lower_dma::ir::CoreKernel;
use tile_ir::Module;

pub use companions::companions;

/// Target name.
pub const TARGET: &str = "aie";

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
    emit::all(&lowered.kernels, print)
}

/// Prints a lowered kernel.
///
/// # Errors
/// [`Error::Unsupported`] where what is moved depends on what a core computes, [`Error::Limit`] where a core's memory does not hold what the
/// design needs, [`Error::Broken`] where the kernel breaks a rule of core programs.
pub fn print(kernel: &CoreKernel) -> Result<Source, Error> {
    print::print(kernel)
}
