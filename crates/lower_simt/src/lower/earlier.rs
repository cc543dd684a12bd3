//! Where a kernel that starts early waits for those in front of it.

use std::collections::BTreeSet;

use tile_ir::Access;

use crate::ir::{Expr, LaneKernel, Memory, Stmt, StmtKind, Var};

/// Puts the wait for earlier kernels before everything but loads of weights into registers, which come first.
pub(super) fn await_earlier(kernel: &mut LaneKernel) {
    if kernel.early.is_none() {
        return;
    }
    let body = std::mem::take(&mut kernel.body);
    let first = weight_loads(kernel, &body);
    let (mut early, mut rest) = (Vec::new(), Vec::new());
    for (number, stmt) in body.into_iter().enumerate() {
        if first.contains(&number) { early.push(stmt) } else { rest.push(stmt) }
    }
    let loc = kernel.loc.clone();
    early.push(Stmt { kind: StmtKind::AwaitEarlier, loc });
    early.extend(rest);
    kernel.body = early;
}

/// Which statements load weights and depend on nothing but each other; by number, with what they depend on.
fn weight_loads(kernel: &LaneKernel, body: &[Stmt]) -> BTreeSet<usize> {
    let mut first = BTreeSet::new();
    for (number, stmt) in body.iter().enumerate() {
        let mut needed = BTreeSet::from([number]);
        if loads_weights(kernel, stmt) && movable(kernel, body, number, &mut needed) {
            first.extend(needed);
        }
    }
    first
}

/// Whether a statement, and all before it that give it its variables, read weights only and have no other effect than on
/// variables. `needed` becomes those statements.
fn movable(kernel: &LaneKernel, body: &[Stmt], number: usize, needed: &mut BTreeSet<usize>) -> bool {
    if !alone(kernel, &body[number]) {
        return false;
    }
    let (own, own_written) = touched(&body[number]);
    body[..number].iter().enumerate().all(|(before, stmt)| {
        let (names, written) = touched(stmt);
        let apart = own.is_disjoint(&written) && own_written.is_disjoint(&names);
        apart || !needed.insert(before) || movable(kernel, body, before, needed)
    })
}

/// Whether a statement reads weights and variables only, and writes variables only.
fn alone(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let mut alone = true;
    stmt.for_each(&mut |stmt| {
        alone &= stmt.writes().is_none() && stmt.reads().into_iter().all(|place| is_weights(kernel, place.memory));
        alone &= match &stmt.kind {
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::For { .. }
            | StmtKind::If { .. } => true,
            StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::While { .. }
            | StmtKind::Matrix(_) => false,
        };
    });
    alone
}

fn loads_weights(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let mut loads = false;
    stmt.for_each(&mut |stmt| loads |= stmt.reads().into_iter().any(|place| is_weights(kernel, place.memory)));
    loads
}

fn is_weights(kernel: &LaneKernel, memory: Memory) -> bool {
    match memory {
        Memory::Global(view) => kernel.view(view).is_some_and(|view| view.access == Access::Weights),
        Memory::Shared(_) => false,
    }
}

/// The variables that a statement, and those inside it, read or write; those that they write.
fn touched(stmt: &Stmt) -> (BTreeSet<Var>, BTreeSet<Var>) {
    let (mut touched, mut written) = (BTreeSet::new(), BTreeSet::new());
    stmt.for_each(&mut |stmt| {
        match &stmt.kind {
            StmtKind::Let { var, .. }
            | StmtKind::Declare { var, .. }
            | StmtKind::Assign { var, .. }
            | StmtKind::LoadVector { var, .. }
            | StmtKind::LaneReduce { var, .. }
            | StmtKind::For { var, .. } => {
                touched.insert(*var);
                written.insert(*var);
            }
            StmtKind::StoreVector { var, .. } => {
                touched.insert(*var);
            }
            StmtKind::Store { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Matrix(_) => {}
        }
        for expr in stmt.exprs() {
            expr.for_each(&mut |expr| {
                if let Expr::Var(var) | Expr::Element(var, _) = expr {
                    touched.insert(*var);
                }
            });
        }
    });
    (touched, written)
}
