//! Changes that cannot be noticed, proven from the text around them.

use tile_ir::Elem;

use crate::ir::{Expr, LaneKernel, Stmt, StmtKind};

/// Whether `stmt` is a branch with one side in which no memory is touched. Branches of the tile program have a variable as
/// their condition, so a comparison that stands in the branch itself is the lowering's test for elements past the end.
pub(super) fn guards_registers(stmt: &Stmt) -> bool {
    let StmtKind::If { then, otherwise, .. } = &stmt.kind else { return false };
    if !otherwise.is_empty() {
        return false;
    }
    let mut memory = false;
    for stmt in then {
        stmt.for_each(&mut |stmt| {
            memory |= matches!(
                stmt.kind,
                StmtKind::Store { .. } | StmtKind::LoadVector { .. } | StmtKind::StoreVector { .. }
            );
            stmt.exprs().into_iter().for_each(|expr| {
                expr.for_each(&mut |expr| memory |= matches!(expr, Expr::Load(_)));
            });
        });
    }
    !memory
}

/// Whether `stmt` declares an array whose elements are never made from themselves: start values stay only past its tile.
pub(super) fn padding(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let StmtKind::Declare { var, .. } = &stmt.kind else { return false };
    let (mut assigned, mut from_itself) = (false, false);
    let mut visit = |stmt: &Stmt| {
        if let StmtKind::LaneReduce { var: changed, .. } = &stmt.kind {
            from_itself |= changed == var;
        }
        if let StmtKind::Assign { var: changed, index: Some(_), value } = &stmt.kind
            && changed == var
        {
            assigned = true;
            value.for_each(&mut |expr| from_itself |= matches!(expr, Expr::Element(read, _) if read == var));
        }
    };
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
    kernel.var(*var).len.is_some() && assigned && !from_itself
}

/// Whether `stmt` declares a scalar with zero that the next statement, a test for an element of a tile, assigns: threads that
/// fail the test own no element, and no other statement reads the zero.
pub(super) fn guarded_scalar(kernel: &LaneKernel, stmt: &Stmt) -> bool {
    let StmtKind::Declare { var, init: Some(Expr::Float(0.0)) } = &stmt.kind else { return false };
    let assigns = |stmts: &[Stmt]| {
        stmts.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Assign { var: changed, index: None, value } if changed == var && {
                let mut reads = false;
                value.for_each(&mut |expr| reads |= matches!(expr, Expr::Var(read) if read == var));
                !reads
            })
        })
    };
    let follows = |block: &[Stmt]| {
        block.windows(2).any(|pair| {
            std::ptr::eq(&pair[0], stmt) && matches!(&pair[1].kind, StmtKind::If { then, .. } if assigns(then))
        })
    };
    let mut found = follows(&kernel.body);
    kernel.body.iter().for_each(|outer| {
        outer.for_each(&mut |inner| found |= inner.blocks().into_iter().any(|block| follows(block)));
    });
    found
}

/// Why rounding a value to `elem` in this statement changes nothing: it is stored there, and nowhere else.
pub(super) fn rounded_anyway(kernel: &LaneKernel, stmt: &Stmt, elem: Elem) -> Option<&'static str> {
    match &stmt.kind {
        StmtKind::Store { place, .. } if kernel.memory_elem(place.memory) == elem => {
            Some("the store rounds to the same type")
        }
        StmtKind::Let { var, .. } | StmtKind::Assign { var, .. } => {
            let mut sound = true;
            let mut visit = |stmt: &Stmt| {
                let stored = match &stmt.kind {
                    StmtKind::Store { place, value } => {
                        let itself = matches!(value, Expr::Var(read) | Expr::Element(read, _) if read == var);
                        itself && kernel.memory_elem(place.memory) == elem
                    }
                    StmtKind::StoreVector { place, var: read, .. } => {
                        sound &= read != var || kernel.memory_elem(place.memory) == elem;
                        false
                    }
                    StmtKind::LaneReduce { var: read, .. } => {
                        sound &= read != var;
                        false
                    }
                    StmtKind::Let { .. }
                    | StmtKind::Declare { .. }
                    | StmtKind::Assign { .. }
                    | StmtKind::LoadVector { .. }
                    | StmtKind::Barrier { .. }
                    | StmtKind::AwaitCopy { .. }
                    | StmtKind::For { .. }
                    | StmtKind::While { .. }
                    | StmtKind::If { .. }
                    | StmtKind::Matrix(_) => false,
                };
                if !stored {
                    stmt.exprs().into_iter().for_each(|expr| {
                        expr.for_each(&mut |expr| {
                            sound &= !matches!(expr, Expr::Var(read) | Expr::Element(read, _) if read == var);
                        });
                    });
                }
            };
            kernel.body.iter().for_each(|stmt| stmt.for_each(&mut visit));
            sound.then_some("its only use is a store that rounds to the same type")
        }
        StmtKind::Store { .. }
        | StmtKind::Declare { .. }
        | StmtKind::LoadVector { .. }
        | StmtKind::StoreVector { .. }
        | StmtKind::LaneReduce { .. }
        | StmtKind::Barrier { .. }
        | StmtKind::AwaitCopy { .. }
        | StmtKind::For { .. }
        | StmtKind::While { .. }
        | StmtKind::If { .. }
        | StmtKind::Matrix(_) => None,
    }
}
