//! What stops a launch.

use thiserror::Error;
use tile_ir::Loc;

/// Why a launch was stopped, and where.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("kernel `{kernel}`, core {core}, at {loc}: {kind}")]
pub struct Trap {
    /// Kernel.
    pub kernel: String,
    /// Core.
    pub core: u64,
    /// The user's line.
    pub loc: Loc,
    /// What.
    pub kind: TrapKind,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrapKind {
    /// The arguments do not fit the parameters.
    #[error("argument {0} does not fit its parameter")]
    Argument(usize),
    /// An element outside a buffer.
    #[error("element {index} of local buffer `{buffer}`, which has {elements}")]
    Local {
        /// Buffer.
        buffer: String,
        /// Element.
        index: i64,
        /// Elements it has.
        elements: u64,
    },
    /// An element outside a view.
    #[error("element {index} of view `{view}`, which has {elements}")]
    View {
        /// View.
        view: String,
        /// Element.
        index: i64,
        /// Elements it has.
        elements: u64,
    },
    /// An undefined element was needed.
    #[error("an undefined element is {0}")]
    Undefined(&'static str),
    /// A variable without a value.
    #[error("a variable is read before it has a value")]
    Variable,
    /// Integer arithmetic without a result.
    #[error("integer operation without a result")]
    Arithmetic,
    /// An extent of a copy is not what it may be.
    #[error("a copy of {rows} rows of {cols} elements, declared for {max_rows} of {max_cols}")]
    Extent {
        /// Rows.
        rows: i64,
        /// Columns.
        cols: i64,
        /// Most rows.
        max_rows: u64,
        /// Most columns.
        max_cols: u64,
    },
    /// A flag was set twice.
    #[error("a flag is set that is already set")]
    SetTwice,
    /// Flags are left set at the end.
    #[error("a flag is still set at the end")]
    LeftSet,
    /// Nobody will set the flag that is waited for.
    #[error("waits for a flag that nobody sets")]
    Deadlock,
    /// An operation that the target does not have.
    #[error("this target has no such synchronisation")]
    Foreign,
    /// A step that is not positive.
    #[error("a loop's step is not positive")]
    Step,
    /// Operands do not have the types or sizes of the operation.
    #[error("operands do not fit the operation")]
    Type,
    /// Too many statements.
    #[error("more than {0} statements")]
    Fuel(u64),
}
