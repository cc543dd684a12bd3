//! Core programs to C++ of the PTO tile library (PTO-ISA).
//!
//! # Execution model
//! A launch starts [`lower_dma::ir::CoreKernel::cores`] blocks, each on one vector core of the Ascend 910B. The scalar unit runs the
//! text; it starts copies (`TLOAD`, `TSTORE`) and instructions on tiles, which run beside it and beside each other. What orders
//! them are flags between two pipes (`set_flag`, `wait_flag`) and barriers of one (`pipe_barrier`), all of them in the text: the
//! library's own events are not used.
//!
//! # Memory model
//! Local memory (the unified buffer) is addressed in bytes by `TASSIGN`. A tile's type holds its shape: rows, columns and the distance of
//! rows, which is a multiple of 32 bytes. A local buffer is declared once as the tile of all of it; an operation on a part declares the
//! tile of that part in a block of its own. Views are pointers to global memory (`__gm__`), wrapped in a `GlobalTensor` for each copy.
//! Masks have a bit per element and rows of whole 32 bytes.
//!
//! # Numbers
//! The vector unit computes on `float` (and on `int32_t` where nothing overflows); `half` and `bfloat16_t` are converted. Scalar code reads
//! and writes 16-bit floats as bits.
//!
//! # Limits
//! [`limits::TARGET`]; what the target lacks is in [`caps`]. Shapes for which the library's vector instructions silently do something else
//! are never printed: `print` says at each instruction which those are.
//!
//! # Options
//! [`Options`] has none yet.

mod build;
pub mod caps;
pub mod limits;
pub mod names;
mod print;
pub mod types;
pub mod validate;

use emit::Source;
use emit_dma::Companion;
use lower_dma::Error;
use lower_dma::ir::CoreKernel;
use tile_ir::Module;

/// Target name.
pub const TARGET: &str = "pto";

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
    emit_dma::print(kernel, &print::DIALECT)
}

/// The files that belong to printed kernels: what builds them with the vendor's compiler.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    vec![build::makefile(sources)]
}
