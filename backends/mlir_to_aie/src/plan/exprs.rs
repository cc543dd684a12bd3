//! What is known of expressions, and small ones that are made here.

use std::collections::BTreeMap;

use lower_dma::ir::{Convert, Expr, Var};
use tile_ir::BinaryOp;

/// Powers of two that matter: words of four bytes.
const MOST: u64 = 4;

/// `x + y`.
pub(crate) fn add(x: Expr, y: i64) -> Expr {
    match (&x, y) {
        (_, 0) => x,
        (Expr::Int(scalar, n), _) => Expr::Int(*scalar, n + y),
        (_, _) => Expr::Binary(BinaryOp::Add, Box::new(x), Box::new(Expr::int(y))),
    }
}

/// `x / y` of what is not negative.
pub(crate) fn div(x: Expr, y: i64) -> Expr {
    match (&x, y) {
        (_, 1) => x,
        (Expr::Int(scalar, n), _) => Expr::Int(*scalar, n / y),
        (_, _) => Expr::Binary(BinaryOp::DivS, Box::new(x), Box::new(Expr::int(y))),
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The largest power of two up to [`MOST`] that every value of an integer is known to be a multiple of. Results that wrap are too.
pub(crate) fn multiple(known: &BTreeMap<Var, u64>, expr: &Expr) -> u64 {
    let of = |expr: &Expr| multiple(known, expr);
    match expr {
        Expr::Int(_, n) => gcd(n.unsigned_abs(), MOST),
        Expr::Var(var) => known.get(var).copied().unwrap_or(1),
        Expr::Binary(op, x, y) => match op {
            BinaryOp::Mul => (of(x) * of(y)).min(MOST),
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::RemS
            | BinaryOp::RemU => gcd(of(x), of(y)),
            BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => 1,
        },
        Expr::Select(_, x, y) => gcd(of(x), of(y)),
        Expr::Convert(Convert::Signed(_, bits) | Convert::Unsigned(_, bits), x) if *bits >= 8 => of(x),
        Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Core
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Convert(..) => 1,
    }
}
