//! Scalar expressions, with constants folded.

use tile_ir::{BinaryOp, Predicate};

use crate::ir::{Expr, Scalar};

pub(super) fn int(value: u64) -> Expr {
    Expr::int(value as i64)
}

pub(super) fn add(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(a), Some(b)) => Expr::int(a.wrapping_add(b)),
        (Some(0), None) => y,
        (None, Some(0)) => x,
        (_, _) => binary(BinaryOp::Add, x, y),
    }
}

pub(super) fn sub(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(a), Some(b)) => Expr::int(a.wrapping_sub(b)),
        (None, Some(0)) => x,
        (_, _) => binary(BinaryOp::Sub, x, y),
    }
}

pub(super) fn mul(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(a), Some(b)) => Expr::int(a.wrapping_mul(b)),
        (Some(0), None) | (None, Some(0)) => Expr::int(0),
        (Some(1), None) => y,
        (None, Some(1)) => x,
        (_, _) => binary(BinaryOp::Mul, x, y),
    }
}

/// Of numbers that are not negative.
pub(super) fn div(x: Expr, y: u64) -> Expr {
    match (x.as_int(), y) {
        (Some(a), _) => Expr::int(a / y as i64),
        (None, 1) => x,
        (None, _) => binary(BinaryOp::DivS, x, int(y)),
    }
}

/// Of numbers that are not negative.
pub(super) fn rem(x: Expr, y: u64) -> Expr {
    match (x.as_int(), y) {
        (Some(a), _) => Expr::int(a % y as i64),
        (None, 1) => Expr::int(0),
        (None, _) => binary(BinaryOp::RemS, x, int(y)),
    }
}

/// The smaller of two counts: nothing, if one of them is nothing for certain.
pub(super) fn fewer(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(..=0), _) | (_, Some(..=0)) => Expr::int(0),
        (_, _) => min(x, y),
    }
}

pub(super) fn min(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(a), Some(b)) => Expr::int(a.min(b)),
        (_, _) => binary(BinaryOp::MinS, x, y),
    }
}

pub(super) fn compare(predicate: Predicate, x: Expr, y: Expr) -> Expr {
    Expr::Compare(predicate, Box::new(x), Box::new(y))
}

pub(super) fn less(x: Expr, y: Expr) -> Expr {
    match (x.as_int(), y.as_int()) {
        (Some(a), Some(b)) => Expr::Bool(a < b),
        (_, _) => compare(Predicate::SLt, x, y),
    }
}

/// Both; `true` is left out.
pub(super) fn both(x: Expr, y: Expr) -> Expr {
    match (x, y) {
        (Expr::Bool(false), _) | (_, Expr::Bool(false)) => Expr::Bool(false),
        (Expr::Bool(true), z) | (z, Expr::Bool(true)) => z,
        (x, y) => binary(BinaryOp::And, x, y),
    }
}

pub(super) fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

pub(super) fn select(c: Expr, x: Expr, y: Expr) -> Expr {
    Expr::Select(Box::new(c), Box::new(x), Box::new(y))
}

pub(super) fn convert(convert: crate::ir::Convert, x: Expr) -> Expr {
    Expr::Convert(convert, Box::new(x))
}

/// A number of type `scalar`.
pub(super) fn constant(scalar: Scalar, number: tile_ir::Number) -> Expr {
    match (number, scalar) {
        (tile_ir::Number::Float(x), _) => Expr::Float(x),
        (tile_ir::Number::Int(x), Scalar::Bool) => Expr::Bool(x & 1 != 0),
        (tile_ir::Number::Int(x), Scalar::F32) => Expr::Float(x as f32),
        (tile_ir::Number::Int(x), Scalar::I32 | Scalar::I64) => Expr::Int(scalar, x),
    }
}
