//! The interpreter of core programs: the meaning of [`crate::ir`].
//!
//! Cores run one after the other; no two touch one element. On a core, scalar code runs in order and puts what it starts into the
//! queues of the pipes. **When** a queue's operations run is the schedule's choice ([`Schedule`]), within what flags and barriers
//! say; operations between two barriers run in any order. A program whose synchronisation is missing computes something else
//! under some schedule, or traps.
//!
//! - **Undefined elements.** Local memory is undefined at the start, and so is what an operation may write beside its result: the rest
//!   of a row's last block. What is computed from an undefined element is undefined; scalar code that reads one traps, as
//!   does a copy of one into a view.
//! - **Bounds.** Every element that is touched must be inside its buffer or view.
//! - **Flags.** Setting a set flag traps, as does a flag that is still set at the end, and waiting for one that nobody will set.

pub(crate) mod arith;
pub(crate) mod local;
mod machine;
mod queue;
mod schedule;
mod trap;
mod vector;

pub use machine::run;
pub use trap::{Trap, TrapKind};

/// An argument of a launch. Bytes are row-major, little-endian.
#[derive(Debug)]
pub enum Arg<'a> {
    /// Buffer of a read or weights view.
    In(&'a [u8]),
    /// Buffer of a written view, undefined at the start.
    Out(&'a mut [u8]),
    /// Buffer of a written view whose contents count.
    InOut(&'a mut [u8]),
    /// Number of an `f32` parameter.
    F32(f32),
    /// Number of an `i32` parameter.
    I32(i32),
    /// Number of an `i64` parameter.
    I64(i64),
}

/// When the pipes run what was started on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At once.
    Eager,
    /// When somebody waits for it, and then what was started last first.
    Late,
    /// At any time, in any order, by this seed.
    Random(u64),
}

/// How a launch is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Schedule.
    pub schedule: Schedule,
    /// Most statements.
    pub fuel: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { schedule: Schedule::Eager, fuel: 1 << 32 }
    }
}

/// What a launch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By parameter: bytes that copies read from it.
    pub bytes_in: Vec<u64>,
    /// By parameter: bytes that copies wrote into it.
    pub bytes_out: Vec<u64>,
    /// Copies.
    pub copies: u64,
    /// Vector operations.
    pub vectors: u64,
    /// Elements that scalar code read or wrote.
    pub scalars: u64,
    /// Flags and barriers.
    pub syncs: u64,
}
