//! Why a kernel is refused, in the user's words.

use diagnostics::{Kind, Report};
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

impl Problem {
    /// Whose fault it is.
    fn kind(&self) -> Kind {
        match self {
            Problem::Passes(_) | Problem::Lifting(_) | Problem::BadCode { .. } | Problem::TileMix { .. } | Problem::UninitialisedTile => {
                Kind::Bug
            }
            Problem::Double
            | Problem::WideInteger { .. }
            | Problem::ValueType { .. }
            | Problem::RuntimeArray
            | Problem::Operation { .. }
            | Problem::TwoEntryLoop
            | Problem::Atomic
            | Problem::InlineAsm
            | Problem::Allocation
            | Problem::IndirectCall
            | Problem::Recursion { .. }
            | Problem::ElemType { .. } => Kind::Unsupported,
            Problem::Bitcode(_)
            | Problem::NoKernels
            | Problem::UnknownGroup { .. }
            | Problem::BadEntry { .. }
            | Problem::DuplicateKernel { .. }
            | Problem::Panic(_)
            | Problem::Extern { .. }
            | Problem::RawPointer
            | Problem::HandleEscapes
            | Problem::NotConstant { .. }
            | Problem::ViewMismatch { .. }
            | Problem::NotParameter
            | Problem::UnboundParameter { .. }
            | Problem::BoundTwice { .. }
            | Problem::DuplicateParameter { .. }
            | Problem::LateBind
            | Problem::NoOutput
            | Problem::Grid { .. }
            | Problem::RowNotScalar { .. }
            | Problem::ReadOnly { .. }
            | Problem::EndlessLoop
            | Problem::BadShape { .. } => Kind::Invalid,
        }
    }

    /// Text under the snippet.
    fn label(&self) -> String {
        match self {
            Problem::Panic(PanicKind::Bounds) => "not proven to be in bounds".into(),
            Problem::Panic(PanicKind::Slice) => "not proven to be inside".into(),
            Problem::Panic(PanicKind::DivisionByZero) => "the divisor is not proven to differ from zero".into(),
            Problem::Panic(PanicKind::Overflow) => "would panic on overflow".into(),
            Problem::Panic(PanicKind::Unwrap) => "not proven to be present".into(),
            Problem::Panic(PanicKind::Explicit) => "not proven to be unreachable".into(),
            Problem::Recursion { .. } => "recursive call".into(),
            Problem::Allocation => "allocates".into(),
            Problem::IndirectCall => "the callee is known only at run time".into(),
            Problem::Extern { .. } => "called here".into(),
            Problem::RuntimeArray => "the element is chosen at run time".into(),
            Problem::NotConstant { .. } => "known only at run time".into(),
            Problem::EndlessLoop => "no way out".into(),
            Problem::Bitcode(_)
            | Problem::Passes(_)
            | Problem::Lifting(_)
            | Problem::NoKernels
            | Problem::UnknownGroup { .. }
            | Problem::BadEntry { .. }
            | Problem::DuplicateKernel { .. }
            | Problem::InlineAsm
            | Problem::Atomic
            | Problem::Double
            | Problem::WideInteger { .. }
            | Problem::ValueType { .. }
            | Problem::RawPointer
            | Problem::HandleEscapes
            | Problem::Operation { .. }
            | Problem::BadCode { .. }
            | Problem::ViewMismatch { .. }
            | Problem::NotParameter
            | Problem::UnboundParameter { .. }
            | Problem::BoundTwice { .. }
            | Problem::DuplicateParameter { .. }
            | Problem::LateBind
            | Problem::NoOutput
            | Problem::Grid { .. }
            | Problem::RowNotScalar { .. }
            | Problem::ReadOnly { .. }
            | Problem::TwoEntryLoop
            | Problem::BadShape { .. }
            | Problem::TileMix { .. }
            | Problem::UninitialisedTile
            | Problem::ElemType { .. } => String::new(),
        }
    }

    /// Facts that explain it.
    fn notes(&self) -> Vec<String> {
        match self {
            Problem::UnknownGroup { known, .. } if !known.is_empty() => {
                vec![format!("the crate has {}", known.iter().map(|g| format!("`{g}`")).collect::<Vec<_>>().join(", "))]
            }
            Problem::Grid { axis, first, second } => vec![
                format!("`{}` asks for {} programs along {axis}", first.0, first.1),
                format!("`{}` asks for {} programs along {axis}", second.0, second.1),
            ],
            Problem::Panic(_) => vec!["a kernel cannot panic: every check must be proven or left out".into()],
            Problem::ValueType { text } => vec![format!("its LLVM type is `{text}`")],
            Problem::BadShape { shape, .. } => vec![format!("the shape is {shape}")],
            _ => Vec::new(),
        }
    }

