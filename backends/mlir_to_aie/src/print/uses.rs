//! What a function of a core names, and so is given or declares.

use std::collections::BTreeSet;

use lower_dma::ir::{Buffer, Expr, Operand, Span, Stmt, StmtKind, VectorOp};
use tile_ir::Elem;

use super::cores::Parameter;
use crate::plan::{Amount, Count, Function, Item, Local, Plan, Transfer};

/// What a function uses.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) params: BTreeSet<Parameter>,
    pub(super) scalars: BTreeSet<usize>,
    pub(super) buffers: BTreeSet<Buffer>,
    pub(super) core: bool,
    pub(super) kept: bool,
    pub(super) edges: bool,
    pub(super) rounds: bool,
}

impl Uses {
    pub(super) fn of(function: &Function, plan: &Plan) -> Uses {
        let mut uses = Uses::default();
        for item in &function.items {
            match item {
                Item::Stmts(stmts) => stmts.iter().for_each(|stmt| stmt.for_each(&mut |stmt| uses.stmt(stmt, plan))),
                Item::Turns(_, amount) => {
                    uses.params.insert(Parameter::Turns);
                    match amount {
                        Amount::Trips(bounds) => bounds.iter().for_each(|bound| uses.expr(bound, plan)),
                        Amount::If(condition) | Amount::Unless(condition) => uses.expr(condition, plan),
                        Amount::Objects(number) => uses.transfer(&plan.transfers[*number], plan),
                    }
                }
                Item::Bounds(..) => {}
                Item::Set(_, value, _) => {
                    uses.kept = true;
                    uses.expr(value, plan);
                }
                Item::Object(number, local) => uses.object(&plan.transfers[*number], local, plan),
            }
        }
        if uses.kept || uses.edges || !uses.buffers.is_empty() {
            uses.params.insert(Parameter::Local);
        }
        if uses.core || !uses.scalars.is_empty() {
            uses.params.insert(Parameter::Numbers);
        }
        uses
    }

    fn object(&mut self, transfer: &Transfer, local: &Local, plan: &Plan) {
        if transfer.objects(plan.flows.words(transfer.flow)) != Count::Fixed(1) {
            self.params.insert(Parameter::Number);
        }
        let taken = transfer.flow.comes_in();
        self.params.insert(if taken { Parameter::Taken } else { Parameter::Given });
        match local {
            Local::Take { buffer, offset, .. } | Local::Give { buffer, offset, .. } => {
                self.transfer(transfer, plan);
                self.buffers.insert(*buffer);
                self.expr(offset, plan);
                self.edges |= matches!(local, Local::Give { edges: true, .. });
            }
            Local::Edges => {
                self.transfer(transfer, plan);
                self.edges = true;
            }
            Local::Fetch(var) => {
                self.transfer(transfer, plan);
                self.kept |= plan.kept.contains(var);
            }
            Local::Pick { var, element, active } => {
                self.expr(element, plan);
                self.kept |= plan.kept.contains(var) || active.is_some();
            }
        }
    }

    fn transfer(&mut self, transfer: &Transfer, plan: &Plan) {
        transfer.exprs().into_iter().for_each(|expr| self.expr(expr, plan));
    }

    fn expr(&mut self, expr: &Expr, plan: &Plan) {
        expr.for_each(&mut |expr| match expr {
            Expr::Core => self.core = true,
            Expr::Param(param) => {
                self.scalars.insert(*param);
            }
            Expr::Var(var) => self.kept |= plan.kept.contains(var),
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => {}
        });
    }

    fn stmt(&mut self, stmt: &Stmt, plan: &Plan) {
        stmt.exprs().into_iter().for_each(|expr| self.expr(expr, plan));
        match &stmt.kind {
            StmtKind::Let { var, .. } | StmtKind::Assign { var, .. } => self.kept |= plan.kept.contains(var),
            StmtKind::Read { var, buffer, .. } => {
                self.kept |= plan.kept.contains(var);
                self.buffers.insert(*buffer);
            }
            StmtKind::Write { buffer, .. } => {
                self.buffers.insert(*buffer);
            }
            StmtKind::Vector { op, dst, args } => {
                self.rounds |= *op == VectorOp::Cast && plan.kernel.buffer(dst.buffer).elem == Elem::Bf16;
                self.buffers.insert(dst.buffer);
                self.buffers.extend(args.iter().filter_map(|arg| match arg {
                    Operand::Span(Span { buffer, .. })
                    | Operand::Row(Span { buffer, .. })
                    | Operand::Column(Span { buffer, .. }) => Some(*buffer),
                    Operand::Scalar(_) => None,
                }));
            }
            StmtKind::ReadGlobal { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }
}
