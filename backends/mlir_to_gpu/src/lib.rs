//! Lane programs to CUDA C++.
//!
//! # Execution model
//! A program is one thread block of one dimension; its warps of 32 threads run in step. The kernel has C linkage under the
//! entry's name, and `__launch_bounds__` with the exact number of threads.
//!
//! # Memory model
//! Views are pointers, `const __restrict__` where the launch only reads them, so that loads may take the read-only path. Scalars
//! are passed by value. 16-bit floats are `unsigned short` bits. Up to 48 KiB of shared memory are declared; above that the
//! launch allocates it, and the manifest's budget `dynamic_shared` says how much. `__syncthreads` orders both memories.
//!
//! # Numbers
//! Functions of f32 are the accurate ones; the text is meant to be compiled without fast-math options. It includes nothing, so
//! the run-time compiler needs no include path. Inline PTX does what the language does not: `cvt` of f16, `mma.sync`.
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
pub const TARGET: &str = "cuda";

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
