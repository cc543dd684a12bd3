//! Expressions.

use emit::{Prec, Text};
use lower_dma::ir::{Expr, Scalar};
use tile_ir::UnaryOp;

use super::Printer;
use crate::number;

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Text {
        match expr {
            Expr::Float(value) => number::float(*value, self.function(), &mut self.helpers),
            Expr::Int(scalar, value) => number::int(*scalar, *value),
            Expr::Bool(value) => Text::atom(if *value { "true" } else { "false" }),
            Expr::Var(var) => Text::atom(self.var(*var)),
            Expr::Core => Text::atom(self.core.clone()),
            Expr::Param(index) => match self.params.get(*index) {
                Some(param) => Text::atom(param.name.clone()),
                None => {
                    self.fail(format!("parameter {index} does not exist"));
                    Text::atom(String::new())
                }
            },
            Expr::Unary(op, x) => self.unary(*op, x),
            Expr::Binary(op, x, y) => self.binary(*op, expr, x, y),
            Expr::Fma(x, y, z) => {
                let (x, y, z) = (self.expr(x), self.expr(y), self.expr(z));
                Text::binary(&Text::binary(&x, "*", &y, Prec::Product, false), "+", &z, Prec::Sum, false)
            }
            Expr::Compare(predicate, x, y) => self.compare(*predicate, x, y),
            Expr::Select(condition, x, y) => {
                let condition = self.expr(condition);
                let (x, y) = (self.typed(x), self.typed(y));
                Text::conditional(&condition, &x, &y)
            }
            Expr::Convert(convert, x) => self.convert(*convert, x),
        }
    }

    /// An expression that has its type by itself: constants of 64 bits do not.
    pub(super) fn typed(&mut self, expr: &Expr) -> Text {
        let text = self.expr(expr);
        match expr {
            Expr::Int(Scalar::I64, _) if text.prec != Prec::Unary || text.text.starts_with('-') => {
                self.cast("int64_t", &text)
            }
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Var(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => text,
        }
    }

    /// `(ty)x`.
    pub(super) fn cast(&self, ty: &str, x: &Text) -> Text {
        Text::new(format!("({ty}){}", x.at_least(Prec::Unary)), Prec::Unary)
    }

    fn unary(&mut self, op: UnaryOp, x: &Expr) -> Text {
        let x = self.expr(x);
        let function = match op {
            UnaryOp::Neg => return Text::prefix("-", &x),
            UnaryOp::Abs => return self.magnitude(&x),
            UnaryOp::Exp => "expf",
            UnaryOp::Log => "logf",
            UnaryOp::Sqrt => "sqrtf",
            UnaryOp::Rsqrt => "rsqrtf",
            UnaryOp::Tanh => "tanhf",
            UnaryOp::Sin => "sinf",
            UnaryOp::Cos => "cosf",
            UnaryOp::Floor => "floorf",
        };
        if !self.dialect.facts().target.scalar_unary.contains(&op) {
            self.fail(format!("scalar code has no `{function}`"));
        }
        Text::call(function, &[x])
    }

    /// Without the sign, by bits: scalar units have no such function.
    fn magnitude(&mut self, x: &Text) -> Text {
        let function = self.function();
        let bits = number::bits_of(x, function, &mut self.helpers);
        let cut = Text::binary(&bits, "&", &Text::atom("0x7fffffffu"), Prec::BitAnd, true);
        number::of_bits(&cut, function, &mut self.helpers)
    }
}
