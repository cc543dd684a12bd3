//! Operations of two operands, and comparisons.

use emit::{Prec, Text};
use lower_simt::ir::{Expr, Scalar};
use tile_ir::{BinaryOp, Predicate};

use super::Printer;
use super::expr::untyped;
use crate::number::Number;

impl Printer<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Text {
        match x.scalar(self.kernel) {
            Scalar::F32 => self.float_binary(op, x, y),
            Scalar::Bool => self.bool_binary(op, x, y),
            scalar @ (Scalar::I8 | Scalar::I32 | Scalar::I64) => self.int_binary(op, scalar, x, y),
        }
    }

    fn float_binary(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Text {
        let (x, y) = (self.expr(x), self.expr(y));
        let maths = self.dialect.facts().maths;
        match op {
            BinaryOp::Add => Text::binary(&x, "+", &y, Prec::Sum, false),
            BinaryOp::Sub => Text::binary(&x, "-", &y, Prec::Sum, false),
            BinaryOp::Mul => Text::binary(&x, "*", &y, Prec::Product, false),
            BinaryOp::DivF => Text::binary(&x, "/", &y, Prec::Product, false),
            BinaryOp::MinF => Text::call(maths.min, &[x, y]),
            BinaryOp::MaxF => Text::call(maths.max, &[x, y]),
            BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => self.mismatch(op.mlir_name(false), "f32"),
        }
    }

    fn bool_binary(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Text {
        let (x, y) = (self.expr(x), self.expr(y));
        match op {
            BinaryOp::And => Text::binary(&x, "&&", &y, Prec::And, true),
            BinaryOp::Or => Text::binary(&x, "||", &y, Prec::Or, true),
            BinaryOp::Xor if y.text == "true" => Text::prefix("!", &x),
            BinaryOp::Xor => Text::binary(&x, "!=", &y, Prec::Equality, false),
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => self.mismatch(op.mlir_name(false), "i1"),
        }
    }

    fn int_binary(&mut self, op: BinaryOp, scalar: Scalar, x: &Expr, y: &Expr) -> Text {
        let positive = self.bound(x).is_some() && self.bound(y).is_some();
        let text = match op {
            BinaryOp::Add => self.operator(x, "+", y, Prec::Sum, true),
            BinaryOp::Sub => self.operator(x, "-", y, Prec::Sum, false),
            BinaryOp::Mul => self.operator(x, "*", y, Prec::Product, true),
            BinaryOp::And => self.operator(x, "&", y, Prec::BitAnd, true),
            BinaryOp::Or => self.operator(x, "|", y, Prec::BitOr, true),
            BinaryOp::Xor => self.operator(x, "^", y, Prec::BitXor, true),
            BinaryOp::DivU => self.operator(x, "/", y, Prec::Product, false),
            BinaryOp::RemU => self.operator(x, "%", y, Prec::Product, false),
            BinaryOp::DivS if positive => self.operator(x, "/", y, Prec::Product, false),
            BinaryOp::RemS if positive => self.operator(x, "%", y, Prec::Product, false),
            BinaryOp::DivS => self.signed_operator(scalar, x, "/", y),
            BinaryOp::RemS => self.signed_operator(scalar, x, "%", y),
            BinaryOp::Shl => self.shift(x, "<<", y),
            BinaryOp::ShrU => self.shift(x, ">>", y),
            BinaryOp::ShrS if self.bound(x).is_some() => self.shift(x, ">>", y),
            BinaryOp::ShrS => {
                let value = self.signed(x);
                let amount = self.expr(y);
                let shifted = Text::binary(&value, ">>", &amount, Prec::Shift, false);
                return self.dialect.cast(Number::of(scalar), &shifted);
            }
            BinaryOp::MinU => return self.extreme("min", false, scalar, x, y),
            BinaryOp::MaxU => return self.extreme("max", false, scalar, x, y),
            BinaryOp::MinS => return self.extreme("min", !positive, scalar, x, y),
            BinaryOp::MaxS => return self.extreme("max", !positive, scalar, x, y),
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => {
                return self.mismatch(op.mlir_name(true), "an integer type");
            }
        };
        // C computes small integers as `int`; the result goes back to its own type, and has wrapped.
        if scalar == Scalar::I8 { self.dialect.cast(Number::U8, &text) } else { text }
    }

    /// An operator on unsigned numbers; one operand is of the type by itself, so that the other may be a bare constant.
    fn operator(&mut self, x: &Expr, op: &'static str, y: &Expr, prec: Prec, associative: bool) -> Text {
        let left = if untyped(x) && untyped(y) { self.typed(x) } else { self.expr(x) };
        let right = self.expr(y);
        Text::binary(&left, op, &right, prec, associative)
    }

    fn signed_operator(&mut self, scalar: Scalar, x: &Expr, op: &'static str, y: &Expr) -> Text {
        let (left, right) = (self.signed(x), self.signed(y));
        let text = Text::binary(&left, op, &right, Prec::Product, false);
        self.dialect.cast(Number::of(scalar), &text)
    }

    fn shift(&mut self, x: &Expr, op: &'static str, y: &Expr) -> Text {
        let (value, amount) = (self.typed(x), self.expr(y));
        Text::binary(&value, op, &amount, Prec::Shift, false)
    }

    /// `min` or `max`, whose overloads want both arguments of one type.
    fn extreme(&mut self, function: &str, signed: bool, scalar: Scalar, x: &Expr, y: &Expr) -> Text {
        let exact = Number::of(scalar);
        let args = [x, y].map(|operand| {
            let text = if signed { self.signed(operand) } else { self.typed(operand) };
            match (scalar, operand) {
                (Scalar::I8, _) => self.dialect.cast(if signed { Number::S32 } else { Number::U32 }, &text),
                (Scalar::I64, Expr::Int(..)) if signed => self.dialect.cast(Number::S64, &text),
                (Scalar::I32 | Scalar::I64 | Scalar::Bool | Scalar::F32, _) => text,
            }
        });
        let call = Text::call(function, &args);
        if signed || scalar == Scalar::I8 { self.dialect.cast(exact, &call) } else { call }
    }

    pub(super) fn compare(&mut self, predicate: Predicate, x: &Expr, y: &Expr) -> Text {
        let scalar = x.scalar(self.kernel);
        if predicate.is_float() != (scalar == Scalar::F32) {
            return self.mismatch("a comparison", "the other kind of number");
        }
        let (op, signed) = match predicate {
            Predicate::FEq | Predicate::IEq => ("==", false),
            Predicate::FNe | Predicate::INe => ("!=", false),
            Predicate::FLt | Predicate::ULt => ("<", false),
            Predicate::FLe | Predicate::ULe => ("<=", false),
            Predicate::FGt | Predicate::UGt => (">", false),
            Predicate::FGe | Predicate::UGe => (">=", false),
            Predicate::SLt => ("<", true),
            Predicate::SLe => ("<=", true),
            Predicate::SGt => (">", true),
            Predicate::SGe => (">=", true),
        };
        let prec = if matches!(op, "==" | "!=") { Prec::Equality } else { Prec::Relational };
        let (left, right) = match scalar {
            // A signed bit is 0 or -1: the order is the other way round.
            Scalar::Bool if signed => (self.expr(y), self.expr(x)),
            Scalar::I8 | Scalar::I32 | Scalar::I64
                if signed && (self.bound(x).is_none() || self.bound(y).is_none()) =>
            {
                (self.signed(x), self.signed(y))
            }
            Scalar::Bool | Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64 => (self.expr(x), self.expr(y)),
        };
        Text::binary(&left, op, &right, prec, false)
    }

    fn mismatch(&mut self, what: &str, on: &str) -> Text {
        self.fail(format!("`{what}` on {on}"));
        Text::atom(String::new())
    }
}
