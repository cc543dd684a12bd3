//! Why a kernel is refused, in the user's words.

mod text;

use diagnostics::Report;
use thiserror::Error;
use tile_ir::Loc;

/// How a surviving panic came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PanicKind {
    /// `array[i]` with an index that is not proven small enough.
    Bounds,
    /// A slice range that is not proven inside.
    Slice,
    /// `a / b` or `a % b` with a divisor that may be zero.
    DivisionByZero,
    /// Arithmetic compiled with overflow checks.
    Overflow,
    /// `unwrap` or `expect` of what may be absent.
    Unwrap,
    /// `panic!`, `assert!`, `unreachable!` or a library function that may panic.
    Explicit,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum Problem {
    #[error("the bitcode cannot be read: {0}")]
    Bitcode(String),
    #[error("LLVM refused to optimise the kernels: {0}")]
    Passes(String),
    #[error("the kernel was translated wrongly: {0}")]
    Lifting(String),
    #[error("the crate has no kernel")]
    NoKernels,
    #[error("there is no kernel group `{wanted}`")]
    UnknownGroup { wanted: String, known: Vec<String> },
    #[error("malformed kernel entry `{symbol}`")]
    BadEntry { symbol: String },
    #[error("two kernels are named `{name}`")]
    DuplicateKernel { name: String },
    #[error("`{function}` calls itself")]
    Recursion { function: String },
    #[error("{}", panic_message(*.0))]
    Panic(PanicKind),
    #[error("kernels cannot allocate memory")]
    Allocation,
    #[error("a call through a pointer or trait object survives optimisation")]
    IndirectCall,
    #[error("the body of `{name}` is not visible to the kernel compiler")]
    Extern { name: String },
    #[error("inline assembly cannot be used in a kernel")]
    InlineAsm,
    #[error("atomic operations cannot be used in a kernel")]
    Atomic,
    #[error("`f64` arithmetic cannot be used in a kernel")]
    Double,
    #[error("integers of {bits} bits cannot be used in a kernel")]
    WideInteger { bits: u32 },
    #[error("this value cannot be held in a kernel")]
    ValueType { text: String },
    #[error("an array is indexed by a value known only at run time")]
    RuntimeArray,
    #[error("memory is accessed through a raw pointer")]
    RawPointer,
    #[error("a tile or view is used as an address")]
    HandleEscapes,
    #[error("the operation `{name}` cannot be used in a kernel")]
    Operation { name: String },
    #[error("{what} must be a constant")]
    NotConstant { what: String },
    #[error("{what} is not valid: {value}")]
    BadCode { what: String, value: u64 },
    #[error("this access takes view `{name}` as {used}, but it is declared as {declared}")]
    ViewMismatch { name: String, used: String, declared: String },
    #[error("a view must be a kernel parameter")]
    NotParameter,
    #[error("parameter {number} of the kernel is never declared")]
    UnboundParameter { number: usize },
    #[error("parameter `{name}` is declared twice")]
    BoundTwice { name: String },
    #[error("two parameters are named `{name}`")]
    DuplicateParameter { name: String },
    #[error("parameters must be declared before the kernel branches")]
    LateBind,
    #[error("the kernel writes nothing")]
    NoOutput,
    #[error("the program grid is ambiguous along {axis}")]
    Grid { axis: &'static str, first: (String, u64), second: (String, u64) },
    #[error("the row of view `{name}` is not a scalar parameter of the kernel")]
    RowNotScalar { name: String },
    #[error("view `{name}` is written, but declared read-only")]
    ReadOnly { name: String },
    #[error("this loop never ends")]
    EndlessLoop,
    #[error("a loop is entered in two places")]
    TwoEntryLoop,
    #[error("loops and branches are nested too deeply")]
    Nesting,
    #[error("{what} has an impossible shape")]
    BadShape { what: String, shape: String },
    #[error("tiles of different types meet here: {first} and {second}")]
    TileMix { first: String, second: String },
    #[error("a tile is used before it has a value")]
    UninitialisedTile,
    #[error("`{what}` does not apply to elements of type {elem}")]
    ElemType { what: String, elem: String },
}

fn panic_message(kind: PanicKind) -> &'static str {
    match kind {
        PanicKind::Bounds => "this index may be out of bounds",
        PanicKind::Slice => "this slice range may be out of bounds",
        PanicKind::DivisionByZero => "this may divide by zero",
        PanicKind::Overflow => "this arithmetic is compiled with overflow checks",
        PanicKind::Unwrap => "this value may be absent when it is unwrapped",
        PanicKind::Explicit => "this may panic",
    }
}

/// A problem at a place.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{loc}: {problem}")]
pub(crate) struct Error {
    /// What is wrong.
    pub(crate) problem: Box<Problem>,
    /// The user's line.
    pub(crate) loc: Loc,
    /// The kernel, if the problem belongs to one.
    pub(crate) kernel: Option<String>,
}

impl Error {
    /// A problem of no kernel in particular.
    pub(crate) fn new(problem: Problem, loc: Loc) -> Error {
        Error { problem: Box::new(problem), loc, kernel: None }
    }

    /// Names the kernel, and takes its place where none is known.
    #[must_use]
    pub(crate) fn in_kernel(mut self, kernel: &str, loc: &Loc) -> Error {
        self.kernel = Some(kernel.to_owned());
        if self.loc == Loc::Unknown {
            self.loc = loc.clone();
        }
        self
    }
}

impl From<Error> for Report {
    fn from(error: Error) -> Report {
        let mut report = Report::new(error.problem.kind(), error.problem.to_string()).label(error.problem.label());
        if let Loc::File { file, line, column } = &error.loc {
            report = report.at(&**file, *line, *column);
        }
        for note in error.problem.notes() {
            report = report.note(note);
        }
        if let Some(kernel) = &error.kernel {
            report = report.note(format!("in kernel `{kernel}`"));
        }
        match error.problem.help() {
            Some(help) => report.help(help),
            None => report,
        }
    }
}

/// Result of most functions here.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
