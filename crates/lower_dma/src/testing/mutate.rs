//! Core programs with one thing damaged: each must be noticed, by the proof or by running.

use tile_ir::{BinaryOp, Loc, Predicate, ReduceOp};

use crate::ir::{CoreKernel, Expr, Operand, Stmt, StmtKind, VectorOp};

/// A damaged program.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What was damaged.
    pub op: String,
    /// How.
    pub change: &'static str,
    /// Where.
    pub loc: Loc,
    /// The program.
    pub kernel: CoreKernel,
}

/// Every damage to `kernel`, one at a time.
#[must_use]
pub fn mutations(kernel: &CoreKernel) -> Vec<Mutation> {
    let mut list = Vec::new();
    let mut path = Vec::new();
    walk(kernel, &kernel.body, &mut path, &mut list);
    list
}

/// A statement's place: index in its block, then which block of it, and so on.
type Path = Vec<(usize, usize)>;

fn walk(kernel: &CoreKernel, block: &[Stmt], path: &mut Path, list: &mut Vec<Mutation>) {
    for (at, stmt) in block.iter().enumerate() {
        let name = name(stmt);
        let mut add = |change: &'static str, new: Option<StmtKind>| {
            let mut kernel = kernel.clone();
            let Some(block) = find(&mut kernel.body, path) else { return };
            match new {
                Some(kind) => block[at].kind = kind,
                None => {
                    block.remove(at);
                }
            }
            list.push(Mutation { op: name.clone(), change, loc: stmt.loc.clone(), kernel });
        };
        if !matches!(stmt.kind, StmtKind::Let { .. } | StmtKind::Read { .. } | StmtKind::ReadGlobal { .. }) {
            add("is left out", None);
        }
        for (change, kind) in changes(&stmt.kind) {
            add(change, Some(kind));
        }
        for (which, inner) in stmt.blocks().into_iter().enumerate() {
            path.push((at, which));
            walk(kernel, inner, path, list);
            path.pop();
        }
    }
}

fn find<'a>(block: &'a mut Vec<Stmt>, path: &[(usize, usize)]) -> Option<&'a mut Vec<Stmt>> {
    match path.split_first() {
        None => Some(block),
        Some((&(at, which), rest)) => find(block.get_mut(at)?.blocks_mut().into_iter().nth(which)?, rest),
    }
}

fn name(stmt: &Stmt) -> String {
    match &stmt.kind {
        StmtKind::Let { .. } => "Let".to_owned(),
        StmtKind::Assign { .. } => "Assign".to_owned(),
        StmtKind::Read { .. } => "Read".to_owned(),
        StmtKind::ReadGlobal { .. } => "ReadGlobal".to_owned(),
        StmtKind::Write { .. } => "Write".to_owned(),
        StmtKind::CopyIn(_) => "CopyIn".to_owned(),
        StmtKind::CopyOut(_) => "CopyOut".to_owned(),
        StmtKind::Vector { op, .. } => format!("Vector::{op:?}"),
        StmtKind::For { .. } => "For".to_owned(),
        StmtKind::While { .. } => "While".to_owned(),
        StmtKind::If { .. } => "If".to_owned(),
        StmtKind::Signal { .. } => "Signal".to_owned(),
        StmtKind::Await { .. } => "Await".to_owned(),
        StmtKind::Barrier(_) => "Barrier".to_owned(),
        StmtKind::Drain(_) => "Drain".to_owned(),
        StmtKind::Fence => "Fence".to_owned(),
    }
}

fn plus(expr: &Expr, more: i64) -> Expr {
    Expr::Binary(BinaryOp::Add, Box::new(expr.clone()), Box::new(Expr::int(more)))
}

