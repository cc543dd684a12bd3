//! What went wrong while a kernel ran.

use std::fmt;

use diagnostics::{Kind, Report};

/// Rule of the execution model that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The launch itself: arguments, outputs.
    Launch,
    /// The compiler does not take this: a value of the run where one of the compiler is needed, a wrong argument.
    Language,
    /// This model does not have it.
    Unsupported,
    /// An operand or argument is outside its documented range.
    Limit,
    /// Sizes of operands do not go together.
    Shape,
    /// Dtypes of operands are not allowed.
    Dtype,
    /// An operand is in a memory that the engine does not reach or the instruction does not take.
    Space,
    /// Live tiles exceed SBUF or PSUM.
    Capacity,
    /// An access outside a tensor.
    OutOfBounds,
    /// A write to an argument that the kernel may only read.
    WriteToConstant,
    /// A read of elements that nobody wrote, or an output that is not written whole.
    Uninitialised,
    /// A destination shares elements with a source, or with itself.
    Overlap,
    /// A result depends on an order that the documents do not give.
    Order,
}

impl FaultKind {
    /// Kinds and their names in the Python part.
    const NAMES: [(&'static str, FaultKind); 13] = [
        ("launch", FaultKind::Launch),
        ("language", FaultKind::Language),
        ("unsupported", FaultKind::Unsupported),
        ("limit", FaultKind::Limit),
        ("shape", FaultKind::Shape),
        ("dtype", FaultKind::Dtype),
        ("space", FaultKind::Space),
        ("capacity", FaultKind::Capacity),
        ("bounds", FaultKind::OutOfBounds),
        ("constant", FaultKind::WriteToConstant),
        ("uninitialised", FaultKind::Uninitialised),
        ("overlap", FaultKind::Overlap),
        ("order", FaultKind::Order),
    ];

    pub(super) fn named(name: &str) -> Option<FaultKind> {
        FaultKind::NAMES.iter().find(|(other, _)| *other == name).map(|(_, kind)| *kind)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Launch => "launch refused",
            FaultKind::Language => "not in the language",
            FaultKind::Unsupported => "not modelled",
            FaultKind::Limit => "operand outside its range",
            FaultKind::Shape => "sizes that do not match",
            FaultKind::Dtype => "wrong dtype",
            FaultKind::Space => "wrong memory",
            FaultKind::Capacity => "memory exceeded",
            FaultKind::OutOfBounds => "access out of bounds",
            FaultKind::WriteToConstant => "write to a read-only argument",
            FaultKind::Uninitialised => "use of memory that nobody wrote",
            FaultKind::Overlap => "overlap of destination and source",
            FaultKind::Order => "order that is not documented",
        })
    }
}

/// A rule of the execution model was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub kind: FaultKind,
    /// Line of the text, from 1.
    pub line: Option<u32>,
    /// What happened.
    pub message: String,
    /// Where the rule is documented; empty for launches.
    pub rule: String,
}

impl Fault {
    pub(super) fn launch(message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Launch, line: None, message: message.into(), rule: String::new() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        match self.line {
            Some(line) => write!(f, " (line {line} of the text; {})", self.rule),
            None => Ok(()),
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
