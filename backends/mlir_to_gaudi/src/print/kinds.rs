//! Which numbers of scalar code are vectors with the same number in all lanes: those that are computed from elements of local memory, and
//! those of functions that the scalar unit lacks.

use lower_dma::ir::{Convert, CoreKernel, Expr, Scalar, Stmt, StmtKind, Var};
use tile_ir::{BinaryOp, UnaryOp};

/// By variable.
#[derive(Clone, Debug)]
pub(super) struct Kinds(Vec<bool>);

impl Kinds {
    pub(super) fn new(kernel: &CoreKernel) -> Kinds {
        let mut kinds = Kinds(vec![false; kernel.vars.len()]);
        // A variable may be computed from one that comes later, in a loop.
        loop {
            let before = kinds.0.clone();
            kinds.block(&kernel.body, false, kernel);
            if kinds.0 == before {
                return kinds;
            }
        }
    }

    fn set(&mut self, var: Var) {
        if let Some(kind) = self.0.get_mut(var.0 as usize) {
            *kind = true;
        }
    }

    /// `chosen`: what is assigned is kept or not by a selection.
    fn block(&mut self, block: &[Stmt], chosen: bool, kernel: &CoreKernel) {
        for stmt in block {
            match &stmt.kind {
                StmtKind::Read { var, .. } => self.set(*var),
                StmtKind::Let { var, value } if self.of(value, kernel) => self.set(*var),
                StmtKind::Assign { var, value } if chosen || self.of(value, kernel) => self.set(*var),
                StmtKind::If { condition, then, otherwise } => {
                    let chosen = self.is_chosen(condition, then, otherwise, kernel);
                    self.block(then, chosen, kernel);
                    self.block(otherwise, chosen, kernel);
                }
                StmtKind::For { body, .. } => self.block(body, false, kernel),
                StmtKind::While { before, body, .. } => {
                    self.block(before, false, kernel);
                    self.block(body, false, kernel);
                }
                StmtKind::Let { .. }
                | StmtKind::Assign { .. }
                | StmtKind::ReadGlobal { .. }
                | StmtKind::Write { .. }
                | StmtKind::CopyIn(_)
                | StmtKind::CopyOut(_)
                | StmtKind::Vector { .. }
                | StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence => {}
            }
        }
    }

    /// Whether a branch becomes selections: its condition is a vector, and it only computes.
    pub(super) fn is_chosen(&self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt], kernel: &CoreKernel) -> bool {
        let computes = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Let { .. } | StmtKind::Assign { .. });
        self.of(condition, kernel) && then.iter().chain(otherwise).all(computes)
    }

    pub(super) fn is_uniform(&self, var: Var) -> bool {
        self.0.get(var.0 as usize).copied().unwrap_or(false)
    }

    /// Whether an expression is a vector.
    pub(super) fn of(&self, expr: &Expr, kernel: &CoreKernel) -> bool {
        let own = match expr {
            Expr::Var(var) => self.is_uniform(*var),
            Expr::Unary(op, _) => *op != UnaryOp::Neg,
            Expr::Binary(op, x, _) if x.scalar(kernel) == Scalar::F32 => {
                !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul)
            }
            Expr::Convert(convert, _) => match convert {
                Convert::Round(_) | Convert::FloatToSigned(..) | Convert::FloatToUnsigned(..) => true,
                Convert::SignedToFloat
                | Convert::UnsignedToFloat
                | Convert::Signed(..)
                | Convert::Unsigned(..)
                | Convert::ToBool
                | Convert::Bits(_) => false,
            },
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..) => false,
        };
        own || expr.operands().into_iter().any(|operand| self.of(operand, kernel))
    }
}
