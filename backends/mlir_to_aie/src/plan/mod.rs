//! A core program cut at its copies: functions for the core, the body of the worker that calls them, and what the sequence moves.
//!
//! Body and sequence are the same loops and branches around the same transfers, so that what one takes the other one brings. The body gets
//! its numbers of turns from the functions, the sequence computes them itself, both from the same expressions.

mod build;
mod control;
mod copies;
mod exprs;
mod finish;
mod flows;
mod known;
mod needed;
mod scalars;
mod tidy;
mod transfer;

use std::collections::BTreeSet;

use lower_dma::Error;
use lower_dma::ir::{Buffer, CoreKernel, Expr, Stmt, StmtKind, Var};
use tile_ir::{Loc, Number, ViewId};

pub(crate) use flows::{Flow, Flows};
pub(crate) use transfer::{Count, Transfer};

/// A kernel, cut.
pub(crate) struct Plan {
    /// The core program, with variables for the conditions of branches that only the core knows.
    pub(crate) kernel: CoreKernel,
    /// Functions, in the order in which they are called first.
    pub(crate) functions: Vec<Function>,
    /// What a worker does.
    pub(crate) body: Vec<Work>,
    /// What the sequence does for a worker.
    pub(crate) moves: Vec<Move>,
    /// Transfers, by number.
    pub(crate) transfers: Vec<Transfer>,
    /// The FIFOs.
    pub(crate) flows: Flows,
    /// Numbers of turns that functions compute.
    pub(crate) turns: usize,
    /// Elements of views that the host reads, in order.
    pub(crate) reads: Vec<HostRead>,
    /// Variables that outlive a function.
    pub(crate) kept: BTreeSet<Var>,
    /// Most rows whose first and last words are kept while a copy is put together.
    pub(crate) edge_rows: u64,
}

/// An element that the host reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HostRead {
    /// View.
    pub(crate) view: ViewId,
    /// Element, row-major.
    pub(crate) element: u64,
}

/// A function of the core.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Wanted name.
    pub(crate) name: String,
    /// What it does.
    pub(crate) items: Vec<Item>,
}

/// A part of a function.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// Statements without copies.
    Stmts(Vec<Stmt>),
    /// Computes a number of turns.
    Turns(usize, Amount),
    /// Sets a variable: before a loop whose turns are calls of functions, and between its turns.
    Set(Var, Expr, Loc),
    /// The first of these: `var` starts at a bound of a loop.
    Bounds(Var, Box<[Expr; 3]>),
    /// Reads or writes an object of a transfer.
    Object(usize, Box<Local>),
}

/// A number of turns.
#[derive(Clone, Debug)]
pub(crate) enum Amount {
    /// Those of a counted loop: lower and upper bound, step.
    Trips(Box<[Expr; 3]>),
    /// One if this is so.
    If(Expr),
    /// One if this is not so.
    Unless(Expr),
    /// Objects of a transfer.
    Objects(usize),
}

/// What a core does with the objects of a transfer.
#[derive(Clone, Debug)]
pub(crate) enum Local {
    /// Elements go into rows of a buffer.
    Take {
        /// Buffer.
        buffer: Buffer,
        /// First element of it.
        offset: Expr,
        /// Elements from a row to the next.
        pitch: u64,
        /// What the rest of each row's last vector is filled with.
        pad: Option<Number>,
    },
    /// The first and last word of each row are kept.
    Edges,
    /// Elements come out of rows of a buffer.
    Give {
        /// Buffer.
        buffer: Buffer,
        /// First element of it.
        offset: Expr,
        /// Elements from a row to the next.
        pitch: u64,
        /// Around them stand the words that were kept.
        edges: bool,
    },
    /// The one element becomes a variable.
    Fetch(Var),
    /// An element of the view, all of which passes by, becomes a variable.
    Pick {
        /// Variable.
        var: Var,
        /// Which element.
        element: Expr,
        /// Only where this is true.
        active: Option<Var>,
    },
}

/// A step of a worker's body.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Calls a function.
    Call(usize),
    /// Calls a function for each object of a transfer; the numbers are the function's, the transfer's, and that of the turns if
    /// these are not a constant.
    Objects(usize, usize, usize),
    /// A loop.
    Repeat(Turns, Vec<Work>),
}

/// How often a body's loop turns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turns {
    /// Known.
    Fixed(u64),
    /// As a function computed.
    Computed(usize),
}

/// A step of the sequence.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// A variable that something moved depends on.
    Set(Var, Expr),
    /// The same, of an element that the host reads.
    Read(Var, HostRead),
    /// A loop.
    For(Var, Box<[Expr; 3]>, Vec<Move>),
    /// A branch.
    If(Expr, Vec<Move>, Vec<Move>),
    /// All that was started for this worker must be over.
    Wait,
    /// Into a FIFO.
    Fill(usize),
    /// Out of one.
    Drain(usize),
}

/// Cuts a kernel.
pub(crate) fn plan(kernel: &CoreKernel) -> Result<Plan, Error> {
    build::build(kernel)
}

/// Whether a statement moves something between a view and a core, itself or inside.
pub(crate) fn moves(stmt: &Stmt) -> bool {
    let mut found = false;
    stmt.for_each(&mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::CopyIn(_) | StmtKind::CopyOut(_) | StmtKind::ReadGlobal { .. });
    });
    found
}
