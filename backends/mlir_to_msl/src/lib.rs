//! Lane programs to Metal Shading Language 3.1.
//!
//! # Execution model
//! A program is one threadgroup; its threads form simdgroups of 32, which is what Apple GPUs run in step. The kernel is a plain
//! function without templates, with every shape as a literal. `[[max_total_threads_per_threadgroup]]` makes the compiler keep
//! enough registers for the group.
//!
//! # Memory model
//! Every pointer names its address space. Views are `device` buffers numbered by parameter, scalars `constant` references with
//! the same numbering. Shared arrays are `threadgroup` arrays of the kernel's outermost scope. `bfloat` and `half` are storage
//! types only: values are widened when loaded and narrowed when stored. `threadgroup_barrier` orders the memories it names.
//!
//! # Numbers
//! Functions of f32 are those of `metal::precise`, whatever the compiler's math mode; a host compiles without fast math, so
//! that division, infinities and NaN keep their meaning.
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
pub const TARGET: &str = "msl";

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
    emit_simt::print(kernel, &print::Msl)
}
