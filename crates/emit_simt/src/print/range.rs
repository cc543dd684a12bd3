//! Largest values of integers that are never negative, so that signed operations on them need no casts.

use lower_simt::ir::{Builtin, Convert, Expr, Scalar};
use tile_ir::{BinaryOp, ParamKind};

use super::Printer;

impl Printer<'_> {
    /// The largest value of an integer that is proven not to be negative when read as signed, and whose computation does
    /// not wrap.
    pub(super) fn bound(&self, expr: &Expr) -> Option<u64> {
        let largest = self.largest(expr)?;
        fits(largest, expr.scalar(self.kernel))
    }

    fn largest(&self, expr: &Expr) -> Option<u64> {
        match expr {
            Expr::Int(_, value) => Some(*value),
            Expr::Var(var) => self.vars.get(var.0 as usize)?.bound,
            Expr::Builtin(builtin) => Some(match builtin {
                Builtin::Thread => u64::from(self.kernel.threads).saturating_sub(1),
                Builtin::Lane => 31,
                Builtin::Subgroup => u64::from(self.kernel.threads).saturating_sub(1) / 32,
                Builtin::Program(axis) => self.kernel.grid[axis.index()].saturating_sub(1),
            }),
            Expr::Param(index) => match &self.kernel.params.get(*index)?.kind {
                ParamKind::Scalar(scalar) => scalar.bound?.checked_sub(1),
                ParamKind::View(_) => None,
            },
            Expr::Binary(op, x, y) => self.largest_of_binary(*op, x, y),
            Expr::Select(_, x, y) => Some(self.bound(x)?.max(self.bound(y)?)),
            Expr::Convert(Convert::ZeroExtend(_), x) => {
                let bits = x.scalar(self.kernel).bits();
                Some(self.bound(x).unwrap_or(u64::MAX >> (64 - bits)))
            }
            // The sign bit is clear, so both extensions are the same.
            Expr::Convert(Convert::SignExtend(_), x) => self.bound(x),
            Expr::Convert(Convert::Truncate(to), x) => fits(self.bound(x)?, *to),
            Expr::Convert(
                Convert::Round(_)
                | Convert::SignedToFloat
                | Convert::UnsignedToFloat
                | Convert::FloatToSigned(_)
                | Convert::FloatToUnsigned(_)
                | Convert::Bits(_),
                _,
            )
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Element(..)
            | Expr::Unary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Load(_) => None,
        }
    }

    fn largest_of_binary(&self, op: BinaryOp, x: &Expr, y: &Expr) -> Option<u64> {
        let (left, right) = (self.bound(x), self.bound(y));
        match op {
            BinaryOp::Add => left?.checked_add(right?),
            BinaryOp::Mul => left?.checked_mul(right?),
            BinaryOp::DivS | BinaryOp::DivU => match (left?, y) {
                (left, Expr::Int(_, divisor)) => left.checked_div(*divisor),
                (left, _) => right.map(|_| left),
            },
            BinaryOp::RemU => right?.checked_sub(1),
            BinaryOp::RemS => left.and(right)?.checked_sub(1),
            BinaryOp::And => match (left, right) {
                (Some(left), Some(right)) => Some(left.min(right)),
                (Some(one), None) | (None, Some(one)) => Some(one),
                (None, None) => None,
            },
            BinaryOp::Or | BinaryOp::Xor => {
                let bits = 64 - left?.max(right?).leading_zeros();
                Some(if bits == 0 { 0 } else { u64::MAX >> (64 - bits) })
            }
            BinaryOp::Shl => match y {
                Expr::Int(_, amount) if *amount < 63 => left?.checked_mul(1 << amount),
                _ => None,
            },
            BinaryOp::ShrS | BinaryOp::ShrU => match y {
                Expr::Int(_, amount) if *amount < 64 => Some(left? >> amount),
                _ => left,
            },
            BinaryOp::MinS | BinaryOp::MinU => Some(left?.min(right?)),
            BinaryOp::MaxS | BinaryOp::MaxU => Some(left?.max(right?)),
            BinaryOp::Sub | BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => None,
        }
    }
}

/// The value, if it is below the sign bit of the type.
pub(super) fn fits(value: u64, scalar: Scalar) -> Option<u64> {
    match scalar {
        Scalar::I8 | Scalar::I32 | Scalar::I64 => (value < 1 << (scalar.bits() - 1)).then_some(value),
        Scalar::F32 | Scalar::Bool => None,
    }
}
