//! Runs BANG C texts as a Cambricon MLU would by its documents: kernels of type Block on mtp_372 and mtp_592.
//!
//! # The model
//! A task runs alone on a core. Its NRAM and WRAM are the arrays that the text declares; they hold nothing when it starts. A core has
//! four streams that run beside each other: IO copies from and to GDRAM, Move copies between NRAM and WRAM, Compute runs vector functions,
//! Scalar is the text itself. `__memcpy` is waited for, `__memcpy_async` only by the `__sync` functions. Scalar code and Compute wait
//! for each other where both touch NRAM. Tasks of a launch are not ordered at all.
//!
//! # What is checked
//! Before anything runs: words (literals without `f`, reserved names), types with spaces and directions, for both arches;
//! what the language lacks (recursion, function pointers, `double`, variables outside the spaces); the sum of arrays. While it runs:
//! the documented range of every argument, overlap, bounds, and with [`Checks::Memory`] also order, tasks that meet, and values that
//! nobody wrote.
//!
//! # How a text is written
//! It includes `bang.h` or `mlu.h` and holds kernels and their functions; the host's part is not part of it. The compiler of the vendor has no
//! spaces in pointer types. Where a text needs a pointer into NRAM, say to see one array as another type, it writes `NPTR(float)`
//! (`WPTR` for WRAM) and defines that as `float *` under `#ifndef NPTR`; here it is a type with a space.
//!
//! # What is not known
//! The order of additions in sums (here one after another), and results for infinite operands and NaN: on mtp_592 the guide's tables
//! allow largest numbers in place of both, and either truth for comparisons with NaN. Here they are those of f32, so that no text is
//! shown right for such operands.

mod admit;
mod clock;
mod code;
mod compile;
mod defined;
mod engine;
mod error;
mod exec;
mod fault;
mod hazards;
mod hooks;
mod op;
mod program;
mod ranges;
mod spaces;
mod task;
mod tasks;

use std::fmt;

pub use error::Error;
pub use fault::{Fault, FaultKind, Other};
pub use program::{Program, check};

use crate::Arg;
#[cfg(doc)]
use crate::Checks;

/// An architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arch {
    /// MLU370.
    Mtp372,
    /// MLU590.
    Mtp592,
}

impl Arch {
    /// Every arch; a text is right if it is for each.
    pub const ALL: [Arch; 2] = [Arch::Mtp372, Arch::Mtp592];

    /// `__BANG_ARCH__`.
    fn number(self) -> u32 {
        match self {
            Arch::Mtp372 => 372,
            Arch::Mtp592 => 592,
        }
    }

    /// NRAM of a core (source: mlu-ops, the sizes that its build passes).
    fn nram_kib(self) -> u64 {
        match self {
            Arch::Mtp372 => 768,
            Arch::Mtp592 => 512,
        }
    }

    /// WRAM of a core.
    fn wram_kib(self) -> u64 {
        match self {
            Arch::Mtp372 => 1024,
            Arch::Mtp592 => 512,
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mtp_{}", self.number())
    }
}

/// Most bytes of NRAM that one text for both arches may use: the compiler keeps a part for itself, and 128 KiB of the smaller
/// arch's 512 are left to it with a margin.
pub const NRAM_BYTES: u64 = 327_680;

/// Most bytes of WRAM of one text: the smaller arch's.
pub const WRAM_BYTES: u64 = 524_288;

/// When a core runs what it was given, as far as its streams are free to. [`Checks::Barriers`] knows only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// At once.
    Eager,
    /// When something waits for it.
    Late,
    /// Somewhere between, by a seed, which also chooses the order of tasks.
    Random(u64),
}

/// One launch of type Block.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Tasks along x, `taskDim`.
    pub tasks: u32,
    /// Arguments in the order of the parameters.
    pub args: &'a [Arg],
    /// Operating-system threads to use; each runs whole tasks.
    pub workers: usize,
    /// Order of what is not ordered.
    pub schedule: Schedule,
}