    /// What to write instead.
    fn help(&self) -> Option<String> {
        let text = match self {
            Problem::Bitcode(_) => "compile the crate again; the file must come from this toolchain's rustc",
            Problem::NoKernels => "mark a function with `#[tile::kernel]`",
            Problem::UnknownGroup { .. } => "pass one of the groups the crate has",
            Problem::DuplicateKernel { .. } => "give the kernels, or their tile sizes, different names",
            Problem::Recursion { .. } => "write a loop; kernels have no call stack",
            Problem::Panic(PanicKind::Bounds) => {
                "use an index that the compiler can see is small enough: a constant, a loop over `0..N`, or `i % N`"
            }
            Problem::Panic(PanicKind::Slice) => "slice with constants, or take a tile of the part you need",
            Problem::Panic(PanicKind::DivisionByZero) => {
                "divide by a constant, by `.max(1)`, or inside `if divisor != 0`"
            }
            Problem::Panic(PanicKind::Overflow) => {
                "compile with the `kernel` profile, or use `wrapping_add` and its like"
            }
            Problem::Panic(PanicKind::Unwrap) => "use `unwrap_or`, or `if let` with a value for the other case",
            Problem::Panic(PanicKind::Explicit) => {
                "remove the panic, or make its condition a constant so that it is decided at compile time"
            }
            Problem::Allocation => "use tiles, or arrays of constant length, instead of `Vec`, `Box` and `String`",
            Problem::IndirectCall => "take closures and helpers as `impl Fn` or generic parameters, not as `dyn` or `fn` pointers",
            Problem::Extern { .. } => {
                "mark the function `#[inline]` if it is of another crate; functions without a Rust body cannot be called"
            }
            Problem::InlineAsm => "write it with tile operations",
            Problem::Atomic => "let each program write its own part, and combine the parts in a second kernel",
            Problem::Double => "use `f32`",
            Problem::WideInteger { .. } => "use `u64` or smaller",
            Problem::ValueType { .. } => "use `f32`, `bool`, integers of at most 64 bits, and tiles",
            Problem::RuntimeArray => {
                "index arrays with constants or in loops of constant length; for a choice at run time use `if` or a tile"
            }
            Problem::RawPointer => "load tiles from a view parameter",
            Problem::HandleEscapes => "keep tiles and views in variables; do not compare, cast or store their handles",
            Problem::Operation { .. } => "compose it from arithmetic, comparisons and tile operations",
            Problem::NotConstant { .. } => "use a `const`, a const generic parameter, or a loop of constant length",
            Problem::ViewMismatch { .. } => "use the view with the shape and element type it was declared with",
            Problem::NotParameter => "pass the view to the kernel as a parameter of its own",
            Problem::UnboundParameter { .. } => "declare it as a view or a scalar with `#[tile::kernel]`",
            Problem::BoundTwice { .. } => "declare every parameter once",
            Problem::DuplicateParameter { .. } => "give the parameters different names",
            Problem::LateBind => "leave the declaration of parameters to `#[tile::kernel]`",
            Problem::NoOutput => "take a partitioned view as a parameter and store the result to it",
            Problem::Grid { .. } => {
                "choose block sizes so that every output is split into the same number of blocks along each dimension"
            }
            Problem::RowNotScalar { .. } => "pass the row number as a `u32` parameter",
            Problem::ReadOnly { .. } => "take the view as a partitioned output",
            Problem::EndlessLoop => "give the loop a condition or a `break`",
            Problem::TwoEntryLoop => "write the loop with `for`, `while` or `loop`",
            Problem::BadShape { .. } => "tiles have at least one element in each dimension and at most 2^24 in all",
            Problem::ElemType { .. } => "cast the tile first",
            Problem::Passes(_)
            | Problem::Lifting(_)
            | Problem::BadEntry { .. }
            | Problem::BadCode { .. }
            | Problem::TileMix { .. }
            | Problem::UninitialisedTile => return None,
        };
        Some(text.into())
    }
}

/// A problem at a place.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{loc}: {problem}")]
pub(crate) struct Error {
    /// What is wrong.
    pub(crate) problem: Problem,
    /// The user's line.
    pub(crate) loc: Loc,
    /// The kernel, if the problem belongs to one.
    pub(crate) kernel: Option<String>,
}

impl Error {
    /// A problem of no kernel in particular.
    pub(crate) fn new(problem: Problem, loc: Loc) -> Error {
        Error { problem, loc, kernel: None }
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
