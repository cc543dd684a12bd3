//! What is wrong with a design, or went wrong while it ran.

use std::fmt;

use diagnostics::{Kind, Report};

/// Rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The arguments of a run.
    Launch,
    /// Names, calls and orders that IRON does not have, or an exception of the design.
    Design,
    /// Types of the design, of the C++ text and of a call differ.
    Type,
    /// A size, stride, offset, depth or count is outside its documented range.
    Limit,
    /// A tile has fewer DMA channels.
    Channels,
    /// A tile has less data memory.
    Memory,
    /// A core function reads outside its objects.
    ReadOutOfBounds,
    /// A core function writes outside its objects.
    WriteOutOfBounds,
    /// A transfer reaches outside a host buffer.
    HostOutOfBounds,
    /// A drain to a host buffer that may only be read.
    WriteToConstant,
    /// An access of a core function is not aligned.
    Misaligned,
    /// A byte that nobody wrote is read by a core or reaches the host.
    Uninitialised,
    /// A core function gets an object after its release.
    Released,
    /// Acquires and releases, or objects made and taken, do not balance.
    Unbalanced,
    /// Every thread waits, or a body never does.
    Deadlock,
    /// A transfer touches host elements that a drain may still write.
    Race,
    /// Nothing waits for a drain.
    Unwaited,
    /// A run took longer than it may.
    Timeout,
    /// A core function ended the interpreter.
    Crash,
}

impl FaultKind {
    /// The kind that the Python side calls so.
    pub(super) fn named(name: &str) -> Option<FaultKind> {
        Some(match name {
            "launch" => FaultKind::Launch,
            "design" => FaultKind::Design,
            "type" => FaultKind::Type,
            "limit" => FaultKind::Limit,
            "channels" => FaultKind::Channels,
            "memory" => FaultKind::Memory,
            "read bounds" => FaultKind::ReadOutOfBounds,
            "write bounds" => FaultKind::WriteOutOfBounds,
            "host bounds" => FaultKind::HostOutOfBounds,
            "constant" => FaultKind::WriteToConstant,
            "alignment" => FaultKind::Misaligned,
            "uninitialised" => FaultKind::Uninitialised,
            "lifetime" => FaultKind::Released,
            "balance" => FaultKind::Unbalanced,
            "deadlock" => FaultKind::Deadlock,
            "race" => FaultKind::Race,
            "unwaited" => FaultKind::Unwaited,
            _ => return None,
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Launch => "launch refused",
            FaultKind::Design => "not a design",
            FaultKind::Type => "types that differ",
            FaultKind::Limit => "value outside its range",
            FaultKind::Channels => "too few DMA channels",
            FaultKind::Memory => "too little data memory",
            FaultKind::ReadOutOfBounds => "read out of bounds",
            FaultKind::WriteOutOfBounds => "write out of bounds",
            FaultKind::HostOutOfBounds => "transfer out of bounds",
            FaultKind::WriteToConstant => "write to a read-only buffer",
            FaultKind::Misaligned => "misaligned access",
            FaultKind::Uninitialised => "use of memory that nobody wrote",
            FaultKind::Released => "use after release",
            FaultKind::Unbalanced => "acquires and releases do not balance",
            FaultKind::Deadlock => "deadlock",
            FaultKind::Race => "race between transfers",
            FaultKind::Unwaited => "transfer that nothing waits for",
            FaultKind::Timeout => "no end",
            FaultKind::Crash => "crash",
        })
    }
}

/// One of the two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// `design.py`.
    Design,
    /// `kernels.cc`.
    Kernels,
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            File::Design => "design.py",
            File::Kernels => "kernels.cc",
        })
    }
}

/// A rule was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub kind: FaultKind,
    /// Text and line, from 1.
    pub place: Option<(File, u32)>,
    /// What happened.
    pub message: String,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, place: None, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        match self.place {
            Some((file, line)) => write!(f, " ({file}, line {line})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

impl From<&Fault> for Report {
    /// A [`Kind::Bug`]: printed designs keep these rules, whatever the user wrote.
    fn from(fault: &Fault) -> Report {
        Report::new(Kind::Bug, fault.to_string())
    }
}
