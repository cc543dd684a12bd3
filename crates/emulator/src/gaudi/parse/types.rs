//! Types of operators, and conversions.

use super::Parser;
use crate::gaudi::error::Error;
use crate::gaudi::exec::scalar;
use crate::gaudi::ir::{Binary, Expr, Node};
use crate::gaudi::ty::{Element, Ty};

/// Elements that operators work on.
pub(super) fn element(ty: Ty) -> Option<Element> {
    match ty {
        Ty::Vector(element) => Some(element),
        Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Half | Ty::Tensor | Ty::Index => None,
        Ty::Bytes | Ty::Mask | Ty::Pair | Ty::Quad | Ty::IndexValue | Ty::Address => None,
    }
}

impl Parser {
    /// A condition.
    pub(super) fn truth(&self, value: Expr) -> Result<Expr, Error> {
        match value.ty {
            Ty::Bool => Ok(value),
            Ty::Int | Ty::Uint => {
                let line = value.line;
                Ok(Expr { node: Node::Convert(Box::new(value)), ty: Ty::Bool, line })
            }
            ty => Err(Error::at(value.line, format!("a condition is a whole number, not {ty}"))),
        }
    }

    /// The type of an operation on two scalars, or a vector and a scalar.
    pub(super) fn common(&self, left: &Expr, right: &Expr) -> Result<Ty, Error> {
        let pair = (left.ty, right.ty);
        let is = |value: &Expr| value.whole().is_some_and(|value| value >= 0);
        Ok(match pair {
            (a, b) if a == b => a,
            (Ty::Vector(_) | Ty::Index, b) if b.is_whole() || b == Ty::Float => left.ty,
            (a, Ty::Vector(_) | Ty::Index) if a.is_whole() || a == Ty::Float => right.ty,
            (Ty::Float, b) if b.is_whole() => Ty::Float,
            (a, Ty::Float) if a.is_whole() => Ty::Float,
            (Ty::Bool, b) if b.is_whole() => b,
            (a, Ty::Bool) if a.is_whole() => a,
            (Ty::Int, Ty::Uint) if is(left) => Ty::Uint,
            (Ty::Uint, Ty::Int) if is(right) => Ty::Uint,
            (a, b) => return Err(Error::at(left.line, format!("{a} and {b} do not go together without a cast"))),
        })
    }

    pub(super) fn binary(&mut self, op: Binary, left: Expr, right: Expr) -> Result<Expr, Error> {
        let line = left.line;
        if matches!(op, Binary::Both | Binary::Either) {
            let (left, right) = (self.truth(left)?, self.truth(right)?);
            return Ok(Expr { node: Node::Binary(op, Box::new(left), Box::new(right)), ty: Ty::Bool, line });
        }
        let ty = if matches!(op, Binary::Shl | Binary::Shr) && !matches!(right.ty, Ty::Vector(_)) {
            left.ty
        } else {
            self.common(&left, &right)?
        };
        let ty = if ty == Ty::Bool { Ty::Int } else { ty };
        let compares = match op {
            Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => true,
            Binary::Equal | Binary::NotEqual => true,
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Shl | Binary::Shr => false,
            Binary::And | Binary::Or | Binary::Xor | Binary::Both | Binary::Either => false,
        };
        let bits = matches!(op, Binary::And | Binary::Or | Binary::Xor);
        let shifts = matches!(op, Binary::Shl | Binary::Shr);
        let fits = match ty {
            Ty::Int | Ty::Uint => true,
            Ty::Float => !bits && !shifts,
            Ty::Index => !bits && !shifts && !compares,
            Ty::Mask => bits,
            Ty::Vector(Element::F32) => !bits && !shifts && !compares,
            Ty::Vector(Element::I32 | Element::U32) => !compares,
            // Operators of vectors of narrow numbers are not in the documents.
            Ty::Vector(Element::Bf16 | Element::F16 | Element::I8) => false,
            Ty::Void | Ty::Bool | Ty::Bf16 | Ty::Half | Ty::Tensor => false,
            Ty::Bytes | Ty::Pair | Ty::Quad | Ty::IndexValue | Ty::Address => false,
        };
        if !fits {
            return Err(Error::at(line, format!("{ty} has no such operator")));
        }
        let (left, right) = (self.convert(left, ty)?, self.convert(right, ty)?);
        let ty = if compares { Ty::Bool } else { ty };
        if let (Node::Const(a), Node::Const(b)) = (&left.node, &right.node) {
            if let Some(value) = scalar::binary(op, a, b) {
                return Ok(Expr { node: Node::Const(value), ty, line });
            }
            return Err(Error::at(line, "a shift by more than 31"));
        }
        Ok(Expr { node: Node::Binary(op, Box::new(left), Box::new(right)), ty, line })
    }

    /// A conversion that needs no cast: scalars to vectors of their kind, whole numbers to f32.
    pub(super) fn convert(&self, value: Expr, ty: Ty) -> Result<Expr, Error> {
        let (from, line) = (value.ty, value.line);
        if from == ty {
            return Ok(value);
        }
        let constant = value.whole();
        let fits = match ty {
            Ty::Bool => constant.is_some_and(|value| value == 0 || value == 1),
            // As in C; only operators that mix both are refused.
            Ty::Int | Ty::Uint => from.is_whole(),
            Ty::Float => from.is_whole(),
            Ty::Index => from.is_whole(),
            Ty::Vector(Element::F32) => from == Ty::Float || constant.is_some(),
            Ty::Vector(Element::I32) => from == Ty::Int || constant.is_some(),
            Ty::Vector(Element::U32) => from == Ty::Uint || constant.is_some_and(|value| value >= 0),
            Ty::Vector(Element::Bf16) => from == Ty::Bf16 || constant == Some(0),
            Ty::Vector(Element::F16) => from == Ty::Half || constant == Some(0),
            Ty::Vector(Element::I8) => constant.is_some_and(|value| (-128..128).contains(&value)),
            Ty::Bytes => constant.is_some_and(|value| (0..256).contains(&value)),
            Ty::Mask | Ty::Pair | Ty::Quad | Ty::IndexValue => constant == Some(0),
            Ty::Void | Ty::Bf16 | Ty::Half | Ty::Tensor | Ty::Address => false,
        };
        if !fits {
            return Err(Error::at(line, format!("{from} where {ty} is meant")));
        }
        if let Node::Const(value) = &value.node
            && let Some(value) = scalar::convert(value, ty)
        {
            return Ok(Expr { node: Node::Const(value), ty, line });
        }
        Ok(Expr { node: Node::Convert(Box::new(value)), ty, line })
    }

    /// A cast: between scalars by value, between vectors of whole numbers by bits.
    pub(super) fn cast(&self, value: Expr, ty: Ty) -> Result<Expr, Error> {
        let lanes = |ty: Ty| matches!(ty, Ty::Vector(Element::I32 | Element::U32));
        let scalar = |ty: Ty| ty.is_whole() || ty == Ty::Float;
        let line = value.line;
        if value.ty != ty && ((lanes(value.ty) && (lanes(ty) || ty == Ty::Bytes)) || (scalar(value.ty) && scalar(ty))) {
            if let Node::Const(constant) = &value.node
                && let Some(constant) = scalar::convert(constant, ty)
            {
                return Ok(Expr { node: Node::Const(constant), ty, line });
            }
            return Ok(Expr { node: Node::Convert(Box::new(value)), ty, line });
        }
        self.convert(value, ty)
    }
}
