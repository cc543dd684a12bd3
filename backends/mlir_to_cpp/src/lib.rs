//! Core programs to AscendC C++, for the vector cores of the Ascend 910B.
//!
//! # Execution model
//! A kernel is started on some of the 48 vector cores (40 on the smaller parts, where the rest follows when a core is free).
//! Each goes through its own range of the tile kernel's programs. Scalar code runs in order and hands copies and vector instructions to
//! three pipes (`MTE2`, `V`, `MTE3`), which run side by side. Flags (`SetFlag`, `WaitFlag`) order two pipes, `PipeBarrier` one;
//! the program that is printed holds all that are needed, so `--cce-auto-sync=off` is right.
//!
//! # Memory model
//! Buffers are static tensors in the unified buffer (UB), at addresses that the lowering chose; `InitSocState` comes first. The top 8 KiB of what
//! a kernel may use is scratch of single operations ([`limits::SCRATCH`]). Views are global tensors.
//!
//! # Numbers
//! The vector unit computes in f32: bf16 and f16 are converted where they are loaded and stored. `1 / x` and `1 / sqrt(x)` are made with `Div` and
//! `Sqrt`, because `Reciprocal` and `Rsqrt` are not accurate.
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
pub const TARGET: &str = "ascendc";

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
    emit_dma::print(kernel, &print::AscendC)
}
