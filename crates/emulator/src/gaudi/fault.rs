//! What went wrong while a kernel ran.

use std::fmt;

use diagnostics::{Kind, Report};

/// Rule of the execution model that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The launch itself: tensors, scalars, index space.
    Launch,
    /// An argument of a function is outside its range.
    Limit,
    /// An access that neither padding nor dropping covers: a negative coordinate, an address or an array's index outside.
    OutOfBounds,
    /// A write to a tensor that the kernel may only read.
    WriteToConstant,
    /// A function for another element type than the tensor has.
    Element,
    /// A variable or local array that nobody wrote.
    Uninitialised,
    /// A read of an element that the same core wrote before: it may see the old value.
    Coherence,
    /// An element that the access pattern of the host's part does not give to the member.
    Access,
    /// Two members touch one element, and one of them writes.
    MemberRace,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Launch => "launch refused",
            FaultKind::Limit => "argument outside its range",
            FaultKind::OutOfBounds => "access out of bounds",
            FaultKind::WriteToConstant => "write to a read-only tensor",
            FaultKind::Element => "wrong element type",
            FaultKind::Uninitialised => "use of a value that nobody wrote",
            FaultKind::Coherence => "read behind a write",
            FaultKind::Access => "access outside its pattern",
            FaultKind::MemberRace => "race between members",
        })
    }
}

/// A rule of the execution model was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub kind: FaultKind,
    /// Line of the text, from 1; 0 for launches.
    pub line: u32,
    /// First member of the part of the index space that ran.
    pub member: [u32; 5],
    /// What happened.
    pub message: String,
    /// The documented rule; empty for launches.
    pub rule: &'static str,
}

impl Fault {
    pub(super) fn launch(message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Launch, line: 0, member: [0; 5], message: message.into(), rule: "" }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        if self.kind == FaultKind::Launch {
            return Ok(());
        }
        write!(f, " (member {:?}; line {} of the text; {})", self.member, self.line, self.rule)
    }
}

impl std::error::Error for Fault {}

impl From<&Fault> for Report {
    /// A [`Kind::Bug`]: printed kernels keep these rules, whatever the user wrote.
    fn from(fault: &Fault) -> Report {
        Report::new(Kind::Bug, fault.to_string())
    }
}
