//! Runs printed kernels on this machine, under the rules of the target's documented execution model.
//!
//! clang compiles the printed text, unchanged, against headers of our own that declare what the target's language has; a
//! runtime runs one fiber per thread of a group and gives barriers and lane operations their real meaning. Texts for cores with pipes
//! run on a model of one core, which carries out what they hand to each pipe when flags and barriers allow it; [`bang`] does so
//! for cores whose copies are waited for. [`gaudi`] reads and runs its texts itself, without a compiler, [`nki`] runs texts that are
//! Python, and [`aie`] designs of several cores, a Python text and a C++ text each.

pub mod aie;
mod ascend;
pub mod bang;
mod build;
mod error;
mod fault;
pub mod gaudi;
mod library;
mod memory;
pub mod nki;
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
    /// AscendC C++ for one vector core of the Ascend 910B; programs are cores.
    AscendC,
    /// C++ of the PTO tile library, for the same core.
    Pto,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::Msl => "msl",
            Language::Cuda => "cuda",
            Language::Musa => "musa",
            Language::AscendC => "ascendc",
            Language::Pto => "pto",
        })
    }
}

/// How much is checked while kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checks {
    /// Every access: bounds, alignment, uninitialised memory, races. Slow.
    Memory,
    /// Only barriers and lane operations, or flags and limits of operands: for whole models.
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
    /// Programs along x, y, z. AscendC and PTO have one axis, of cores.
    pub grid: [u64; 3],
    /// Threads of a group; 1 where a program is a core.
    pub threads: u32,
    /// Bytes of the array declared `extern __shared__`; 0 where there is none. CUDA and MUSA only.
    pub dynamic_shared: u64,
    /// Arguments.
    pub args: &'a [Arg],
    /// Operating-system threads to use; each runs whole programs.
    pub workers: usize,
    /// Chooses the order in which programs and threads are run. On cores 0 carries instructions out at once, 1 as late as flags and
    /// barriers allow, others at random times.
    pub seed: u64,
}
