//! Variables, loops, branches.

use emit::{Prec, Text};
use lower_simt::ir::{Expr, Scalar, Stmt, StmtKind, Unroll, Var};
use tile_ir::BinaryOp;

use super::Printer;
use super::range::fits;
use crate::number::Number;

/// Most elements of an array whose start values are listed one by one.
const LISTED: u32 = 8;

impl Printer<'_> {
    pub(super) fn define(&mut self, var: Var, value: &Expr) {
        let text = self.expr(value).text;
        let bound = self.bound(value);
        let name = self.new_var(var, false, bound);
        let ty = self.var_type(var);
        self.body.line(&format!("const {ty} {name} = {text};"));
    }

    pub(super) fn declare(&mut self, var: Var, init: Option<&Expr>) {
        let text = init.map(|init| self.expr(init).text);
        let name = self.new_var(var, true, None);
        let ty = self.var_type(var);
        let len = self.kernel.vars.get(var.0 as usize).and_then(|data| data.len);
        match (len, init, text) {
            (None, _, Some(text)) => self.body.line(&format!("{ty} {name} = {text};")),
            (None, _, None) => self.body.line(&format!("{ty} {name};")),
            (Some(len), Some(init), Some(_)) if is_zero(init) => self.body.line(&format!("{ty} {name}[{len}] = {{}};")),
            (Some(len), Some(init), Some(text)) if len <= LISTED && is_constant(init) => {
                let values = vec![text; len as usize].join(", ");
                self.body.line(&format!("{ty} {name}[{len}] = {{{values}}};"));
            }
            (Some(len), Some(_), Some(text)) => {
                self.body.line(&format!("{ty} {name}[{len}];"));
                self.namer.push();
                let index = self.namer.name("i");
                let most = self.dialect.facts().max_full_unroll;
                self.body.line(&self.dialect.unroll((len > most).then_some(most)));
                let uint = self.dialect.number(Number::U32);
                self.body.open(&format!("for ({uint} {index} = 0; {index} < {len}; ++{index}) {{"));
                self.body.line(&format!("{name}[{index}] = {text};"));
                self.body.close("}");
                self.namer.pop();
            }
            (Some(len), _, _) => self.body.line(&format!("{ty} {name}[{len}];")),
        }
    }

    fn var_type(&mut self, var: Var) -> &'static str {
        let scalar = self.kernel.vars.get(var.0 as usize).map_or(Scalar::I32, |data| data.scalar);
        self.dialect.number(Number::of(scalar))
    }

    /// `name` or `name[index]`: what an assignment changes.
    pub(super) fn target(&mut self, var: Var, index: Option<&Expr>) -> String {
        if self.vars.get(var.0 as usize).is_some_and(|state| state.name.is_some() && !state.changes) {
            self.fail(format!("variable {} never changes, and is assigned", var.0));
        }
        let name = self.var(var);
        match index {
            None => name,
            Some(index) => {
                let index = self.expr(index);
                Text::index(&name, &index).text
            }
        }
    }

    pub(super) fn assign(&mut self, var: Var, index: Option<&Expr>, value: &Expr) {
        let target = self.target(var, index);
        let line = match self.compound(var, index, value) {
            Some((op, operand)) => format!("{target} {op} {};", self.expr(operand).text),
            None => format!("{target} = {};", self.expr(value).text),
        };
        self.body.line(&line);
    }

    /// `+=` and its operand, where the value is the target plus something.
    fn compound<'e>(&self, var: Var, index: Option<&Expr>, value: &'e Expr) -> Option<(&'static str, &'e Expr)> {
        let Expr::Binary(op, left, right) = value else { return None };
        let same = match (left.as_ref(), index) {
            (Expr::Var(left), None) => *left == var,
            (Expr::Element(left, at), Some(index)) => *left == var && at.as_ref() == index,
            _ => false,
        };
        let scalar = self.kernel.vars.get(var.0 as usize)?.scalar;
        if !same || !matches!(scalar, Scalar::F32 | Scalar::I32 | Scalar::I64) {
            return None;
        }
        let float = scalar == Scalar::F32;
        let op = match op {
            BinaryOp::Add => "+=",
            BinaryOp::Sub => "-=",
            BinaryOp::Mul => "*=",
            BinaryOp::DivF if float => "/=",
            BinaryOp::And if !float => "&=",
            BinaryOp::Or if !float => "|=",
            BinaryOp::Xor if !float => "^=",
            BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
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
            | BinaryOp::ShrU => return None,
        };
        Some((op, right))
    }

    pub(super) fn for_loop(&mut self, var: Var, [lower, upper, step]: [&Expr; 3], unroll: Unroll, body: &[Stmt]) {
        let scalar = self.kernel.vars.get(var.0 as usize).map_or(Scalar::I32, |data| data.scalar);
        let wanted = self.kernel.vars.get(var.0 as usize).map_or("", |data| data.name.as_str()).to_owned();
        self.namer.push();
        let first = self.expr(lower);
        let end = self.once(upper, &format!("{wanted}_end"), scalar);
        let increment = self.once(step, &format!("{wanted}_step"), scalar);
        // Where the variable cannot pass the sign bit, both orders agree and C's own comparison will do.
        let last = match (self.bound(lower), self.bound(upper), self.bound(step)) {
            (Some(_), Some(upper), Some(step))
                if upper.checked_add(step).is_some_and(|end| fits(end, scalar).is_some()) =>
            {
                Some(upper.saturating_sub(1))
            }
            _ => None,
        };
        let name = self.new_var(var, false, last);
        let condition = match last {
            Some(_) => Text::binary(&Text::atom(&name), "<", &end, Prec::Relational, false),
            None => {
                let signed = Number::of(scalar).signed();
                let right = match upper {
                    Expr::Int(..) => self.signed(upper),
                    _ => self.dialect.cast(signed, &end),
                };
                let left = self.dialect.cast(signed, &Text::atom(&name));
                Text::binary(&left, "<", &right, Prec::Relational, false)
            }
        };
        let advance = match step {
            Expr::Int(_, 1) => format!("++{name}"),
            _ => format!("{name} += {}", increment.text),
        };
        let most = self.dialect.facts().max_unroll;
        match unroll {
            Unroll::No => {}
            Unroll::By(times) if times.min(most) > 1 => self.body.line(&self.dialect.unroll(Some(times.min(most)))),
            Unroll::By(_) => {}
            Unroll::Full => {
                let most = self.dialect.facts().max_full_unroll;
                let times = trips(lower, upper, step).filter(|&trips| trips > u64::from(most)).map(|_| most);
                self.body.line(&self.dialect.unroll(times));
            }
        }
        let ty = self.dialect.number(Number::of(scalar));
        self.body.open(&format!("for ({ty} {name} = {}; {}; {advance}) {{", first.text, condition.text));
        self.block(body);
        self.body.close("}");
        self.namer.pop();
    }

    /// An expression whose text may be evaluated before every iteration: itself if nothing in it changes, else a constant
    /// computed here.
    fn once(&mut self, expr: &Expr, wanted: &str, scalar: Scalar) -> Text {
        let text = self.expr(expr);
        let mut stable = true;
        expr.for_each(&mut |part| match part {
            Expr::Load(_) | Expr::Element(..) => stable = false,
            Expr::Var(var) => stable &= !self.vars.get(var.0 as usize).is_some_and(|state| state.changes),
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Builtin(_)
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => {}
        });
        if stable {
            return text;
        }
        let name = self.namer.name(wanted);
        let ty = self.dialect.number(Number::of(scalar));
        self.body.line(&format!("const {ty} {name} = {};", text.text));
        Text::atom(name)
    }

    pub(super) fn while_loop(&mut self, before: &[Stmt], condition: &Expr, body: &[Stmt]) {
        self.namer.push();
        if before.is_empty() {
            let condition = self.expr(condition).text;
            self.body.open(&format!("while ({condition}) {{"));
        } else {
            self.body.open("while (true) {");
            self.block(before);
            let stop = self.negated(condition).text;
            self.body.open(&format!("if ({stop}) {{"));
            self.body.line("break;");
            self.body.close("}");
        }
        self.block(body);
        self.body.close("}");
        self.namer.pop();
    }

    fn negated(&mut self, condition: &Expr) -> Text {
        Text::prefix("!", &self.expr(condition))
    }

    pub(super) fn branch(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let swapped = then.is_empty() && !otherwise.is_empty();
        let text = if swapped { self.negated(condition) } else { self.expr(condition) };
        let (first, mut rest) = if swapped { (otherwise, then) } else { (then, otherwise) };
        self.body.open(&format!("if ({}) {{", text.text));
        self.scope(first);
        while let [Stmt { kind: StmtKind::If { condition, then, otherwise }, .. }] = rest {
            let text = self.expr(condition).text;
            self.body.reopen(&format!("}} else if ({text}) {{"));
            self.scope(then);
            rest = otherwise;
        }
        if !rest.is_empty() {
            self.body.reopen("} else {");
            self.scope(rest);
        }
        self.body.close("}");
    }
}

/// Whether every bit of the value is zero.
fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Float(value) => value.to_bits() == 0,
        Expr::Int(_, value) => *value == 0,
        Expr::Bool(value) => !value,
        _ => false,
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Float(_) | Expr::Int(..) | Expr::Bool(_))
}

/// Iterations of a loop with constant bounds.
fn trips(lower: &Expr, upper: &Expr, step: &Expr) -> Option<u64> {
    let (Expr::Int(_, lower), Expr::Int(_, upper), Expr::Int(_, step)) = (lower, upper, step) else { return None };
    (*step > 0).then(|| upper.saturating_sub(*lower).div_ceil(*step))
}
