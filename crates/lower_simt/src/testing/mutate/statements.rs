//! Damaged statements.

use tile_ir::BinaryOp;

use super::operators::other_reduce;
use crate::ir::{Expr, LaneKernel, MatrixOp, Stmt, StmtKind};

/// Name of the damaged operation, what was done, the statements in its place.
pub(super) type Change = (String, String, Vec<Stmt>);

pub(super) fn statements(kernel: &LaneKernel, stmt: &Stmt) -> Vec<Change> {
    let with = |kind: StmtKind| vec![Stmt { kind, loc: stmt.loc.clone() }];
    let change = |op: &str, change: &str, by: Vec<Stmt>| (op.to_string(), change.to_string(), by);
    match &stmt.kind {
        // Their values are damaged.
        StmtKind::Let { .. } => vec![],
        StmtKind::Declare { var, init } => match init {
            Some(_) => {
                vec![change("Declare", "start value dropped", with(StmtKind::Declare { var: *var, init: None }))]
            }
            None => vec![],
        },
        StmtKind::Assign { .. } => vec![change("Assign", "dropped", vec![])],
        StmtKind::Store { .. } => vec![change("Store", "dropped", vec![])],
        StmtKind::LoadVector { var, index, place, lanes } => {
            let mut place = place.clone();
            let scalar = place.offset.scalar(kernel);
            let lanes_of = Expr::Int(scalar, u64::from(*lanes));
            place.offset = Box::new(Expr::Binary(BinaryOp::Add, place.offset, Box::new(lanes_of)));
            let kind = StmtKind::LoadVector { var: *var, index: index.clone(), place, lanes: *lanes };
            vec![change("LoadVector", "dropped", vec![]), change("LoadVector", "loads the next vector", with(kind))]
        }
        StmtKind::StoreVector { place, var, index, lanes } => {
            let mut half = vec![change("StoreVector", "dropped", vec![])];
            if *lanes > 2 {
                let lanes = lanes / 2;
                let kind = StmtKind::StoreVector { place: place.clone(), var: *var, index: index.clone(), lanes };
                half.push(change("StoreVector", "stores half", with(kind)));
            }
            half
        }
        StmtKind::LaneReduce { var, index, op, lanes } => {
            let kind = |op, lanes| StmtKind::LaneReduce { var: *var, index: index.clone(), op, lanes };
            let name = format!("LaneReduce::{op:?}");
            let mut all = vec![change(&name, "dropped", vec![])];
            if *lanes > 2 {
                all.push(change(&name, "over half the threads", with(kind(*op, lanes / 2))));
            }
            all.push(change(
                &name,
                "another operation",
                with(kind(other_reduce(*op, kernel.var(*var).scalar), *lanes)),
            ));
            all
        }
        StmtKind::Barrier { .. } => vec![change("Barrier", "dropped", vec![])],
        StmtKind::AwaitCopy { .. } => vec![change("AwaitCopy", "dropped", vec![])],
        StmtKind::AwaitEarlier => vec![change("AwaitEarlier", "dropped", vec![])],
        StmtKind::For { var, lower, upper, step, unroll, body } => {
            let kind = |lower: Expr, upper: Expr| StmtKind::For {
                var: *var,
                lower,
                upper,
                step: step.clone(),
                unroll: *unroll,
                body: body.clone(),
            };
            // By a step: a bound moved by less may run the same iterations.
            let moved = |op, bound: &Expr| Expr::Binary(op, Box::new(bound.clone()), Box::new(step.clone()));
            vec![
                change("For", "starts a step late", with(kind(moved(BinaryOp::Add, lower), upper.clone()))),
                change("For", "ends a step early", with(kind(lower.clone(), moved(BinaryOp::Sub, upper)))),
                change("For", "dropped", vec![]),
            ]
        }
        StmtKind::While { before, condition, body } => {
            let mut once = before.clone();
            let inside = StmtKind::If { condition: condition.clone(), then: body.clone(), otherwise: vec![] };
            once.push(Stmt { kind: inside, loc: stmt.loc.clone() });
            let block = StmtKind::If { condition: Expr::Bool(true), then: once, otherwise: vec![] };
            vec![change("While", "runs once", with(block))]
        }
        StmtKind::If { condition, then, otherwise } => {
            let kind = |condition| StmtKind::If { condition, then: then.clone(), otherwise: otherwise.clone() };
            let inverted = Expr::Binary(BinaryOp::Xor, Box::new(condition.clone()), Box::new(Expr::Bool(true)));
            vec![
                change("If", "condition inverted", with(kind(inverted))),
                change("If", "always", with(kind(Expr::Bool(true)))),
                change("If", "never", with(kind(Expr::Bool(false)))),
            ]
        }
        StmtKind::Matrix(op) => matrix(op, &with),
    }
}

fn matrix(op: &MatrixOp, with: &dyn Fn(StmtKind) -> Vec<Stmt>) -> Vec<Change> {
    let change = |op: &str, change: &str, by: Vec<Stmt>| (format!("Matrix::{op}"), change.to_string(), by);
    match op {
        // What it declares is not known without it.
        MatrixOp::Declare { .. } => vec![],
        MatrixOp::Fill { fragment, at, value } => {
            let kind = MatrixOp::Fill { fragment: *fragment, at: at.clone(), value: value + 1.0 };
            vec![change("Fill", "dropped", vec![]), change("Fill", "another value", with(StmtKind::Matrix(kind)))]
        }
        MatrixOp::Load { fragment, at, place, stride, transposed } => {
            let kind = MatrixOp::Load {
                fragment: *fragment,
                at: at.clone(),
                place: place.clone(),
                stride: *stride,
                transposed: !transposed,
            };
            vec![change("Load", "dropped", vec![]), change("Load", "transposed", with(StmtKind::Matrix(kind)))]
        }
        MatrixOp::Multiply { .. } => vec![change("Multiply", "dropped", vec![])],
        MatrixOp::Store { .. } => vec![change("Store", "dropped", vec![])],
    }
}
