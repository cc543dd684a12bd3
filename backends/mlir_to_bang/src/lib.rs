//! Core programs to BANG C, for Cambricon MLU370 and MLU590.
//!
//! # Execution model
//! A kernel is launched as type Block with as many tasks as [`lower_dma::ir::CoreKernel::cores`]; each task is one core's program, and `taskId`
//! is its number. Tasks are not ordered. On a core four streams run beside each other, each in order: IO does the copies between
//! GDRAM and NRAM, Compute the vector functions, Scalar the text itself; Move is not used. Copies are `__memcpy_async`. The
//! core waits by `__sync_compute()` for vector functions, and by `__sync()` for copies and for scalar code, because `__sync_io()`
//! does not hold back scalar code (source: BANG C Developer Guide 4.7.2, synchronisation functions). Loops over chunks copy the next one
//! while they compute: `__sync()`, copy ahead, work, once a turn (source: BANG C/C++ Programming Guide 1.7.0, pipelines).
//!
//! # Memory model
//! Views are pointers into GDRAM, scalars are passed by value. All local buffers are parts of one array in NRAM, which holds nothing at the
//! start; a pointer into it is written `NPTR(T)`, which is `T *` unless it is defined before. 16-bit floats are a storage type: they
//! are widened to `float` in NRAM. Masks are 1 and 0 as `float`.
//!
//! # Numbers
//! Nothing in a text depends on the arch. What differs from f32 arithmetic is in [`caps`].
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

/// Target name.
pub const TARGET: &str = "bang";

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
/// [`Error::Broken`] where the kernel breaks a rule of core programs.
pub fn print(kernel: &CoreKernel) -> Result<Source, Error> {
    emit_dma::print(kernel, &print::Bang)
}
