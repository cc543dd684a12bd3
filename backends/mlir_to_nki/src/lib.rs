//! Tile programs to NKI, for AWS Trainium2.
//!
//! # Execution model
//! A text is one kernel of the top-level package `nki` (0.6.0), a function with `@nki.jit`, for one NeuronCore. It carries out the programs
//! of the grid one after the other: in loops of the compiler, which it unrolls, or, where that would be too many instructions, in loops
//! of the run (`nl.fori_loop`). Instructions are those of `nki.isa`, with keywords, which have one meaning from 0.3.0 on.
//!
//! # Memory model
//! Views are tensors in HBM with the sizes and dtypes of the manifest. Views that are written are parameters as well; they are written in
//! place and returned, in their order. Scalars are tensors `[1, 1]` of `float32` or `int32`, so that one text serves all their values: a
//! number of the compiler would be a kernel of its own for each. Tiles are in SBUF, sums in PSUM. What only changes its form, such as
//! some reshapes, goes through a private tensor in HBM.
//!
//! # Numbers
//! What differs from the tile IR's arithmetic is in [`caps`].
//!
//! # Limits
//! [`limits`].
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
use lower_nki::Error;
use lower_nki::ir::Program;
use tile_ir::Module;

pub use companions::companions;

/// Target name.
pub const TARGET: &str = lower_nki::TARGET;

/// How to print.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {}

/// Lowers and prints one candidate of every kernel family, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered, in source order.
pub fn emit(module: &Module, options: &Options) -> Result<Vec<Source>, Vec<Error>> {
    let Options {} = options;
    let lowered = lower_nki::lower(module)?;
    emit::all(&lowered, print)
}

/// Prints a lowered kernel.
///
/// # Errors
/// [`Error::Broken`] where the kernel breaks a rule of the core's programs.
pub fn print(program: &Program) -> Result<Source, Error> {
    lower_nki::verify::verify(program)?;
    Ok(print::print(program))
}
