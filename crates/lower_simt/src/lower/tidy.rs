//! Removes what nobody reads.

use std::collections::BTreeSet;

use super::Lowered;
use crate::ir::{Expr, LaneKernel, Memory, Shared, Stmt, StmtKind, Var};

/// Removes definitions, assignments and loops without effect, then shared arrays nobody names.
pub(super) fn tidy(lowered: &mut Lowered) {
    let kernel = &mut lowered.kernel;
    loop {
        let read = read(&kernel.body);
        let before = count(&kernel.body);
        remove(&mut kernel.body, &read);
        if count(&kernel.body) == before {
            break;
        }
    }
    drop_shared(kernel);
}

fn count(stmts: &[Stmt]) -> usize {
    let mut n = 0;
    for stmt in stmts {
        stmt.for_each(&mut |_| n += 1);
    }
    n
}

/// Variables that some statement reads.
fn read(stmts: &[Stmt]) -> BTreeSet<Var> {
    let mut read = BTreeSet::new();
    for stmt in stmts {
        stmt.for_each(&mut |stmt| {
            for expr in stmt.exprs() {
                expr.for_each(&mut |expr| {
                    if let Expr::Var(var) | Expr::Element(var, _) = expr {
                        read.insert(*var);
                    }
                });
            }
            if let StmtKind::StoreVector { var, .. } = &stmt.kind {
                read.insert(*var);
            }
        });
    }
    read
}

fn remove(stmts: &mut Vec<Stmt>, read: &BTreeSet<Var>) {
    for stmt in stmts.iter_mut() {
        for block in stmt.blocks_mut() {
            remove(block, read);
        }
    }
    stmts.retain(|stmt| match &stmt.kind {
        StmtKind::Let { var, .. }
        | StmtKind::Declare { var, .. }
        | StmtKind::Assign { var, .. }
        | StmtKind::LoadVector { var, .. }
        | StmtKind::LaneReduce { var, .. } => read.contains(var),
        StmtKind::For { body, .. } => !body.is_empty(),
        StmtKind::If { then, otherwise, .. } => !then.is_empty() || !otherwise.is_empty(),
        StmtKind::Store { .. }
        | StmtKind::StoreVector { .. }
        | StmtKind::Barrier { .. }
        | StmtKind::AwaitCopy { .. }
        | StmtKind::AwaitEarlier
        | StmtKind::While { .. }
        | StmtKind::Matrix(_) => true,
    });
}

fn drop_shared(kernel: &mut LaneKernel) {
    let mut used: BTreeSet<Shared> = BTreeSet::new();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            for place in stmt.reads().into_iter().chain(stmt.writes()) {
                if let Memory::Shared(shared) = place.memory {
                    used.insert(shared);
                }
            }
        });
    }
    for (index, data) in kernel.shared.iter_mut().enumerate() {
        if !used.contains(&Shared(index as u32)) {
            data.len = 0;
        }
    }
    if used.len() == kernel.shared.len() {
        return;
    }
    let numbers: Vec<Shared> = used.into_iter().collect();
    kernel.shared = numbers.iter().map(|shared| kernel.shared[shared.0 as usize].clone()).collect();
    let new = |old: Shared| Shared(numbers.iter().position(|shared| *shared == old).unwrap_or(0) as u32);
    if let Some(early) = &mut kernel.early {
        early.copies.retain(|copy| numbers.contains(&copy.to));
        early.copies.iter_mut().for_each(|copy| copy.to = new(copy.to));
    }
    for stmt in &mut kernel.body {
        stmt.for_each_mut(&mut |stmt| {
            stmt.for_each_place_mut(&mut |place| {
                if let Memory::Shared(shared) = &mut place.memory {
                    *shared = new(*shared);
                }
            });
        });
    }
}
