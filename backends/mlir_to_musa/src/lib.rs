//! Lane programs to MUSA C++ (Moore Threads MTT S4000, `mp_22`).
//!
//! # Execution model
//! A program is one thread block of a multiple of 128 threads, because 128 run in step. Exchanges between lanes stay inside
//! aligned groups of 32 and spell that width, which works for warps of 32 and of 128 alike; the text uses no warp size, ballot,
//! or warp barrier.
//!
//! # Memory model
//! As CUDA's: views are pointers, `const __restrict__` where the launch only reads them; scalars are passed by value. 16-bit
//! floats are `unsigned short` bits. Shared memory is declared, at most 28 KiB, which fits every architecture.
//!
//! # Numbers
//! Functions of f32 are the accurate ones. There is no inline assembly: 16-bit floats are converted by integer arithmetic. The
//! matrix unit is not used.
//!
//! # Limits
//! [`limits::TARGET`]; what the target lacks is in [`caps`].
//!
//! # Options
//! [`Options`] has none yet.

pub mod caps;
pub mod limits;
pub mod names;
mod print;
pub mod types;
pub mod validate;

use emit::Source;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use tile_ir::Module;

/// Target name.
pub const TARGET: &str = "musa";

/// How to print.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {}

/// Lowers and prints one candidate of every kernel family, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered or printed, in source order.
pub fn emit(module: &Module, options: &Options) -> Result<Vec<Source>, Vec<Error>> {
    let Options {} = options;
    let lowered = lower_simt::lower(module, &limits::TARGET)?;
    emit::all(&lowered.kernels, print)
}

/// Prints a lowered kernel.
///
/// # Errors
/// [`Error::Broken`] where the kernel breaks a rule of lane programs.
pub fn print(kernel: &LaneKernel) -> Result<Source, Error> {
    emit_simt::print(kernel, &print::DIALECT)
}
