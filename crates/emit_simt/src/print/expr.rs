//! Expressions.

use emit::{Prec, Text};
use lower_simt::ir::{Expr, Scalar};
use tile_ir::UnaryOp;

use super::Printer;
use crate::number::Number;

/// How an integer constant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    /// `5`: what stands around it makes it unsigned, or does not care.
    Plain,
    /// `5u`: of its own type.
    Typed,
}

impl Printer<'_> {
    /// An expression whose surroundings convert integers: an assignment, an index, an operand beside a typed one.
    pub(super) fn expr(&mut self, expr: &Expr) -> Text {
        self.expr_as(expr, Constant::Plain)
    }

    /// An expression that has its own type, whatever stands around it.
    pub(super) fn typed(&mut self, expr: &Expr) -> Text {
        self.expr_as(expr, Constant::Typed)
    }

    fn expr_as(&mut self, expr: &Expr, constant: Constant) -> Text {
        match expr {
            Expr::Float(value) => self.dialect.float(*value),
            Expr::Int(scalar, value) => self.int(*scalar, *value, constant),
            Expr::Bool(value) => Text::atom(if *value { "true" } else { "false" }),
            Expr::Var(var) => Text::atom(self.var(*var)),
            Expr::Element(var, index) => {
                let index = self.expr(index);
                Text::index(&self.var(*var), &index)
            }
            Expr::Builtin(builtin) => match self.builtins.get(builtin) {
                Some(access) => Text::atom(access.clone()),
                None => Text::atom(String::new()),
            },
            Expr::Param(index) => match self.params.get(*index) {
                Some(name) => Text::atom(name.clone()),
                None => {
                    self.fail(format!("parameter {index} does not exist"));
                    Text::atom(String::new())
                }
            },
            Expr::Unary(op, x) => self.unary(*op, x),
            Expr::Binary(op, x, y) => self.binary(*op, x, y),
            Expr::Fma(x, y, z) => {
                let args = [self.expr(x), self.expr(y), self.expr(z)];
                Text::call(self.dialect.facts().maths.fma, &args)
            }
            Expr::Compare(predicate, x, y) => self.compare(*predicate, x, y),
            Expr::Select(condition, x, y) => {
                let condition = self.expr(condition);
                let constant = if untyped(x) && untyped(y) { constant } else { Constant::Plain };
                let (x, y) = (self.expr_as(x, constant), self.expr_as(y, constant));
                Text::conditional(&condition, &x, &y)
            }
            Expr::Convert(convert, x) => self.convert(*convert, x),
            Expr::Load(place) => self.load(place),
        }
    }

    fn unary(&mut self, op: UnaryOp, x: &Expr) -> Text {
        let x = self.expr(x);
        match self.dialect.facts().maths.unary(op) {
            Some(function) => Text::call(function, &[x]),
            None => Text::prefix("-", &x),
        }
    }

    /// An integer constant; `value` is its bits. Decimal where the same number is meant by any type.
    pub(super) fn int(&self, scalar: Scalar, value: u64, constant: Constant) -> Text {
        let small = value < 1 << 31;
        let digits = if small { value.to_string() } else { format!("{value:#x}") };
        match scalar {
            Scalar::Bool => Text::atom(if value & 1 == 1 { "true" } else { "false" }),
            Scalar::I8 => match constant {
                Constant::Plain => Text::atom(digits),
                Constant::Typed => self.dialect.cast(Number::U8, &Text::atom(digits)),
            },
            _ if small && constant == Constant::Plain => Text::atom(digits),
            Scalar::I32 | Scalar::F32 => Text::atom(format!("{digits}u")),
            Scalar::I64 => Text::atom(format!("{digits}{}", self.dialect.facts().u64_suffix)),
        }
    }

    /// The expression read as a signed number, to be combined with others that are.
    pub(super) fn signed(&mut self, expr: &Expr) -> Text {
        let scalar = expr.scalar(self.kernel);
        let number = Number::of(scalar).signed();
        match expr {
            Expr::Int(Scalar::I8, value) => signed_literal(i64::from(*value as u8 as i8)),
            Expr::Int(Scalar::I32, value) if *value as u32 != 1 << 31 => {
                signed_literal(i64::from(*value as u32 as i32))
            }
            Expr::Int(Scalar::I64, value) if i32::try_from(*value as i64).is_ok() => signed_literal(*value as i64),
            _ => {
                let text = self.typed(expr);
                self.dialect.cast(number, &text)
            }
        }
    }
}

fn signed_literal(value: i64) -> Text {
    Text::new(value.to_string(), if value < 0 { Prec::Unary } else { Prec::Postfix })
}

/// Whether an expression is made of constants alone, so that its text has no type of its own.
pub(super) fn untyped(expr: &Expr) -> bool {
    match expr {
        Expr::Int(..) => true,
        Expr::Select(_, x, y) => untyped(x) && untyped(y),
        Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Var(_)
        | Expr::Element(..)
        | Expr::Builtin(_)
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Convert(..)
        | Expr::Load(_) => false,
    }
}
