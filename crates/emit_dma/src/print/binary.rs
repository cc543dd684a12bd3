//! Operations of two operands, and comparisons.

use emit::{Prec, Text};
use lower_dma::ir::{Expr, Scalar};
use tile_ir::{BinaryOp, Predicate};

use super::Printer;
use crate::number::{self, c_type, unsigned_type};

impl Printer<'_> {
    /// `whole` is the expression of which `op`, `x` and `y` are the parts.
    pub(super) fn binary(&mut self, op: BinaryOp, whole: &Expr, x: &Expr, y: &Expr) -> Text {
        match x.scalar(self.kernel) {
            Scalar::F32 => self.float_binary(op, x, y),
            Scalar::Bool => self.bool_binary(op, x, y),
            scalar @ (Scalar::I32 | Scalar::I64) => self.int_binary(op, scalar, whole, x, y),
        }
    }

    fn float_binary(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Text {
        let (x, y, function) = (self.expr(x), self.expr(y), self.function());
        match op {
            BinaryOp::Add => Text::binary(&x, "+", &y, Prec::Sum, false),
            BinaryOp::Sub => Text::binary(&x, "-", &y, Prec::Sum, false),
            BinaryOp::Mul => Text::binary(&x, "*", &y, Prec::Product, false),
            BinaryOp::DivF => Text::binary(&x, "/", &y, Prec::Product, false),
            BinaryOp::MinF => number::extreme(false, "float", x, y, function, &mut self.helpers),
            BinaryOp::MaxF => number::extreme(true, "float", x, y, function, &mut self.helpers),
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

    fn int_binary(&mut self, op: BinaryOp, scalar: Scalar, whole: &Expr, x: &Expr, y: &Expr) -> Text {
        // What the lowering puts together need not be read.
        match (op, x, y) {
            (BinaryOp::Add | BinaryOp::Sub, x, Expr::Int(_, 0))
            | (BinaryOp::Mul | BinaryOp::DivS, x, Expr::Int(_, 1)) => {
                return self.typed(x);
            }
            (BinaryOp::Add, Expr::Int(_, 0), y) | (BinaryOp::Mul, Expr::Int(_, 1), y) => return self.typed(y),
            (BinaryOp::Mul, Expr::Int(_, 0), _) | (BinaryOp::Mul, _, Expr::Int(_, 0)) => {
                return self.typed(&Expr::Int(scalar, 0));
            }
            (_, _, _) => {}
        }
        let (signed, unsigned, function) = (c_type(scalar), unsigned_type(scalar), self.function());
        let plain = self.ranges.stays(whole);
        match op {
            BinaryOp::Add => self.sum_or_product(plain, scalar, x, "+", y, Prec::Sum, true),
            BinaryOp::Sub => self.sum_or_product(plain, scalar, x, "-", y, Prec::Sum, false),
            BinaryOp::Mul => self.sum_or_product(plain, scalar, x, "*", y, Prec::Product, true),
            BinaryOp::And => self.operator(x, "&", y, Prec::BitAnd, true),
            BinaryOp::Or => self.operator(x, "|", y, Prec::BitOr, true),
            BinaryOp::Xor => self.operator(x, "^", y, Prec::BitXor, true),
            BinaryOp::DivS => self.operator(x, "/", y, Prec::Product, false),
            BinaryOp::RemS => self.operator(x, "%", y, Prec::Product, false),
            BinaryOp::DivU => self.unsigned(scalar, x, "/", y, Prec::Product),
            BinaryOp::RemU => self.unsigned(scalar, x, "%", y, Prec::Product),
            BinaryOp::Shl => self.shift(scalar, unsigned, x, "<<", y),
            BinaryOp::ShrU => self.shift(scalar, unsigned, x, ">>", y),
            BinaryOp::ShrS => {
                let (x, y) = (self.typed(x), self.expr(y));
                Text::binary(&x, ">>", &y, Prec::Shift, false)
            }
            BinaryOp::MinS | BinaryOp::MaxS => {
                let (x, y) = (self.expr(x), self.expr(y));
                number::extreme(op == BinaryOp::MaxS, signed, x, y, function, &mut self.helpers)
            }
            BinaryOp::MinU | BinaryOp::MaxU => {
                let (x, y) = (self.expr(x), self.expr(y));
                let (x, y) = (self.cast(unsigned, &x), self.cast(unsigned, &y));
                let call = number::extreme(op == BinaryOp::MaxU, unsigned, x, y, function, &mut self.helpers);
                self.cast(signed, &call)
            }
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => self.mismatch(op.mlir_name(true), "an integer type"),
        }
    }

    /// Plain where the result is known to fit, else on the unsigned type, which wraps.
    #[expect(clippy::too_many_arguments, reason = "the parts of one operator")]
    fn sum_or_product(
        &mut self,
        plain: bool,
        scalar: Scalar,
        x: &Expr,
        op: &'static str,
        y: &Expr,
        prec: Prec,
        associative: bool,
    ) -> Text {
        if plain {
            return self.operator(x, op, y, prec, associative);
        }
        self.unsigned(scalar, x, op, y, prec)
    }

    /// An operator on signed numbers; one operand is of the type by itself, so that the other may be a bare constant.
    fn operator(&mut self, x: &Expr, op: &'static str, y: &Expr, prec: Prec, associative: bool) -> Text {
        let bare = |expr: &Expr| matches!(expr, Expr::Int(..));
        let left = if bare(x) && bare(y) { self.typed(x) } else { self.expr(x) };
        let right = self.expr(y);
        Text::binary(&left, op, &right, prec, associative)
    }

    fn unsigned(&mut self, scalar: Scalar, x: &Expr, op: &'static str, y: &Expr, prec: Prec) -> Text {
        let (x, y) = (self.expr(x), self.expr(y));
        let unsigned = unsigned_type(scalar);
        let text = Text::binary(&self.cast(unsigned, &x), op, &self.cast(unsigned, &y), prec, false);
        self.cast(c_type(scalar), &text)
    }

    fn shift(&mut self, scalar: Scalar, unsigned: &str, x: &Expr, op: &'static str, y: &Expr) -> Text {
        let (x, y) = (self.expr(x), self.expr(y));
        let text = Text::binary(&self.cast(unsigned, &x), op, &y, Prec::Shift, false);
        self.cast(c_type(scalar), &text)
    }

    pub(super) fn compare(&mut self, predicate: Predicate, x: &Expr, y: &Expr) -> Text {
        let scalar = x.scalar(self.kernel);
        if predicate.is_float() != (scalar == Scalar::F32) {
            return self.mismatch("a comparison", "the other kind of number");
        }
        let (op, unsigned) = match predicate {
            Predicate::FEq | Predicate::IEq => ("==", false),
            Predicate::FNe | Predicate::INe => ("!=", false),
            Predicate::FLt | Predicate::SLt => ("<", false),
            Predicate::FLe | Predicate::SLe => ("<=", false),
            Predicate::FGt | Predicate::SGt => (">", false),
            Predicate::FGe | Predicate::SGe => (">=", false),
            Predicate::ULt => ("<", true),
            Predicate::ULe => ("<=", true),
            Predicate::UGt => (">", true),
            Predicate::UGe => (">=", true),
        };
        let prec = if matches!(op, "==" | "!=") { Prec::Equality } else { Prec::Relational };
        let known = |expr: &Expr| self.ranges.of(expr).is_some_and(|range| range.lo >= 0);
        let same = known(x) && known(y);
        let (mut left, mut right) = (self.expr(x), self.expr(y));
        if unsigned && !same && scalar != Scalar::Bool {
            let ty = unsigned_type(scalar);
            (left, right) = (self.cast(ty, &left), self.cast(ty, &right));
        }
        Text::binary(&left, op, &right, prec, false)
    }

    pub(super) fn mismatch(&mut self, what: &str, on: &str) -> Text {
        self.fail(format!("`{what}` on {on}"));
        Text::atom(String::new())
    }
}
