//! For each operator another one, and for each number another one.

use tile_ir::{BinaryOp, Predicate, ReduceOp, UnaryOp};

use crate::ir::{Expr, Scalar};

pub(super) fn one(scalar: Scalar) -> Expr {
    match scalar {
        Scalar::F32 => Expr::Float(1.0),
        Scalar::Bool => Expr::Bool(true),
        Scalar::I8 | Scalar::I32 | Scalar::I64 => Expr::Int(scalar, 1),
    }
}

pub(super) const fn other_reduce(op: ReduceOp, scalar: Scalar) -> ReduceOp {
    match op {
        ReduceOp::Add => {
            if matches!(scalar, Scalar::F32) {
                ReduceOp::MaxF
            } else {
                ReduceOp::MaxS
            }
        }
        ReduceOp::MinU => ReduceOp::MaxU,
        ReduceOp::MinF => ReduceOp::MaxF,
        ReduceOp::MaxF => ReduceOp::MinF,
        ReduceOp::MinS => ReduceOp::MaxS,
        ReduceOp::MaxS => ReduceOp::MinS,
        ReduceOp::MaxU => ReduceOp::MinU,
    }
}

pub(super) fn other_float(value: f32) -> f32 {
    if value.is_infinite() {
        -value
    } else if value == 0.0 || value.is_nan() {
        1.0
    } else {
        value * 2.0
    }
}

pub(super) const fn other_unary(op: UnaryOp) -> UnaryOp {
    match op {
        UnaryOp::Neg | UnaryOp::Log | UnaryOp::Rsqrt => UnaryOp::Abs,
        UnaryOp::Abs | UnaryOp::Exp | UnaryOp::Tanh | UnaryOp::Floor => UnaryOp::Neg,
        UnaryOp::Sqrt => UnaryOp::Rsqrt,
        UnaryOp::Sin => UnaryOp::Cos,
        UnaryOp::Cos => UnaryOp::Sin,
    }
}

pub(super) const fn other_binary(op: BinaryOp, scalar: Scalar) -> BinaryOp {
    match op {
        BinaryOp::Add => BinaryOp::Sub,
        BinaryOp::Sub | BinaryOp::Mul => BinaryOp::Add,
        BinaryOp::DivF => BinaryOp::Mul,
        BinaryOp::DivS => BinaryOp::RemS,
        BinaryOp::DivU => BinaryOp::RemU,
        BinaryOp::RemS => BinaryOp::DivS,
        BinaryOp::RemU => BinaryOp::DivU,
        BinaryOp::MinF => BinaryOp::MaxF,
        BinaryOp::MaxF => BinaryOp::MinF,
        BinaryOp::MinS => BinaryOp::MaxS,
        BinaryOp::MaxS => BinaryOp::MinS,
        BinaryOp::MinU => BinaryOp::MaxU,
        BinaryOp::MaxU => BinaryOp::MinU,
        BinaryOp::And => BinaryOp::Or,
        BinaryOp::Or => BinaryOp::And,
        BinaryOp::Xor if matches!(scalar, Scalar::Bool) => BinaryOp::Or,
        BinaryOp::Xor => BinaryOp::And,
        BinaryOp::Shl => BinaryOp::ShrU,
        BinaryOp::ShrS | BinaryOp::ShrU => BinaryOp::Shl,
    }
}

pub(super) const fn inverse(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::FEq => Predicate::FNe,
        Predicate::FNe => Predicate::FEq,
        Predicate::FLt => Predicate::FGe,
        Predicate::FLe => Predicate::FGt,
        Predicate::FGt => Predicate::FLe,
        Predicate::FGe => Predicate::FLt,
        Predicate::IEq => Predicate::INe,
        Predicate::INe => Predicate::IEq,
        Predicate::SLt => Predicate::SGe,
        Predicate::SLe => Predicate::SGt,
        Predicate::SGt => Predicate::SLe,
        Predicate::SGe => Predicate::SLt,
        Predicate::ULt => Predicate::UGe,
        Predicate::ULe => Predicate::UGt,
        Predicate::UGt => Predicate::ULe,
        Predicate::UGe => Predicate::ULt,
    }
}

pub(super) const fn neighbour(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::FEq => Predicate::FLe,
        Predicate::FNe => Predicate::FLt,
        Predicate::FLt => Predicate::FLe,
        Predicate::FLe => Predicate::FLt,
        Predicate::FGt => Predicate::FGe,
        Predicate::FGe => Predicate::FGt,
        Predicate::IEq => Predicate::UGe,
        Predicate::INe => Predicate::ULt,
        Predicate::SLt => Predicate::SLe,
        Predicate::SLe => Predicate::SLt,
        Predicate::SGt => Predicate::SGe,
        Predicate::SGe => Predicate::SGt,
        Predicate::ULt => Predicate::ULe,
        Predicate::ULe => Predicate::ULt,
        Predicate::UGt => Predicate::UGe,
        Predicate::UGe => Predicate::UGt,
    }
}
