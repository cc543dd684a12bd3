//! Runs NKI texts as a NeuronCore-v3 (Trainium2) would by its documents: kernels of the top-level package `nki`, one core.
//!
//! # The model
//! The text is executed by Python against a strict stand-in of `nki.language` and `nki.isa` on NumPy. Tensors are flat memory with a shadow
//! of what was written; views are patterns of steps. Engines cast to f32, compute, and cast once to what they write; products are sums of f32.
//! Program order is the meaning of a text. New memory holds NaN, or 4 as integers.
//!
//! # What is checked
//! Before anything runs: what of Python the compiler takes, names of the packages, keywords of instructions. While it runs: memories
//! that an engine reaches (neither GpSimd nor DMA reach PSUM, products go from SBUF to PSUM), partitions and the first one of an
//! operand, shapes, dtypes, banks of PSUM, patterns, bounds of slices, patterns and run-time addresses, ranges of functions, values
//! that nobody wrote, destinations that meet their sources, products added to what no product wrote, reads and writes in HBM after
//! writes at run-time addresses (what order they have is not documented), outputs that are not written whole or not in shared HBM.
//! Where documents disagree or say nothing, the narrower reading is taken.
//!
//! # Room in the memories
//! A tile takes room as long as Python holds it: to the end of its function, or until its name is given to another, which is made
//! first. The compiler may need less. Each tile in PSUM takes whole banks, each row in SBUF whole words of 4 bytes.
//!
//! # Whole models
//! Launches may leave all that out and only compute ([`Program::compile_with`]); tensors in [`Shared`] memory are not sent to the process.
//!
//! # What is not there
//! Grids, `program_id` and collectives; `while`, `break`, classes, comprehensions, `nl.no_reorder`, `dynamic_range`; fp8,
//! tf32, bool; `vector_offset`, run-time offsets of tiles on the chip, `oob_mode.skip`; `dma_transpose`, `dma_compute`, gathers on the
//! chip, scans, statistics, random numbers; tiling, transpose and fast modes of products, `accumulate=None`; `register_store`;
//! `nl.power` with a column; the `nl` wrappers of instructions. Each is an error that says so. That a kernel reads elements and a
//! later copy to a run-time address writes them is not looked at.
//!
//! # What is not known
//! What functions of the Scalar Engine are off by (here they are rounded from f64), the order of additions, and whether the compiler needs too
//! long for a text of many instructions.

mod error;
mod fault;
mod operand;
mod process;
mod program;
mod python;
mod shared;

pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use operand::{Dtype, Operand};
pub use program::{Program, check};
pub use shared::Shared;

/// Bytes of SBUF per partition that live tiles may take: what the vendor's own kernels use, rounded down (source: nki-library,
/// core/mlp/mlp_cte/mlp_cte_constants.py).
pub const SBUF_BYTES: u64 = 207 * 1024;

/// Banks of PSUM per partition, each of 2 KiB (source: aws-neuron-sdk, nki/guides/architecture/trainium2_arch.rst).
pub const PSUM_BANKS: u64 = 8;

/// Partitions of SBUF and PSUM (source: as for [`PSUM_BANKS`]).
pub const PARTITIONS: u64 = 128;

/// One launch.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Arguments in the order of the parameters.
    pub args: &'a [Operand<'a>],
    /// Where the tensors that the kernel returns are put, in order. One may be the memory of a writable argument.
    pub outputs: &'a [Operand<'a>],
}
