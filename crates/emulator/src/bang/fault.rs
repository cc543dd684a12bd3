//! What went wrong while a kernel ran.

use std::fmt;

use diagnostics::{Kind, Report};

/// Rule of the execution model that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The launch itself: tasks, arguments.
    Launch,
    /// An argument of a function is outside its documented range.
    Limit,
    /// A destination shares memory with a source where that is not allowed.
    Overlap,
    /// A read outside every buffer and array.
    ReadOutOfBounds,
    /// A write outside every buffer and array.
    WriteOutOfBounds,
    /// A write to a buffer that the kernel may only read.
    WriteToConstant,
    /// A pointer into another space than the function or direction takes, or scalar code in WRAM.
    Space,
    /// A scalar access that is not aligned to its size.
    Misaligned,
    /// A value that nobody wrote reaches GDRAM or scalar code.
    Uninitialised,
    /// Two streams of a core touch one byte without synchronisation between, and one of them writes.
    Hazard,
    /// Two tasks touch one byte, and one of them writes.
    TaskRace,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Launch => "launch refused",
            FaultKind::Limit => "argument outside its range",
            FaultKind::Overlap => "overlap of destination and source",
            FaultKind::ReadOutOfBounds => "read out of bounds",
            FaultKind::WriteOutOfBounds => "write out of bounds",
            FaultKind::WriteToConstant => "write to a read-only buffer",
            FaultKind::Space => "wrong space",
            FaultKind::Misaligned => "misaligned access",
            FaultKind::Uninitialised => "use of memory that nobody wrote",
            FaultKind::Hazard => "hazard between streams",
            FaultKind::TaskRace => "race between tasks",
        })
    }
}

/// The access that a fault's one conflicts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Task that made it.
    pub task: u32,
    /// Line of the text, from 1.
    pub line: Option<u32>,
    /// Such as `which IO writes`.
    pub what: String,
}

/// A rule of the execution model was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub kind: FaultKind,
    /// Line of the text, from 1.
    pub line: Option<u32>,
    /// Task.
    pub task: u32,
    /// What happened.
    pub message: String,
    /// The documented rule; empty for launches.
    pub rule: &'static str,
    /// The other access of a hazard or race.
    pub other: Option<Other>,
}

impl Fault {
    pub(super) fn launch(message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Launch, line: None, task: 0, message: message.into(), rule: "", other: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        if let Some(other) = &self.other {
            write!(f, ", {}", other.what)?;
            if other.task != self.task {
                write!(f, " in task {}", other.task)?;
            }
            if let Some(line) = other.line {
                write!(f, " at line {line}")?;
            }
        }
        if self.kind == FaultKind::Launch {
            return Ok(());
        }
        write!(f, " (task {}", self.task)?;
        if let Some(line) = self.line {
            write!(f, "; line {line} of the text")?;
        }
        write!(f, "; {})", self.rule)
    }
}

impl std::error::Error for Fault {}

impl From<&Fault> for Report {
    /// A [`Kind::Bug`]: printed kernels keep these rules, whatever the user wrote.
    fn from(fault: &Fault) -> Report {
        Report::new(Kind::Bug, fault.to_string())
    }
}
