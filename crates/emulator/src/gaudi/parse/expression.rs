//! Expressions and their types.

use super::Parser;
use super::types::element;
use crate::gaudi::error::Error;
use crate::gaudi::exec::scalar;
use crate::gaudi::ir::{Binary, Expr, Node, Unary};
use crate::gaudi::lex::Kind;
use crate::gaudi::names;
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::Value;

/// Operators in a row: each is a level of what is run.
const OPERATORS: usize = 500;

/// Operators of a level, from those that bind least.
const LEVELS: [&[(&str, Binary)]; 10] = [
    &[("||", Binary::Either)],
    &[("&&", Binary::Both)],
    &[("|", Binary::Or)],
    &[("^", Binary::Xor)],
    &[("&", Binary::And)],
    &[("==", Binary::Equal), ("!=", Binary::NotEqual)],
    &[("<=", Binary::LessEqual), (">=", Binary::GreaterEqual), ("<", Binary::Less), (">", Binary::Greater)],
    &[("<<", Binary::Shl), (">>", Binary::Shr)],
    &[("+", Binary::Add), ("-", Binary::Sub)],
    &[("*", Binary::Mul)],
];

impl Parser {
    pub(super) fn expression(&mut self) -> Result<Expr, Error> {
        self.deeper(Parser::choice)
    }

    fn choice(&mut self) -> Result<Expr, Error> {
        let condition = self.level(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let line = condition.line;
        let condition = self.truth(condition)?;
        let (then, _) = (self.expression()?, self.expect(":")?);
        let other = self.expression()?;
        let ty = if then.ty == other.ty { then.ty } else { self.common(&then, &other)? };
        if matches!(ty, Ty::Tensor | Ty::Address) {
            // Which tensor an instruction takes is part of it (source: tpc_llvm, SemaRC99.cpp).
            return Err(Error::at(line, format!("a choice of {ty}")));
        }
        let (then, other) = (self.convert(then, ty)?, self.convert(other, ty)?);
        Ok(Expr { node: Node::Choose(Box::new(condition), Box::new(then), Box::new(other)), ty, line })
    }

    fn level(&mut self, level: usize) -> Result<Expr, Error> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        let mut count = 0;
        while let Some((mark, op)) = operators.iter().find(|(mark, _)| self.is(mark)) {
            self.take(mark);
            let right = self.level(level + 1)?;
            count += 1;
            if count > OPERATORS {
                return Err(Error::at(left.line, format!("more than {OPERATORS} operators in a row")));
            }
            left = self.binary(*op, left, right)?;
        }
        if level == LEVELS.len() - 1 && (self.is("/") || self.is("%")) {
            return self.division(left);
        }
        Ok(left)
    }

    /// `/` and `%` are left only where both sides are constant (source: tpc_llvm, SemaRC99.cpp).
    fn division(&mut self, left: Expr) -> Result<Expr, Error> {
        let line = self.line();
        let rest = self.take("%");
        if !rest {
            self.expect("/")?;
        }
        let right = self.unary()?;
        match (left.whole(), right.whole(), &left.node, &right.node) {
            (Some(a), Some(b), _, _) if b != 0 && left.ty == right.ty => {
                let value = if rest { a % b } else { a / b };
                let value = if left.ty == Ty::Uint { Value::Uint(value as u32) } else { Value::Int(value as i32) };
                Ok(Expr { node: Node::Const(value), ty: left.ty, line })
            }
            (_, _, Node::Const(Value::Float(a)), Node::Const(Value::Float(b))) if !rest => {
                Ok(Expr { node: Node::Const(Value::Float(a / b)), ty: Ty::Float, line })
            }
            _ => Err(Error::at(line, "the core has no division and no remainder")),
        }
    }

