//! Statements.

use tile_ir::{Loc, ReduceOp};

use super::expr::{Expr, Place};
use super::kernel::{Fragment, Shared, Var};

/// What a printer should ask of the compiler for a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unroll {
    /// Nothing.
    No,
    /// This many iterations at once.
    By(u32),
    /// All of them: the bounds are constants, and arrays are indexed by the loop variable.
    Full,
}

/// One statement.
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
    /// Defines a scalar that never changes.
    Let {
        /// The scalar; defined nowhere else.
        var: Var,
        /// Its value.
        value: Expr,
    },
    /// Declares a scalar or array that is assigned later. Visible until the end of the enclosing block.
    Declare {
        /// The variable; declared nowhere else.
        var: Var,
        /// Start value (of every element); `None` leaves it undefined.
        init: Option<Expr>,
    },
    /// Changes a scalar, or one element of an array.
    Assign {
        /// Declared variable.
        var: Var,
        /// Element, for an array.
        index: Option<Expr>,
        /// Value.
        value: Expr,
    },
    /// Writes one element.
    Store {
        /// Where.
        place: Place,
        /// What, in the register type of the memory's element type.
        value: Expr,
    },
    /// Loads `lanes` neighbouring elements at once into `var[index..]`. The address is a multiple of the access's size:
    /// `lanes` times the element size, 16 bytes at most.
    LoadVector {
        /// Array.
        var: Var,
        /// First element written.
        index: Expr,
        /// First element read.
        place: Place,
        /// 2, 4, 8 or 16.
        lanes: u32,
    },
    /// Stores `var[index..]` into `lanes` neighbouring elements at once; alignment as for `LoadVector`.
    StoreVector {
        /// First element written.
        place: Place,
        /// Array.
        var: Var,
        /// First element read.
        index: Expr,
        /// 2, 4, 8 or 16.
        lanes: u32,
    },
    /// Combines a variable over each aligned group of `lanes` threads of a subgroup; all get the result. Float sums are
    /// in butterfly order: all threads of a group get the same bits. Types: F32, I32, I64.
    LaneReduce {
        /// Scalar or array.
        var: Var,
        /// Element, for an array.
        index: Option<Expr>,
        /// How.
        op: ReduceOp,
        /// 2, 4, 8, 16 or 32.
        lanes: u32,
    },
    /// All threads of the group wait for each other; then they see what was written before.
    Barrier {
        /// Orders accesses of global views.
        global: bool,
        /// Orders accesses of shared arrays.
        shared: bool,
    },
    /// All threads of the group wait until the early copy into this array has arrived; then they may read the array.
    AwaitCopy {
        /// The array.
        array: Shared,
    },
    /// The thread waits until the kernels in front of this one have ended; then it sees what those have written.
    /// In a kernel with [`Early`](super::Early), which has one on every way, before every access of a view other than weights.
    AwaitEarlier,
    /// `for (var = lower; var < upper; var += step)`: signed comparison, `step` positive; bounds are evaluated once.
    For {
        /// Loop variable, `I32` or `I64`; declared here.
        var: Var,
        /// First value.
        lower: Expr,
        /// Bound.
        upper: Expr,
        /// Step.
        step: Expr,
        /// Hint.
        unroll: Unroll,
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
    /// An operation of the matrix unit, by a whole subgroup.
    Matrix(MatrixOp),
}

/// Operations of the matrix unit. `at` is the index in the fragment's array: a constant after unrolling.
#[derive(Clone, Debug, PartialEq)]
pub enum MatrixOp {
    /// Declares an array of fragments, undefined.
    Declare {
        /// The array.
        fragment: Fragment,
    },
    /// Sets every element.
    Fill {
        /// Fragment.
        fragment: Fragment,
        /// Index.
        at: Expr,
        /// Value.
        value: f32,
    },
    /// Loads from a memory of the fragment's element type (accumulators: `f32`).
    Load {
        /// Fragment.
        fragment: Fragment,
        /// Index.
        at: Expr,
        /// Element (0, 0) of the matrix; a multiple of 8 elements, and the same for all threads of a subgroup.
        place: Place,
        /// Elements from one row in memory to the next; a multiple of 8.
        stride: u64,
        /// The memory holds the transposed matrix: element (i, j) lies at `j * stride + i`.
        transposed: bool,
    },
    /// `acc += a * b`.
    Multiply {
        /// Accumulator and its index.
        acc: (Fragment, Expr),
        /// Left operand and its index.
        a: (Fragment, Expr),
        /// Right operand and its index.
        b: (Fragment, Expr),
    },
    /// Stores row-major into an `f32` memory.
    Store {
        /// Fragment: an accumulator.
        fragment: Fragment,
        /// Index.
        at: Expr,
        /// Element (0, 0); a multiple of 8 elements, and the same for all threads of a subgroup.
        place: Place,
        /// Elements from one row in memory to the next; a multiple of 8.
        stride: u64,
    },
}
