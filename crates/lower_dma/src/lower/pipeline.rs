//! Copies ahead of the work: where pipes run on their own, a loop over chunks copies what the next turn needs before it works.
//!
//! Two turns stand in the loop, each with buffers of its own:
//!
//! ```text
//! copy(0)
//! for i in (0..even).step_by(2) {
//!     copy(i + 1); work(i)
//!     if i + 2 < turns { copy(i + 2) }; work(i + 1)
//! }
//! work(last), if turns are odd
//! ```
//!
//! Where the core waits for whole pipes it waits before each copy ahead, so that the work that follows has nothing to wait for.
//! Copies are moved only if they need nothing that the turn computes, and if the kernel does not write their views.

use std::collections::{BTreeMap, BTreeSet};

use super::exprs::{add, int, less};
use super::state::{Lower, Result};
use crate::ir::{Expr, Operand, Scalar, Stmt, StmtKind, Var, VectorOp};
use crate::place::buffers;
use crate::target::Sync;

/// A turn in two parts.
struct Turn {
    copies: Vec<Stmt>,
    work: Vec<Stmt>,
}

impl Lower<'_> {
    /// A loop over `0..count` in steps, with copies ahead if that pays.
    pub(super) fn ahead(
        &mut self,
        name: &str,
        count: u64,
        step: u64,
        f: &mut dyn FnMut(&mut Self, Expr) -> Result<()>,
    ) -> Result<()> {
        let turns = count / step.max(1);
        let (beside, drains) = match self.facts.target.sync {
            Sync::Events { .. } => (true, false),
            Sync::Drain { copies_wait } => (!copies_wait, true),
        };
        if turns < 2 || !beside {
            return self.counted(name, count, step, f);
        }
        let var = self.var(name, Scalar::I64);
        let i = Expr::Var(var);
        let first = self.inside(|lower| f(lower, i.clone()))?;
        let first = self.split(first);
        if first.copies.is_empty() {
            let (lower, upper, step) = (Expr::int(0), int(count), int(step));
            self.emit(StmtKind::For { var, lower, upper, step, body: first.work });
            return Ok(());
        }
        let next = add(i.clone(), int(step));
        let second = self.inside(|lower| f(lower, next.clone()))?;
        let second = self.split(second);
        let even = turns / 2 * 2;
        let start = self.moved(&first.copies, var, &Expr::int(0));
        let after = add(i.clone(), int(2 * step));
        let then = self.moved(&first.copies, var, &after);
        // A wait for the earlier copies that came later would wait for those ahead too.
        let wait = drains.then(|| Stmt { kind: StmtKind::Fence, loc: self.loc.clone() });
        let mut body: Vec<Stmt> = wait.iter().cloned().chain(second.copies).collect();
        body.extend(first.work.iter().cloned());
        let ahead = StmtKind::If { condition: less(after, int(count)), then, otherwise: Vec::new() };
        body.extend(wait);
        body.push(Stmt { kind: ahead, loc: self.loc.clone() });
        body.extend(second.work);
        if let Some(block) = self.blocks.last_mut() {
            block.extend(start);
        }
        let (lower, upper) = (Expr::int(0), int(even * step));
        self.emit(StmtKind::For { var, lower, upper, step: int(2 * step), body });
        if turns > even {
            let last = self.moved(&first.work, var, &int(even * step));
            if let Some(block) = self.blocks.last_mut() {
                block.extend(last);
            }
        }
        Ok(())
    }

    /// Takes the copies out of a turn that may come before it, with copies of the numbers that they need.
    fn split(&mut self, turn: Vec<Stmt>) -> Turn {
        let mut defined: BTreeMap<Var, Expr> = BTreeMap::new();
        let mut other: BTreeSet<Var> = BTreeSet::new();
        for stmt in &turn {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::Read { var, .. }
                | StmtKind::ReadGlobal { var, .. }
                | StmtKind::Assign { var, .. }
                | StmtKind::For { var, .. } = &stmt.kind
                {
                    other.insert(*var);
                }
            });
            if let StmtKind::Let { var, value } = &stmt.kind {
                defined.insert(*var, value.clone());
            }
        }
        // Buffers that are copied into by something that moves, with what fills them before.
        let mut targets = BTreeSet::new();
        for stmt in &turn {
            if self.is_copy(stmt, &defined, &other) {
                stmt.for_each(&mut |stmt| {
                    if let StmtKind::CopyIn(copy) = &stmt.kind {
                        targets.insert(copy.buffer);
                    }
                });
            }
        }
        let fill = |stmt: &Stmt| fills(stmt) && buffers(stmt).iter().all(|buffer| targets.contains(buffer));
        let (mut copies, mut work) = (Vec::new(), Vec::new());
        // A buffer that the work writes itself stays with it.
        let mut touched = BTreeSet::new();
        let mut needed = BTreeSet::new();
        for stmt in turn {
            let moves = self.is_copy(&stmt, &defined, &other) || fill(&stmt);
            let own: Vec<_> = {
                let mut list = Vec::new();
                stmt.for_each(&mut |stmt| list.extend(buffers(stmt)));
                list
            };
            if moves && !own.iter().any(|buffer| touched.contains(buffer)) {
                stmt.for_each(&mut |stmt| {
                    stmt.exprs().into_iter().for_each(|expr| needs(expr, &defined, &mut needed));
                });
                copies.push(stmt);
            } else {
                touched.extend(own);
                work.push(stmt);
            }
        }
        let mut numbers: Vec<Stmt> = Vec::new();
        for (at, value) in defined.iter().filter(|(at, _)| needed.contains(at)) {
            numbers.push(Stmt { kind: StmtKind::Let { var: *at, value: value.clone() }, loc: self.loc.clone() });
        }
        if !copies.is_empty() {
            // The work keeps its own; those of the copies get other names.
            let made: Vec<Stmt> = numbers.into_iter().chain(copies).collect();
            copies = self.renamed(made, &BTreeMap::new());
        }
        Turn { copies, work }
    }

    /// A copy whose numbers follow from the turn's number, or a choice between such, with fills.
    fn is_copy(&self, stmt: &Stmt, defined: &BTreeMap<Var, Expr>, other: &BTreeSet<Var>) -> bool {
        let known = |expr: &Expr| free(expr, defined, other);
        if let StmtKind::CopyIn(copy) = &stmt.kind {
            let whole = copy.offset.as_int().is_some();
            let numbers = [&copy.view_offset, &copy.rows, &copy.cols].into_iter().all(known);
            return whole && numbers && !self.facts.written.contains(&copy.view);
        }
        let StmtKind::If { condition, then, otherwise } = &stmt.kind else { return false };
        let mut inner = then.iter().chain(otherwise);
        let mut copies = false;
        stmt.for_each(&mut |stmt| copies |= matches!(stmt.kind, StmtKind::CopyIn(_)));
        copies && known(condition) && inner.all(|stmt| fills(stmt) || self.is_copy(stmt, defined, other))
    }

    /// Statements with a number for a variable, and their own variables renamed.
    fn moved(&mut self, stmts: &[Stmt], var: Var, to: &Expr) -> Vec<Stmt> {
        self.renamed(stmts.to_vec(), &BTreeMap::from([(var, to.clone())]))
    }

    fn renamed(&mut self, mut stmts: Vec<Stmt>, known: &BTreeMap<Var, Expr>) -> Vec<Stmt> {
        let mut known = known.clone();
        self.rename(&mut stmts, &mut known);
        stmts
    }

    fn rename(&mut self, stmts: &mut [Stmt], known: &mut BTreeMap<Var, Expr>) {
        for stmt in stmts {
            stmt.exprs_mut().into_iter().for_each(|expr| expr.substitute(known));
            if let StmtKind::Let { var, .. }
            | StmtKind::Read { var, .. }
            | StmtKind::ReadGlobal { var, .. }
            | StmtKind::For { var, .. } = &mut stmt.kind
            {
                let data = self.out.var(*var).clone();
                let new = self.var(&data.name, data.scalar);
                known.insert(*var, Expr::Var(new));
                *var = new;
            } else if let StmtKind::Assign { var, .. } = &mut stmt.kind
                && let Some(Expr::Var(new)) = known.get(var)
            {
                *var = *new;
            }
            for block in stmt.blocks_mut() {
                self.rename(block, known);
            }
            // The condition of a loop sees what its first part defines.
            if let StmtKind::While { condition, .. } = &mut stmt.kind {
                condition.substitute(known);
            }
        }
    }
}

/// Whether a statement fills a buffer with a number.
fn fills(stmt: &Stmt) -> bool {
    let StmtKind::Vector { op: VectorOp::Copy, dst, args } = &stmt.kind else { return false };
    let number = matches!(args.as_slice(), [Operand::Scalar(Expr::Float(_) | Expr::Int(..))]);
    number && dst.offset.as_int().is_some()
}

/// Whether an expression is made of numbers that do not come from memory.
fn free(expr: &Expr, defined: &BTreeMap<Var, Expr>, other: &BTreeSet<Var>) -> bool {
    match expr {
        Expr::Var(var) if other.contains(var) => false,
        Expr::Var(var) => defined.get(var).is_none_or(|value| free(value, defined, other)),
        expr => expr.operands().into_iter().all(|operand| free(operand, defined, other)),
    }
}

/// The variables of a turn that an expression needs.
fn needs(expr: &Expr, defined: &BTreeMap<Var, Expr>, needed: &mut BTreeSet<Var>) {
    if let Expr::Var(var) = expr
        && let Some(value) = defined.get(var)
        && needed.insert(*var)
    {
        needs(value, defined, needed);
    }
    expr.operands().into_iter().for_each(|operand| needs(operand, defined, needed));
}
