//! Arithmetic, comparisons and conversions of one element.

use tile_ir::{BinaryOp, CastOp, Elem, Op, Predicate, UnaryOp, Value};

use super::index::{Ix, resize};
use super::{Ex, Lower, Result};
use crate::ir::{Convert, Expr, Scalar};

impl Lower<'_> {
    /// Rounds to the element type of `value`, if it is narrower than a register.
    pub(crate) fn round(&self, value: Value, expr: Expr) -> Expr {
        match self.kernel.ty(value).elem {
            elem @ (Elem::F16 | Elem::Bf16) => Expr::Convert(Convert::Round(elem), Box::new(expr)),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => expr,
        }
    }

    /// Whether an integer value may be negative.
    pub(crate) fn signed(&self, value: Value) -> bool {
        self.analysis.range(value).is_none_or(|range| range.lo() < 0)
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, x: Value, value: Value, pos: &[Ix]) -> Result<Ex> {
        let x = self.eval(x, pos)?;
        let expr = self.round(value, Expr::Unary(op, Box::new(x.expr)));
        Ok(Ex { expr, depth: x.depth })
    }

    pub(crate) fn fma(&mut self, x: Value, y: Value, z: Value, value: Value, pos: &[Ix]) -> Result<Ex> {
        let (x, y, z) = (self.eval(x, pos)?, self.eval(y, pos)?, self.eval(z, pos)?);
        let depth = x.depth.max(y.depth).max(z.depth);
        let expr = self.round(value, Expr::Fma(Box::new(x.expr), Box::new(y.expr), Box::new(z.expr)));
        Ok(Ex { expr, depth })
    }

    pub(crate) fn binary(&mut self, op: BinaryOp, a: Value, b: Value, value: Value, pos: &[Ix]) -> Result<Ex> {
        let (x, y) = (self.eval(a, pos)?, self.eval(b, pos)?);
        let depth = x.depth.max(y.depth);
        let to = self.scalar(value);
        if matches!(to, Scalar::F32 | Scalar::Bool | Scalar::I8) {
            let expr = self.round(value, Expr::Binary(op, Box::new(x.expr), Box::new(y.expr)));
            return Ok(Ex { expr, depth });
        }
        let (own_a, own_b) = (self.scalar(a), self.scalar(b));
        let widest = own_a.max(own_b).max(to);
        let at = match op {
            // The low bits of the result depend on the low bits of the operands only.
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => to,
            // Order and quotients of numbers that fit 32 bits are the same there.
            BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::MinU | BinaryOp::MaxU => {
                widest
            }
            // Seen as unsigned, a negative number depends on the width.
            BinaryOp::DivU | BinaryOp::RemU | BinaryOp::ShrU | BinaryOp::Shl | BinaryOp::ShrS => {
                let wide_elem = self.kernel.ty(value).elem != Elem::I32;
                if wide_elem && (self.signed(a) || self.signed(b)) { Scalar::I64 } else { widest }
            }
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => to,
        };
        let shift = matches!(op, BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU);
        // Shifted by 32 and more, only a wide number has bits left.
        let far = shift && self.analysis.range(b).is_none_or(|range| range.hi() > 31);
        let at =
            if far && (widest != Scalar::I32 || self.kernel.ty(value).elem != Elem::I32) { Scalar::I64 } else { at };
        let x = resize(x.expr, own_a, at, self.signed(a));
        let y = resize(y.expr, own_b, at, self.signed(b));
        let expr = resize(Expr::Binary(op, Box::new(x), Box::new(y)), at, to, self.signed(value));
        Ok(Ex { expr, depth })
    }

    pub(crate) fn compare(&mut self, predicate: Predicate, a: Value, b: Value, pos: &[Ix]) -> Result<Ex> {
        let (x, y) = (self.eval(a, pos)?, self.eval(b, pos)?);
        let depth = x.depth.max(y.depth);
        let (own_a, own_b) = (self.scalar(a), self.scalar(b));
        let at = own_a.max(own_b);
        let x = resize(x.expr, own_a, at, self.signed(a));
        let y = resize(y.expr, own_b, at, self.signed(b));
        Ok(Ex { expr: Expr::Compare(predicate, Box::new(x), Box::new(y)), depth })
    }

    pub(crate) fn select(&mut self, cond: Value, on_true: Value, on_false: Value, pos: &[Ix]) -> Result<Ex> {
        let at: &[Ix] = if self.kernel.ty(cond).is_scalar() { &[] } else { pos };
        let condition = self.eval(cond, at)?;
        let (x, y) = (self.eval(on_true, pos)?, self.eval(on_false, pos)?);
        let (own_x, own_y) = (self.scalar(on_true), self.scalar(on_false));
        let to = own_x.max(own_y);
        let depth = condition.depth.max(x.depth).max(y.depth);
        let x = resize(x.expr, own_x, to, self.signed(on_true));
        let y = resize(y.expr, own_y, to, self.signed(on_false));
        Ok(Ex { expr: Expr::Select(Box::new(condition.expr), Box::new(x), Box::new(y)), depth })
    }

    pub(crate) fn cast(&mut self, op: &Op, kind: CastOp, x: Value, value: Value, pos: &[Ix]) -> Result<Ex> {
        let (from, to) = (self.scalar(x), self.scalar(value));
        let (from_elem, to_elem) = (self.kernel.ty(x).elem, self.kernel.ty(value).elem);
        let ex = self.eval(x, pos)?;
        let convert = |convert, expr| Expr::Convert(convert, Box::new(expr));
        let expr = match kind {
            CastOp::ExtF => ex.expr,
            CastOp::TruncF => self.round(value, ex.expr),
            CastOp::SIntToFp => {
                // An `i1` is -1 where true.
                let source =
                    if from == Scalar::Bool { convert(Convert::SignExtend(Scalar::I32), ex.expr) } else { ex.expr };
                self.round(value, convert(Convert::SignedToFloat, source))
            }
            CastOp::UIntToFp => {
                let narrowed = from == Scalar::I32 && from_elem != Elem::I32 && self.signed(x);
                let source = if narrowed { resize(ex.expr, from, Scalar::I64, true) } else { ex.expr };
                self.round(value, convert(Convert::UnsignedToFloat, source))
            }
            CastOp::FpToSInt => convert(Convert::FloatToSigned(to), ex.expr),
            CastOp::FpToUInt => convert(Convert::FloatToUnsigned(to), ex.expr),
            CastOp::ExtS => resize_bool(ex.expr, from, to, true),
            CastOp::ExtU => resize_bool(ex.expr, from, to, false),
            CastOp::TruncI => match to {
                Scalar::Bool => convert(Convert::Truncate(to), ex.expr),
                Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64 => resize(ex.expr, from, to, self.signed(x)),
            },
            CastOp::IndexS => resize_bool(ex.expr, from, to, true),
            CastOp::IndexU => resize_bool(ex.expr, from, to, false),
            CastOp::Bitcast => match (from_elem, to_elem) {
                (Elem::F32, Elem::I32) | (Elem::I32, Elem::F32) => convert(Convert::Bits(to), ex.expr),
                (a, b) if a == b => ex.expr,
                (_, _) => return self.refuse(op, from_elem, "reinterpret `f32` and `u32` only"),
            },
        };
        Ok(Ex { expr, depth: ex.depth })
    }
}

/// An integer or truth value in another width; constants are folded only for integers.
fn resize_bool(expr: Expr, from: Scalar, to: Scalar, signed: bool) -> Expr {
    if from == Scalar::Bool {
        let convert = if signed { Convert::SignExtend(to) } else { Convert::ZeroExtend(to) };
        return Expr::Convert(convert, Box::new(expr));
    }
    resize(expr, from, to, signed)
}
