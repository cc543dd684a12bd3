//! Numbers.

use emit::{FloatClass, Prec, Text, float_literal};
use lower_nki::ir::{Expr, Number};

use super::Printer;

impl Printer<'_> {
    pub(super) fn expr(&self, expr: &Expr) -> Text {
        let two = |a: &Expr, op, b: &Expr, prec, associative| {
            Text::binary(&self.expr(a), op, &self.expr(b), prec, associative)
        };
        match expr {
            Expr::Int(n) if *n < 0 => Text::new(n.to_string(), Prec::Unary),
            Expr::Int(n) => Text::atom(n.to_string()),
            Expr::Var(var) => Text::atom(self.vars.get(&var.0).cloned().unwrap_or_default()),
            Expr::Add(a, b) => two(a, "+", b, Prec::Sum, true),
            Expr::Sub(a, b) => two(a, "-", b, Prec::Sum, false),
            Expr::Mul(a, b) => two(a, "*", b, Prec::Product, true),
            Expr::Div(a, b) => two(a, "//", &Expr::Int(*b), Prec::Product, false),
            Expr::Rem(a, b) => two(a, "%", &Expr::Int(*b), Prec::Product, false),
            Expr::Min(a, b) => Text::call("min", &[self.expr(a), self.expr(b)]),
            Expr::Max(a, b) => Text::call("max", &[self.expr(a), self.expr(b)]),
        }
    }

    pub(super) fn number(&self, number: &Number) -> String {
        match number {
            Number::Float(x) => float(*x),
            Number::Int(n) => n.to_string(),
            Number::Of(expr) => self.expr(expr).text,
        }
    }
}

/// A literal.
pub(super) fn float(x: f32) -> String {
    match float_literal(x) {
        FloatClass::Number(text) => text,
        FloatClass::Infinity { negative: false } => "float(\"inf\")".to_owned(),
        FloatClass::Infinity { negative: true } => "float(\"-inf\")".to_owned(),
        FloatClass::Nan(_) => "float(\"nan\")".to_owned(),
    }
}