    pub(super) fn unary(&mut self) -> Result<Expr, Error> {
        self.deeper(Parser::operand)
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        let line = self.line();
        for (mark, op) in [("-", Unary::Minus), ("!", Unary::Not), ("~", Unary::Invert)] {
            if self.take(mark) {
                let of = self.unary()?;
                let of = if op == Unary::Not { self.truth(of)? } else { of };
                let ty = of.ty;
                let fits = match op {
                    Unary::Minus => {
                        matches!(ty, Ty::Int | Ty::Float) || element(ty).is_some_and(|of| of != Element::U32)
                    }
                    Unary::Not => true,
                    Unary::Invert => {
                        let vector = matches!(element(ty), Some(Element::I32 | Element::U32));
                        matches!(ty, Ty::Int | Ty::Uint | Ty::Mask) || vector
                    }
                };
                if !fits {
                    return Err(Error::at(line, format!("{ty} has no `{mark}`")));
                }
                if let Node::Const(value) = &of.node {
                    return Ok(Expr { node: Node::Const(scalar::unary(op, value)), ty, line });
                }
                return Ok(Expr { node: Node::Unary(op, Box::new(of)), ty, line });
            }
        }
        if self.is("&") || self.is("*") {
            return self.error("pointers are not known here");
        }
        if self.take("(") {
            let Some((ty, _)) = self.ty()? else {
                let inner = self.expression()?;
                self.expect(")")?;
                return self.postfix(inner);
            };
            self.expect(")")?;
            if self.is("{") {
                return self.initial(ty);
            }
            let value = self.unary()?;
            return self.cast(value, ty);
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    fn postfix(&mut self, mut value: Expr) -> Result<Expr, Error> {
        loop {
            let (line, ty) = (self.line(), value.ty);
            if self.take(".") {
                let part = self.word().map(str::to_owned).unwrap_or_default();
                self.next();
                let part = ["v1", "v2", "v3", "v4"].iter().position(|known| *known == part);
                let member = part.and_then(|part| Some((part, *ty.members().get(part)?)));
                let Some((part, member)) = member else {
                    return Err(Error::at(line, format!("{ty} has no such member")));
                };
                value = Expr { node: Node::Part(Box::new(value), part), ty: member, line };
            } else if self.take("[") {
                if ty != Ty::Index {
                    return Err(Error::at(line, format!("lanes of {ty} cannot be reached")));
                }
                let index = self.expression()?;
                self.expect("]")?;
                // Also a constant variable is none that the compiler takes (source: tpc_llvm, SemaRC99.cpp).
                let Some(part @ 0..=4) = index.whole() else {
                    return Err(Error::at(line, "the subscript of an int5 is a constant of 0 to 4"));
                };
                value = Expr { node: Node::Part(Box::new(value), part as usize), ty: Ty::Int, line };
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        let line = self.line();
        let constant = |value: Value, ty: Ty| Ok(Expr { node: Node::Const(value), ty, line });
        match self.next() {
            Kind::Whole(value, true) => constant(Value::Uint(value as u32), Ty::Uint),
            Kind::Whole(value, false) => constant(Value::Int(value as i32), Ty::Int),
            Kind::Float(value) => constant(Value::Float(value), Ty::Float),
            Kind::Mark(mark) => Err(Error::at(line, format!("`{mark}` where a value is meant"))),
            Kind::End => Err(Error::at(line, "the text ends inside an expression")),
            Kind::Word(word) => {
                if self.take("(") {
                    return self.call(&word, line);
                }
                match word.as_str() {
                    "true" | "false" => return constant(Value::Bool(word == "true"), Ty::Bool),
                    "V_LANE_ID_32" => return self.known("read_lane_id_4b_b", vec![], line),
                    _ => {}
                }
                if let Some(value) = names::constant(&word) {
                    return constant(Value::Int(value as i32), Ty::Int);
                }
                if let Some(local) = self.local(&word) {
                    return Ok(Expr { node: Node::Local(local.slot), ty: local.ty, line });
                }
                if let Some(array) = self.arrays.iter().position(|array| array.name == word) {
                    self.expect("[")?;
                    let index = self.expression()?;
                    self.expect("]")?;
                    if !matches!(index.ty, Ty::Int | Ty::Uint) {
                        return Err(Error::at(line, format!("an index is {}", index.ty)));
                    }
                    return Ok(Expr { node: Node::Element(array, Box::new(index)), ty: self.arrays[array].ty, line });
                }
                Err(Error::at(line, format!("`{word}` is not declared")))
            }
        }
    }

    /// A constant whole number.
    pub(super) fn constant(&mut self) -> Result<i64, Error> {
        let line = self.line();
        let value = self.expression()?;
        value.whole().ok_or_else(|| Error::at(line, "a constant whole number is meant"))
    }

    /// What stands behind `=`: a value, or parts in braces.
    pub(super) fn initial(&mut self, ty: Ty) -> Result<Expr, Error> {
        let line = self.line();
        if !self.take("{") {
            let value = self.expression()?;
            return self.convert(value, ty);
        }
        let mut parts = vec![self.expression()?];
        while self.take(",") {
            parts.push(self.expression()?);
        }
        self.expect("}")?;
        let zero = parts.len() == 1 && parts[0].whole() == Some(0);
        let types: Vec<Ty> = match ty.members() {
            members @ [_, ..] => members.to_vec(),
            [] if ty == Ty::Index => vec![Ty::Int; 5],
            [] if zero && element(ty).is_some() => return self.convert(parts.remove(0), ty),
            [] => return Err(Error::at(line, format!("{ty} takes no parts in braces but `{{0}}`"))),
        };
        if zero {
            parts = vec![parts.remove(0); types.len()];
        }
        if parts.len() != types.len() {
            return Err(Error::at(line, format!("{ty} has {} parts, not {}", types.len(), parts.len())));
        }
        let parts = parts.into_iter().zip(types).map(|(part, ty)| self.convert(part, ty));
        Ok(Expr { node: Node::Build(parts.collect::<Result<_, _>>()?), ty, line })
    }
}
