//! Which numbers of scalar code are vectors with the same number in all lanes: those that are computed from elements of local memory, and
//! those of functions that the scalar unit lacks.

use lower_dma::ir::{Convert, CoreKernel, Expr, Scalar, Stmt, StmtKind, Var};
use lower_dma::ranges::Ranges;
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

const fn in_32_bits(lo: i64, hi: i64) -> bool {
    lo >= i32::MIN as i64 && hi <= i32::MAX as i64
}

/// Whether an integer of 64 bits is known to fit in 32, its operands too. `exact` says so of variables.
pub(super) fn fits(kernel: &CoreKernel, ranges: &Ranges<'_>, exact: &[bool], expr: &Expr) -> bool {
    if expr.scalar(kernel) != Scalar::I64 {
        return true;
    }
    if ranges.of(expr).is_some_and(|range| in_32_bits(range.lo, range.hi)) {
        return true;
    }
    let of = |expr: &Expr| fits(kernel, ranges, exact, expr);
    match expr {
        Expr::Int(_, number) => in_32_bits(*number, *number),
        Expr::Var(var) => exact.get(var.0 as usize).copied().unwrap_or(false),
        // The host passes 32 bits.
        Expr::Param(_) | Expr::Core => true,
        Expr::Select(_, x, y) => of(x) && of(y),
        Expr::Binary(op, x, y) => match op {
            BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => of(x) && of(y),
            BinaryOp::RemS | BinaryOp::ShrS => of(x),
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::Shl
            | BinaryOp::ShrU => false,
        },
        Expr::Convert(convert, _) => match convert {
            Convert::Signed(_, bits) | Convert::FloatToSigned(_, bits) => *bits <= 32,
            Convert::Unsigned(_, bits) | Convert::FloatToUnsigned(_, bits) => *bits < 32,
            Convert::Round(_)
            | Convert::SignedToFloat
            | Convert::UnsignedToFloat
            | Convert::ToBool
            | Convert::Bits(_) => false,
        },
        Expr::Float(_) | Expr::Bool(_) | Expr::Unary(..) | Expr::Fma(..) | Expr::Compare(..) => false,
    }
}

/// Variables that change and are known to fit, whatever they are given; the others are decided where they are declared.
pub(super) fn exact(kernel: &CoreKernel) -> Vec<bool> {
    let ranges = Ranges::new(kernel);
    let mut exact: Vec<bool> = (0..kernel.vars.len()).map(|at| ranges.changes(Var(at as u32))).collect();
    loop {
        let before = exact.clone();
        for stmt in &kernel.body {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::Let { var, value } | StmtKind::Assign { var, value } = &stmt.kind
                    && !fits(kernel, &ranges, &before, value)
                    && let Some(known) = exact.get_mut(var.0 as usize)
                {
                    *known = false;
                }
            });
        }
        if exact == before {
            return exact;
        }
    }
}
