//! Runs printed kernels on this machine, under the rules of the target's documented execution model.
//!
//! clang compiles the printed text, unchanged, against headers of our own that declare what the target's language has; a
//! runtime runs one fiber per thread of a group and gives barriers and lane operations their real meaning.
//!
//! That is for languages of threads. [`bang`] does the same for one of cores with local memory and explicit copies.

pub mod bang;
mod build;
mod error;
mod fault;
mod library;
mod memory;
mod program;
mod run;

use std::fmt;

pub use error::{Diagnostic, Error};
pub use fault::{Fault, FaultKind};
pub use program::{Program, check};

/// Language of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Metal Shading Language 3.1.
    Msl,
    /// CUDA C++.
    Cuda,
    /// MUSA C++, with the rules of mp_22: 128 threads run in step, exchanges are 32 wide.
    Musa,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::Msl => "msl",
            Language::Cuda => "cuda",
            Language::Musa => "musa",
        })
    }
}

/// How much is checked while kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checks {
    /// Every access: bounds, alignment, uninitialised memory, races. Slow.
    Memory,
    /// Only barriers and lane operations: for whole models.
    Barriers,
}

/// An argument of a launch, in the order of the kernel's parameters.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    /// A buffer for a view.
    Buffer {
        /// Its first byte, aligned to 16.
        address: *mut u8,
        /// Its size.
        bytes: u64,
        /// Whether the kernel may write it.
        writable: bool,
    },
    /// A 32-bit scalar.
    U32(u32),
    /// A 64-bit scalar.
    U64(u64),
    /// An f32 scalar.
    F32(f32),
}

/// One launch.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// Threads of a group.
    pub threads: u32,
    /// Bytes of the array declared `extern __shared__`; 0 where there is none. CUDA and MUSA only.
    pub dynamic_shared: u64,
    /// Arguments.
    pub args: &'a [Arg],
    /// Operating-system threads to use; each runs whole programs.
    pub workers: usize,
    /// Chooses the order in which programs and threads are run.
    pub seed: u64,
}