/// The same kind of statement with something else in it.
fn changes(kind: &StmtKind) -> Vec<(&'static str, StmtKind)> {
    let mut list = Vec::new();
    match kind {
        StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => {
            let make = |copy| match kind {
                StmtKind::CopyIn(_) => StmtKind::CopyIn(copy),
                _ => StmtKind::CopyOut(copy),
            };
            let mut moved = copy.clone();
            moved.view_offset = plus(&copy.view_offset, 1);
            list.push(("starts one later", make(moved)));
            if copy.max_cols > 1 {
                let mut short = copy.clone();
                short.cols = plus(&copy.cols, -1);
                list.push(("moves one less", make(short)));
            }
            if copy.max_rows > 1 {
                let mut low = copy.clone();
                low.rows = plus(&copy.rows, -1);
                list.push(("moves a row less", make(low)));
                let mut apart = copy.clone();
                apart.view_pitch += 1;
                list.push(("has another pitch", make(apart)));
            }
        }
        StmtKind::Vector { op, dst, args } => {
            let other = match op {
                VectorOp::Binary(BinaryOp::Add) => Some(VectorOp::Binary(BinaryOp::Mul)),
                VectorOp::Binary(_) => Some(VectorOp::Binary(BinaryOp::Add)),
                VectorOp::Compare(Predicate::FLt) => Some(VectorOp::Compare(Predicate::FGe)),
                VectorOp::Compare(_) => Some(VectorOp::Compare(Predicate::FLt)),
                VectorOp::ReduceRows(ReduceOp::Add) => Some(VectorOp::ReduceRows(ReduceOp::MaxF)),
                VectorOp::ReduceRows(_) => Some(VectorOp::ReduceRows(ReduceOp::Add)),
                VectorOp::ReduceCols(ReduceOp::Add) => Some(VectorOp::ReduceCols(ReduceOp::MaxF)),
                VectorOp::ReduceCols(_) => Some(VectorOp::ReduceCols(ReduceOp::Add)),
                VectorOp::Unary(_) => Some(VectorOp::Copy),
                VectorOp::Copy | VectorOp::Fma | VectorOp::Select | VectorOp::Cast | VectorOp::Iota => None,
            };
            if let Some(op) = other {
                list.push(("does something else", StmtKind::Vector { op, dst: dst.clone(), args: args.clone() }));
            }
            if *op == VectorOp::Select {
                let swapped = [args[0].clone(), args[2].clone(), args[1].clone()].to_vec();
                list.push(("takes the other", StmtKind::Vector { op: *op, dst: dst.clone(), args: swapped }));
            }
            for (at, arg) in args.iter().enumerate() {
                if let Operand::Scalar(Expr::Float(x)) = arg {
                    let mut args = args.clone();
                    args[at] = Operand::Scalar(Expr::Float(if *x == 0.0 { 1.0 } else { -2.0 * x }));
                    list.push(("has another number", StmtKind::Vector { op: *op, dst: dst.clone(), args }));
                }
            }
        }
        StmtKind::Write { buffer, offset, value } => {
            let (buffer, offset, value) = (*buffer, plus(offset, 1), value.clone());
            list.push(("goes one further", StmtKind::Write { buffer, offset, value }));
        }
        StmtKind::For { var, lower, upper, step, body } => {
            let (var, step, body) = (*var, step.clone(), body.clone());
            let upper = Expr::Binary(BinaryOp::Sub, Box::new(upper.clone()), Box::new(step.clone()));
            list.push(("has a turn less", StmtKind::For { var, lower: lower.clone(), upper, step, body }));
        }
        StmtKind::If { condition, then, otherwise } => {
            let (condition, then, otherwise) = (condition.clone(), otherwise.clone(), then.clone());
            list.push(("takes the other side", StmtKind::If { condition, then, otherwise }));
        }
        StmtKind::Let { .. }
        | StmtKind::Assign { .. }
        | StmtKind::Read { .. }
        | StmtKind::ReadGlobal { .. }
        | StmtKind::While { .. }
        | StmtKind::Signal { .. }
        | StmtKind::Await { .. }
        | StmtKind::Barrier(_)
        | StmtKind::Drain(_)
        | StmtKind::Fence => {}
    }
    list
}
