//! Which variables the sequence needs: those that addresses, extents, bounds and conditions of what is moved depend on.

use std::collections::BTreeSet;

use lower_dma::ir::{CoreKernel, Expr, Stmt, StmtKind, Var};

use super::known::Known;
use super::moves;

/// Finds them.
pub(super) fn needed(kernel: &CoreKernel, known: &Known) -> BTreeSet<Var> {
    let mut needed = BTreeSet::new();
    loop {
        let before = needed.len();
        block(kernel, known, &kernel.body, &mut needed);
        if needed.len() == before {
            return needed;
        }
    }
}

/// Whether a statement defines a needed variable, itself or inside.
pub(super) fn defines(stmt: &Stmt, needed: &BTreeSet<Var>) -> bool {
    let mut found = false;
    stmt.for_each(&mut |stmt| {
        found |= match &stmt.kind {
            StmtKind::Let { var, .. }
            | StmtKind::Assign { var, .. }
            | StmtKind::Read { var, .. }
            | StmtKind::ReadGlobal { var, .. } => needed.contains(var),
            StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => false,
        };
    });
    found
}

fn block(kernel: &CoreKernel, known: &Known, stmts: &[Stmt], needed: &mut BTreeSet<Var>) {
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Assign { var, value } => {
                if needed.contains(var) {
                    uses(kernel, known, value, needed);
                }
            }
            StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => {
                for expr in [&copy.view_offset, &copy.rows, &copy.cols] {
                    uses(kernel, known, expr, needed);
                }
            }
            StmtKind::ReadGlobal { offset, .. } => uses(kernel, known, offset, needed),
            StmtKind::For { lower, upper, step, .. } => {
                if moves(stmt) || defines(stmt, needed) {
                    [lower, upper, step].into_iter().for_each(|bound| uses(kernel, known, bound, needed));
                }
            }
            StmtKind::If { condition, .. } => {
                if moves(stmt) || defines(stmt, needed) {
                    uses(kernel, known, condition, needed);
                }
            }
            StmtKind::While { .. }
            | StmtKind::Read { .. }
            | StmtKind::Write { .. }
            | StmtKind::Vector { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
        for inner in stmt.blocks() {
            block(kernel, known, inner, needed);
        }
    }
}

/// The variables of an expression that the sequence evaluates; others it does without.
fn uses(kernel: &CoreKernel, known: &Known, expr: &Expr, needed: &mut BTreeSet<Var>) {
    if known.of(kernel, expr) {
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                needed.insert(*var);
            }
        });
    }
}
