//! What went wrong while a kernel ran.

use std::fmt;

use diagnostics::{Kind, Report};

/// Rule of the execution model that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The launch itself: arguments, grid, threads.
    Launch,
    /// Not all threads of a group wait at one barrier.
    DivergentBarrier,
    /// Not all lanes of a subgroup are at one lane operation.
    DivergentLanes,
    /// A lane operation with operands the target does not allow.
    LaneOperands,
    /// A read outside every buffer and array.
    ReadOutOfBounds,
    /// A write outside every buffer and array.
    WriteOutOfBounds,
    /// A write to a buffer that the kernel may only read.
    WriteToConstant,
    /// An access that is not aligned to its size.
    Misaligned,
    /// A read of shared memory that nobody wrote in this program; or of bytes on a core without a value, where it matters.
    Uninitialised,
    /// Two threads of a group touch one byte without a barrier between, and one of them writes.
    Race,
    /// An asynchronous copy, or what tells that it has arrived, used otherwise than the model allows.
    Copy,
    /// Two programs touch one byte, and one of them writes; or two cores write parts of one block.
    ProgramRace,
    /// Two instructions of a core touch one byte, one of them writes, and no flag or barrier is between.
    Hazard,
    /// A flag between pipes: its number, or set and waited for out of turn.
    Flag,
    /// An operand, count or length that an instruction does not have.
    Operand,
    /// A result that lies partly over an operand.
    Overlap,
    /// A call that is not allowed where it stands, or is missing.
    Call,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Launch => "launch refused",
            FaultKind::DivergentBarrier => "divergent barrier",
            FaultKind::DivergentLanes => "divergent lane operation",
            FaultKind::LaneOperands => "operands of a lane operation",
            FaultKind::ReadOutOfBounds => "read out of bounds",
            FaultKind::WriteOutOfBounds => "write out of bounds",
            FaultKind::WriteToConstant => "write to a read-only buffer",
            FaultKind::Misaligned => "misaligned access",
            FaultKind::Uninitialised => "read of memory before any write",
            FaultKind::Race => "race between threads",
            FaultKind::Copy => "asynchronous copy",
            FaultKind::ProgramRace => "race between programs",
            FaultKind::Hazard => "instructions out of order",
            FaultKind::Flag => "flag between pipes",
            FaultKind::Operand => "limit of an instruction",
            FaultKind::Overlap => "overlapping operands",
            FaultKind::Call => "call out of place",
        })
    }
}

/// A rule of the execution model was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub kind: FaultKind,
    /// Line of the emitted text, from 1.
    pub line: Option<u32>,
    /// Program.
    pub program: [u64; 3],
    /// Thread of its group.
    pub thread: u32,
    /// What happened.
    pub message: String,
}

impl Fault {
    pub(crate) fn launch(message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Launch, line: None, program: [0; 3], thread: 0, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        match self.kind {
            FaultKind::Launch => Ok(()),
            FaultKind::DivergentBarrier
            | FaultKind::DivergentLanes
            | FaultKind::LaneOperands
            | FaultKind::ReadOutOfBounds
            | FaultKind::WriteOutOfBounds
            | FaultKind::WriteToConstant
            | FaultKind::Misaligned
            | FaultKind::Uninitialised
            | FaultKind::Race
            | FaultKind::Copy
            | FaultKind::ProgramRace
            | FaultKind::Hazard
            | FaultKind::Flag
            | FaultKind::Operand
            | FaultKind::Overlap
            | FaultKind::Call => {
                let [x, y, z] = self.program;
                write!(f, " (program {x}, {y}, {z}; thread {}", self.thread)?;
                if let Some(line) = self.line {
                    write!(f, "; line {line} of the text")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl std::error::Error for Fault {}

impl From<&Fault> for Report {
    /// A [`Kind::Bug`]: printed kernels keep these rules, whatever the user wrote.
    fn from(fault: &Fault) -> Report {
        Report::new(Kind::Bug, fault.to_string())
    }
}
