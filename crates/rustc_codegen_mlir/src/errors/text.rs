//! What is said about a problem besides its message.

use diagnostics::Kind;

use super::{PanicKind, Problem};

impl Problem {
    /// Whose fault it is.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Problem::Passes(_)
            | Problem::Lifting(_)
            | Problem::BadCode { .. }
            | Problem::TileMix { .. }
            | Problem::UninitialisedTile => Kind::Bug,
            Problem::Nesting => Kind::Limit,
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
    pub(super) fn label(&self) -> String {
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
            | Problem::Nesting
            | Problem::BadShape { .. }
            | Problem::TileMix { .. }
            | Problem::UninitialisedTile
            | Problem::ElemType { .. } => String::new(),
        }
    }

    /// Facts that explain it.
    pub(super) fn notes(&self) -> Vec<String> {
        match self {
            Problem::UnknownGroup { known, .. } if !known.is_empty() => {
                vec![format!("the crate has {}", known.iter().map(|g| format!("`{g}`")).collect::<Vec<_>>().join(", "))]
            }
            Problem::Grid { axis, first, second } => vec![
                format!("`{}` asks for {} programs along {axis}", first.0, first.1),
                format!("`{}` asks for {} programs along {axis}", second.0, second.1),
            ],
            Problem::Panic(_) => {
                vec!["a kernel cannot panic: every check must be proven or left out".into()]
            }
            Problem::ValueType { text } => vec![format!("its LLVM type is `{text}`")],
            Problem::BadShape { shape, .. } => vec![format!("the shape is {shape}")],
            _ => Vec::new(),
        }
    }

    /// What to write instead.
    pub(super) fn help(&self) -> Option<String> {
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
            Problem::IndirectCall => {
                "take closures and helpers as `impl Fn` or generic parameters, not as `dyn` or `fn` pointers"
            }
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
            Problem::Nesting => "write fewer loops, branches and `match` arms inside each other (at most 64)",
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
