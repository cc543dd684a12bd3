//! Statements.

use tile_ir::{BinaryOp, Loc, Number, Predicate, ReduceOp, UnaryOp, ViewId};

use super::expr::Expr;
use super::kernel::{Buffer, Var};

/// What runs an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pipe {
    /// Scalar unit: also starts what the others do.
    Scalar,
    /// Vector unit.
    Vector,
    /// Copies from global into local memory.
    In,
    /// Copies from local into global memory.
    Out,
}

impl Pipe {
    /// All four.
    pub const ALL: [Pipe; 4] = [Pipe::Scalar, Pipe::Vector, Pipe::In, Pipe::Out];

    /// 0 to 3.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Name in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Pipe::Scalar => "scalar",
            Pipe::Vector => "vector",
            Pipe::In => "in",
            Pipe::Out => "out",
        }
    }
}

/// Part of a local buffer: `rows` rows of `cols` elements, `pitch` apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Buffer.
    pub buffer: Buffer,
    /// First element, `I64`: a multiple of the target's [`step`](crate::target::Target::step).
    pub offset: Expr,
    /// Rows.
    pub rows: u64,
    /// Elements of a row.
    pub cols: u64,
    /// Elements from a row to the next.
    pub pitch: u64,
}

/// An operand of a vector operation on `rows x cols` elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// As many rows and columns as the result.
    Span(Span),
    /// One row of as many columns, the same for all rows.
    Row(Span),
    /// One row of as many elements as the result has rows: element `r` for all of row `r`. It starts anywhere where local memory is vectors.
    Column(Span),
    /// A number, the same for all elements.
    Scalar(Expr),
}

/// What a vector operation does. `a`, `b`, `c` are its operands; all have the result's element type unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VectorOp {
    /// `a`, of any form.
    Copy,
    /// Of a span, `f32`.
    Unary(UnaryOp),
    /// `a` is a span; `b` any form for `Add`, `Mul`, `MinF`, `MaxF`, `MinS`, `MaxS`; a span, row or column for `Sub`, `DivF`.
    Binary(BinaryOp),
    /// `a * b + c` of spans, rounded once or twice.
    Fma,
    /// `a` is a span, `b` a span or number; the result is a mask.
    Compare(Predicate),
    /// `a` is a mask; `b` where it is true, `c` where not; spans.
    Select,
    /// `a` is a span of another element type. To a narrower float the nearest, ties to even; float to integer toward zero.
    Cast,
    /// The result has one row, with element `r` of row `r` of the span `a`, all of it reduced. `a` is undefined afterwards. Where local
    /// memory is vectors, `b` may be the result's place, of which each element is reduced too; it starts anywhere, and nothing beside
    /// it changes.
    ReduceRows(ReduceOp),
    /// The result has one row, each column of the span `a` reduced. `a` is undefined afterwards.
    ReduceCols(ReduceOp),
    /// One row of `i32` that counts up from the number `a`.
    Iota,
}

/// A copy between a view and a local buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// Local buffer, of the view's element type.
    pub buffer: Buffer,
    /// First element of it: a multiple of the target's step.
    pub offset: Expr,
    /// Elements from a row to the next in the buffer.
    pub pitch: u64,
    /// View.
    pub view: ViewId,
    /// First element of it, row-major.
    pub view_offset: Expr,
    /// Elements from a row to the next in the view.
    pub view_pitch: u64,
    /// Rows, 1 to `max_rows`.
    pub rows: Expr,
    /// Elements of a row, 1 to `max_cols`.
    pub cols: Expr,
    /// Most rows.
    pub max_rows: u64,
    /// Most elements of a row.
    pub max_cols: u64,
    /// What the rest of each row's last block is filled with (copies into local memory only); else it is undefined.
    pub pad: Option<Number>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// The user's line.
    pub loc: Loc,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// Defines a variable.
    Let {
        /// Variable.
        var: Var,
        /// Value.
        value: Expr,
    },
    /// Changes a variable.
    Assign {
        /// Variable, defined before.
        var: Var,
        /// Value.
        value: Expr,
    },
    /// Defines a variable from an element of a local buffer.
    Read {
        /// Variable.
        var: Var,
        /// Buffer; no mask.
        buffer: Buffer,
        /// Element.
        offset: Expr,
    },
    /// Defines a variable from an element of a view that the kernel does not write.
    ReadGlobal {
        /// Variable.
        var: Var,
        /// View.
        view: ViewId,
        /// Element, row-major.
        offset: Expr,
    },
    /// Writes an element of a local buffer.
    Write {
        /// Buffer; no mask.
        buffer: Buffer,
        /// Element.
        offset: Expr,
        /// Value, which the element type holds.
        value: Expr,
    },
    /// From a view into a local buffer.
    CopyIn(Copy),
    /// From a local buffer into a view.
    CopyOut(Copy),
    /// Vector operation.
    Vector {
        /// What.
        op: VectorOp,
        /// Result.
        dst: Span,
        /// Operands.
        args: Vec<Operand>,
    },
    /// `for (var = lower; var < upper; var += step)`: signed comparison, `step` positive; bounds are evaluated once.
    For {
        /// Loop variable, `I64`.
        var: Var,
        /// First value.
        lower: Expr,
        /// Bound.
        upper: Expr,
        /// Step.
        step: Expr,
        /// Body.
        body: Vec<Stmt>,
    },
    /// Runs `before`; ends if `condition` is false; runs `body`; repeats.
    While {
        /// Computes the condition. What it declares is visible in `condition` and `body`.
        before: Vec<Stmt>,
        /// Condition.
        condition: Expr,
        /// Body.
        body: Vec<Stmt>,
    },
    /// Branch.
    If {
        /// Condition.
        condition: Expr,
        /// Where true.
        then: Vec<Stmt>,
        /// Where false; may be empty.
        otherwise: Vec<Stmt>,
    },
    /// Sets a flag when all that was started on `from` is over.
    Signal {
        /// Who sets it.
        from: Pipe,
        /// Who waits for it.
        to: Pipe,
        /// Number of the flag among those of the two pipes.
        event: u32,
    },
    /// What is started on `to` from here on waits for the flag, and clears it.
    Await {
        /// Who sets it.
        from: Pipe,
        /// Who waits for it.
        to: Pipe,
        /// Number of the flag.
        event: u32,
    },
    /// What is started on a pipe from here on waits for what was started on it before.
    Barrier(Pipe),
    /// The core waits until all that was started on a pipe is over.
    Drain(Pipe),
    /// The core waits until all that was started is over.
    Fence,
}

/// Memory that a statement touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Elements of a local buffer, from the first to below the last.
    Local(Buffer, u64, u64),
    /// A view.
    View(ViewId),
}

/// An access of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Where.
    pub place: Place,
    /// Whether it is written.
    pub write: bool,
}
