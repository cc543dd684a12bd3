//! The cut.

use std::collections::{BTreeMap, BTreeSet};

use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Expr, Stmt, StmtKind, Var};
use tile_ir::{Elem, Loc, ViewId};

use super::known::Known;
use super::needed::needed;
use super::transfer::Transfer;
use super::{Function, HostRead, Item, Move, Plan, Work, moves};

/// Cuts a kernel.
pub(super) fn build(kernel: &CoreKernel) -> Result<Plan> {
    let mut kernel = kernel.clone();
    unordered(&mut kernel.body);
    let kernel = &kernel;
    let known = Known::new(kernel);
    let needed = needed(kernel, &known);
    let mut build = Build {
        kernel: kernel.clone(),
        known,
        needed,
        multiples: BTreeMap::new(),
        functions: Vec::new(),
        open: Vec::new(),
        transfers: Vec::new(),
        turns: 0,
        reads: BTreeSet::new(),
        drained: BTreeMap::new(),
        loops: Vec::new(),
        follows: BTreeMap::new(),
        edge_rows: 0,
    };
    let mut out = Sides::default();
    let stmts = build.kernel.body.clone();
    build.block(&stmts, None, &mut out)?;
    build.close(&mut out.work);
    build.finish(out.work, out.moves)
}

/// Leaves out what orders pipes: FIFOs order everything.
fn unordered(block: &mut Vec<Stmt>) {
    block.retain(|stmt| {
        !matches!(
            stmt.kind,
            StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence
        )
    });
    block.iter_mut().flat_map(Stmt::blocks_mut).for_each(unordered);
}

pub(super) struct Build {
    pub(super) kernel: CoreKernel,
    pub(super) known: Known,
    pub(super) needed: BTreeSet<Var>,
    /// What variables are multiples of.
    pub(super) multiples: BTreeMap<Var, u64>,
    pub(super) functions: Vec<Function>,
    /// What the function has that is being put together.
    pub(super) open: Vec<Item>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) turns: usize,
    pub(super) reads: BTreeSet<HostRead>,
    /// Copies that may have been drained to a view when a statement runs.
    pub(super) drained: BTreeMap<ViewId, BTreeSet<usize>>,
    /// Variables of the loops around, whose turns move something.
    pub(super) loops: Vec<Var>,
    /// Which variables of loops a variable follows from.
    pub(super) follows: BTreeMap<Var, BTreeSet<Var>>,
    pub(super) edge_rows: u64,
}

/// What a worker does, and what the sequence moves for it.
#[derive(Default)]
pub(super) struct Sides {
    pub(super) work: Vec<Work>,
    pub(super) moves: Vec<Move>,
}

pub(super) type Result<T> = std::result::Result<T, Error>;

impl Build {
    pub(super) fn refuse<T>(&self, op: &str, view: ViewId, loc: &Loc, help: &str) -> Result<T> {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        Err(self.unsupported(op, elem, loc, help))
    }

    pub(super) fn unsupported(&self, op: &str, elem: Elem, loc: &Loc, help: &str) -> Error {
        Error::Unsupported {
            target: crate::TARGET,
            kernel: self.kernel.name.clone(),
            op: op.to_owned(),
            elem,
            loc: loc.clone(),
            help: help.to_owned(),
        }
    }

    pub(super) fn view(&self, view: ViewId) -> Result<tile_ir::View> {
        self.kernel.view(view).cloned().ok_or_else(|| Error::Broken {
            target: crate::TARGET,
            kernel: self.kernel.name.clone(),
            detail: format!("view {} does not exist", view.index()),
            loc: self.kernel.loc.clone(),
        })
    }

    /// Ends the function that is being put together.
    pub(super) fn close(&mut self, body: &mut Vec<Work>) {
        if self.open.is_empty() {
            return;
        }
        let items = std::mem::take(&mut self.open);
        self.functions.push(Function { name: "step".to_owned(), items });
        body.push(Work::Call(self.functions.len() - 1));
    }

    /// Adds a statement to the function that is being put together, under a condition if there is one.
    pub(super) fn put(&mut self, stmt: &Stmt, guard: Option<Var>) {
        let Some(guard) = guard else {
            if let Some(Item::Stmts(list)) = self.open.last_mut() {
                list.push(stmt.clone());
            } else {
                self.open.push(Item::Stmts(vec![stmt.clone()]));
            }
            return;
        };
        if let Some(Item::Stmts(list)) = self.open.last_mut()
            && let Some(Stmt { kind: StmtKind::If { condition: Expr::Var(own), then, .. }, .. }) = list.last_mut()
            && *own == guard
        {
            then.push(stmt.clone());
            return;
        }
        let kind = StmtKind::If { condition: Expr::Var(guard), then: vec![stmt.clone()], otherwise: Vec::new() };
        self.put(&Stmt { kind, loc: stmt.loc.clone() }, None);
    }

    pub(super) fn block(&mut self, block: &[Stmt], guard: Option<Var>, out: &mut Sides) -> Result<()> {
        for stmt in block {
            self.stmt(stmt, guard, out)?;
        }
        Ok(())
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt, guard: Option<Var>, out: &mut Sides) -> Result<()> {
        self.note(stmt);
        match &stmt.kind {
            // There are none any more.
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => Ok(()),
            StmtKind::CopyIn(copy) => self.copy(copy, true, guard, &stmt.loc, out),
            StmtKind::CopyOut(copy) => self.copy(copy, false, guard, &stmt.loc, out),
            StmtKind::ReadGlobal { var, view, offset } => self.element(*var, *view, offset, guard, &stmt.loc, out),
            StmtKind::For { var, lower, upper, step, body: inner } if moves(stmt) => {
                let bounds = [lower, upper, step];
                if !bounds.iter().all(|bound| self.known.of(&self.kernel, bound)) {
                    return Err(self.unsupported(
                        "scf.for",
                        Elem::Index,
                        &stmt.loc,
                        "what a loop loads is moved for it by the host: let its bounds depend on parameters and constants",
                    ));
                }
                self.turn(*var, bounds, inner, guard, &stmt.loc, out)
            }
            StmtKind::While { .. } if moves(stmt) => Err(self.unsupported(
                "scf.while",
                Elem::I1,
                &stmt.loc,
                "what a loop loads is moved for it by the host: load before it, or count the turns",
            )),
            StmtKind::If { condition, then, otherwise } if moves(stmt) => {
                if self.known.of(&self.kernel, condition) {
                    self.branch(condition, then, otherwise, guard, out)
                } else {
                    self.both(condition, then, otherwise, guard, &stmt.loc, out)
                }
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::Write { .. }
            | StmtKind::Vector { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. } => {
                self.put(stmt, guard);
                self.scalar(stmt, &mut out.moves);
                Ok(())
            }
        }
    }

    pub(super) fn slot(&mut self) -> usize {
        self.turns += 1;
        self.turns - 1
    }
}
