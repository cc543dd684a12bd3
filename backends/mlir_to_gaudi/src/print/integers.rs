//! Whole numbers in the lanes of vectors.

use emit::{Prec, Text};
use tile_ir::{BinaryOp, Predicate};

use super::Printer;
use super::quotients;

/// `(uint64)x`.
pub(super) fn unsigned(x: &Text) -> Text {
    Text::new(format!("(uint64){}", x.at_least(Prec::Unary)), Prec::Unary)
}

/// `(int64)x`.
pub(super) fn signed(x: &Text) -> Text {
    Text::new(format!("(int64){}", x.at_least(Prec::Unary)), Prec::Unary)
}

/// The word of a comparison in names of functions, and whether it is of unsigned numbers.
pub(super) const fn word(predicate: Predicate) -> (&'static str, bool) {
    match predicate {
        Predicate::FEq | Predicate::IEq => ("eq", false),
        Predicate::FNe | Predicate::INe => ("neq", false),
        Predicate::FLt | Predicate::SLt => ("less", false),
        Predicate::FLe | Predicate::SLe => ("leq", false),
        Predicate::FGt | Predicate::SGt => ("grt", false),
        Predicate::FGe | Predicate::SGe => ("geq", false),
        Predicate::ULt => ("less", true),
        Predicate::ULe => ("leq", true),
        Predicate::UGt => ("grt", true),
        Predicate::UGe => ("geq", true),
    }
}

impl Printer<'_> {
    /// An operation on two vectors of whole numbers, or one and a scalar. Sums and products wrap.
    pub(super) fn whole(&mut self, op: BinaryOp, x: &Text, y: &Text) -> Text {
        let binary = |op, prec, associative| Text::binary(x, op, y, prec, associative);
        match op {
            BinaryOp::Add => binary("+", Prec::Sum, true),
            BinaryOp::Sub => binary("-", Prec::Sum, false),
            BinaryOp::Mul => binary("*", Prec::Product, true),
            BinaryOp::And => binary("&", Prec::BitAnd, true),
            BinaryOp::Or => binary("|", Prec::BitOr, true),
            BinaryOp::Xor => binary("^", Prec::BitXor, true),
            BinaryOp::Shl => binary("<<", Prec::Shift, false),
            BinaryOp::ShrS => binary(">>", Prec::Shift, false),
            BinaryOp::ShrU => signed(&Text::binary(&unsigned(x), ">>", &unsigned(y), Prec::Shift, false)),
            BinaryOp::MinS => Text::call("v_i32_min_b", &[x.clone(), y.clone()]),
            BinaryOp::MaxS => Text::call("v_i32_max_b", &[x.clone(), y.clone()]),
            BinaryOp::MinU => signed(&Text::call("v_u32_min_b", &[unsigned(x), unsigned(y)])),
            BinaryOp::MaxU => signed(&Text::call("v_u32_max_b", &[unsigned(x), unsigned(y)])),
            BinaryOp::DivU => {
                quotients::quotients(&mut self.helpers);
                signed(&Text::call("divide_u32", &[unsigned(x), unsigned(y)]))
            }
            BinaryOp::RemU => {
                quotients::remainders(&mut self.helpers);
                signed(&Text::call("remainder_u32", &[unsigned(x), unsigned(y)]))
            }
            BinaryOp::DivS => {
                quotients::signed_quotients(&mut self.helpers);
                Text::call("divide_i32", &[x.clone(), y.clone()])
            }
            BinaryOp::RemS => {
                quotients::signed_remainders(&mut self.helpers);
                Text::call("remainder_i32", &[x.clone(), y.clone()])
            }
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => {
                self.fail(format!("{op:?} on whole numbers"));
                x.clone()
            }
        }
    }

    /// An operation on two vectors of `float`, or one and a scalar.
    pub(super) fn real(&mut self, op: BinaryOp, x: &Text, y: &Text) -> Text {
        match op {
            BinaryOp::Add => Text::binary(x, "+", y, Prec::Sum, false),
            BinaryOp::Sub => Text::binary(x, "-", y, Prec::Sum, false),
            BinaryOp::Mul => Text::binary(x, "*", y, Prec::Product, false),
            BinaryOp::DivF => {
                quotients::floats(&mut self.helpers);
                Text::call("divide_f32", &[x.clone(), y.clone()])
            }
            BinaryOp::MinF => Text::call("v_f32_min_b", &[x.clone(), y.clone()]),
            BinaryOp::MaxF => Text::call("v_f32_max_b", &[x.clone(), y.clone()]),
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
            | BinaryOp::ShrU => {
                self.fail(format!("{op:?} on floats"));
                x.clone()
            }
        }
    }
}
