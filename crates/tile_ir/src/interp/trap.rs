//! Why a run stopped.

use diagnostics::{Kind, Report};

use crate::kernel::Loc;
use crate::types::Elem;

/// A run that could not go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind} (kernel `{kernel}`{}, {loc})", program_suffix(*program))]
pub struct Trap {
    /// The kernel's name.
    pub kernel: String,
    /// Index of the program along x, y, z; `None` before the first program began.
    pub program: Option<[u64; 3]>,
    /// The user's line.
    pub loc: Loc,
    /// The reason.
    #[source]
    pub kind: TrapKind,
}

fn program_suffix(program: Option<[u64; 3]>) -> String {
    program.map_or_else(String::new, |[x, y, z]| format!(", program ({x}, {y}, {z})"))
}

impl From<&Trap> for Report {
    fn from(trap: &Trap) -> Report {
        let kind = match trap.kind {
            TrapKind::Fuel(_) | TrapKind::Elements { .. } => Kind::Limit,
            TrapKind::Invalid(_)
            | TrapKind::ArgumentCount { .. }
            | TrapKind::Argument { .. }
            | TrapKind::DivisionByZero
            | TrapKind::DivisionOverflow
            | TrapKind::Shift { .. }
            | TrapKind::Step(_)
            | TrapKind::TileIndex { .. }
            | TrapKind::OutOfBounds { .. }
            | TrapKind::BrokenPromise { .. }
            | TrapKind::NotOwned { .. }
            | TrapKind::Poison { .. } => Kind::Invalid,
        };
        let report = Report::new(kind, trap.kind.to_string());
        let report = report.note(format!("in kernel `{}`{}", trap.kernel, program_suffix(trap.program)));
        trap.loc.locate(report)
    }
}

/// Why a run could not go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrapKind {
    /// The kernel breaks a rule of the IR.
    #[error("the kernel is not valid: {0}")]
    Invalid(String),
    /// The launch passes another number of arguments than the kernel has parameters.
    #[error("the kernel has {expected} parameters, but {found} arguments are given")]
    ArgumentCount {
        /// Parameters.
        expected: usize,
        /// Arguments.
        found: usize,
    },
    /// An argument does not fit its parameter.
    #[error("argument `{name}` {problem}")]
    Argument {
        /// Parameter.
        name: String,
        /// What does not fit.
        problem: String,
    },
    /// Integer division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The smallest integer divided by -1.
    #[error("division overflows")]
    DivisionOverflow,
    /// A shift by at least the width.
    #[error("shift of {elem} by {amount} bits")]
    Shift {
        /// Type of the shifted number.
        elem: Elem,
        /// Amount, unsigned.
        amount: u64,
    },
    /// A loop step below 1.
    #[error("the loop's step is {0}")]
    Step(i64),
    /// A tile index out of range.
    #[error("index {index} is outside a tile of extent {extent}")]
    TileIndex {
        /// Index, signed.
        index: i64,
        /// Extent.
        extent: u64,
    },
    /// A scalar access or an unmasked gather outside the view.
    #[error("index {index} is outside view `{view}`, whose extent is {extent}")]
    OutOfBounds {
        /// Parameter.
        view: String,
        /// Index or linear offset.
        index: i64,
        /// Extent or number of elements.
        extent: u64,
    },
    /// A transfer that was promised to be inside the view is not.
    #[error(
        "dimension {dim} of view `{view}` is accessed from {start} for {size} elements, but was promised to be \
         inside its {extent}"
    )]
    BrokenPromise {
        /// Parameter.
        view: String,
        /// Dimension of the view.
        dim: usize,
        /// First index.
        start: i64,
        /// Elements.
        size: u64,
        /// Extent.
        extent: u64,
    },
    /// An access to an element of a written view that another program owns.
    #[error("element {index:?} of view `{view}` belongs to another program")]
    NotOwned {
        /// Parameter.
        view: String,
        /// Index in each dimension.
        index: Vec<u64>,
    },
    /// A read of an output element that nobody wrote.
    #[error("element {index:?} of view `{view}` is read before it is written")]
    Poison {
        /// Parameter.
        view: String,
        /// Index in each dimension.
        index: Vec<u64>,
    },
    /// The work limit is used up.
    #[error("the kernel did not end within {0} steps")]
    Fuel(u64),
    /// Too many tile elements at once.
    #[error("tiles hold {needed} elements at once; at most {limit} are allowed")]
    Elements {
        /// Elements needed.
        needed: u64,
        /// Limit.
        limit: u64,
    },
}
