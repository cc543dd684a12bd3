//! Arithmetic that the compiler does: on integers with variables of loops, and on constants.

use half::{bf16, f16};
use tile_ir::{BinaryOp, CastOp, Elem, Predicate, UnaryOp};

use super::state::{Lower, Result};
use super::values::Val;
use crate::ir::Expr;

/// A float as its type has it.
pub(super) fn round(elem: Elem, x: f32) -> f32 {
    match elem {
        Elem::F16 => f16::from_f32(x).to_f32(),
        Elem::Bf16 => bf16::from_f32(x).to_f32(),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => x,
    }
}

fn width(elem: Elem) -> u32 {
    if elem == Elem::I1 { 1 } else { elem.bits() as u32 }
}

/// As held: with the sign of its width, `i1` as 0 or 1.
pub(super) fn wrap(elem: Elem, n: i64) -> i64 {
    match elem {
        Elem::I1 => n & 1,
        Elem::I8 | Elem::I32 => n << (64 - width(elem)) >> (64 - width(elem)),
        Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => n,
    }
}

fn unsigned(elem: Elem, n: i64) -> u64 {
    match elem {
        Elem::I1 | Elem::I8 | Elem::I32 => n as u64 & ((1 << width(elem)) - 1),
        Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => n as u64,
    }
}

/// Two integers; 0 where the result is undefined.
fn fold(op: BinaryOp, a: i64, b: i64, elem: Elem) -> i64 {
    let u = |n| unsigned(elem, n);
    let amount = if u(b) < u64::from(width(elem)) { u(b) as u32 } else { 0 };
    let result = match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::DivS => a.checked_div(b).unwrap_or(0),
        BinaryOp::RemS => a.checked_rem(b).unwrap_or(0),
        BinaryOp::DivU => u(a).checked_div(u(b)).unwrap_or(0) as i64,
        BinaryOp::RemU => u(a).checked_rem(u(b)).unwrap_or(0) as i64,
        BinaryOp::MinS => a.min(b),
        BinaryOp::MaxS => a.max(b),
        BinaryOp::MinU => {
            if u(b) < u(a) {
                b
            } else {
                a
            }
        }
        BinaryOp::MaxU => {
            if u(b) > u(a) {
                b
            } else {
                a
            }
        }
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Shl => a << amount,
        BinaryOp::ShrS => a >> amount,
        BinaryOp::ShrU => (u(a) >> amount) as i64,
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => 0,
    };
    wrap(elem, result)
}

fn compare_ints(predicate: Predicate, a: i64, b: i64, elem: Elem) -> bool {
    let (ua, ub) = (unsigned(elem, a), unsigned(elem, b));
    match predicate {
        Predicate::IEq => a == b,
        Predicate::INe => a != b,
        Predicate::SLt => a < b,
        Predicate::SLe => a <= b,
        Predicate::SGt => a > b,
        Predicate::SGe => a >= b,
        Predicate::ULt => ua < ub,
        Predicate::ULe => ua <= ub,
        Predicate::UGt => ua > ub,
        Predicate::UGe => ua >= ub,
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => false,
    }
}

fn compare_floats(predicate: Predicate, a: f32, b: f32) -> bool {
    match predicate {
        Predicate::FEq => a == b,
        Predicate::FNe => a != b,
        Predicate::FLt => a < b,
        Predicate::FLe => a <= b,
        Predicate::FGt => a > b,
        Predicate::FGe => a >= b,
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => false,
    }
}

fn fold_unary(op: UnaryOp, x: f32) -> f32 {
    let wide = |f: fn(f64) -> f64| f(f64::from(x)) as f32;
    match op {
        UnaryOp::Neg => -x,
        UnaryOp::Abs => x.abs(),
        UnaryOp::Exp => wide(f64::exp),
        UnaryOp::Log => wide(f64::ln),
        UnaryOp::Sqrt => wide(f64::sqrt),
        UnaryOp::Rsqrt => wide(|x| 1.0 / x.sqrt()),
        UnaryOp::Tanh => wide(f64::tanh),
        UnaryOp::Sin => wide(f64::sin),
        UnaryOp::Cos => wide(f64::cos),
        UnaryOp::Floor => x.floor(),
    }
}

fn fold_float(op: BinaryOp, a: f32, b: f32) -> Option<f32> {
    Some(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::DivF => a / b,
        BinaryOp::MinF => {
            if a.is_nan() || b < a {
                b
            } else {
                a
            }
        }
        BinaryOp::MaxF => {
            if a.is_nan() || b > a {
                b
            } else {
                a
            }
        }
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
        | BinaryOp::ShrU => return None,
    })
}

impl Lower<'_> {
    pub(super) fn fold_unary(&self, op: UnaryOp, x: f32, elem: Elem) -> Val {
        Val::Float(round(elem, fold_unary(op, x)))
    }

    pub(super) fn fold_floats(&self, op: BinaryOp, a: f32, b: f32, elem: Elem) -> Result<Val> {
        match fold_float(op, a, b) {
            Some(x) => Ok(Val::Float(round(elem, x))),
            None => self.broken("integers among floats"),
        }
    }

    pub(super) fn fold_compare_floats(&self, predicate: Predicate, a: f32, b: f32) -> Val {
        Val::Int(Expr::Int(compare_floats(predicate, a, b).into()))
    }

    /// An operation on integers of the compiler. Where Python's would differ, loops are cut until the operands are constants.
    pub(super) fn fold_ints(&mut self, op: BinaryOp, a: &Expr, b: &Expr, elem: Elem) -> Result<Val> {
        if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
            return Ok(Val::Int(Expr::Int(fold(op, a, b, elem))));
        }
        let (Some((low_a, _)), Some((low_b, _))) = (self.bounds(a), self.bounds(b)) else {
            return self.broken("an integer leaves 64 bits");
        };
        let positive = low_a >= 0 && low_b >= 0;
        let (x, y) = (a.clone(), b.clone());
        let constant = b.as_int().filter(|b| *b > 0 && low_a >= 0);
        let power = b.as_int().filter(|b| (0..31).contains(b)).map(|b| 1_i64 << b);
        let expr = match op {
            BinaryOp::Add => Some(x.plus(y)),
            BinaryOp::Sub => Some(x.minus(y)),
            BinaryOp::Mul => Some(x.times(y)),
            BinaryOp::DivS | BinaryOp::DivU => constant.map(|by| x.over(by)),
            BinaryOp::RemS | BinaryOp::RemU => constant.map(|by| x.modulo(by)),
            BinaryOp::MinS => Some(x.min(y)),
            BinaryOp::MaxS => Some(x.max(y)),
            BinaryOp::MinU => positive.then(|| x.min(y)),
            BinaryOp::MaxU => positive.then(|| x.max(y)),
            BinaryOp::Shl => power.map(|by| x.times(Expr::Int(by))),
            BinaryOp::ShrS | BinaryOp::ShrU => power.filter(|_| low_a >= 0).map(|by| x.over(by)),
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => None,
        };
        if let Some(expr) = expr
            && let Some((low, high)) = self.bounds(&expr)
            && wrap(elem, low) == low
            && wrap(elem, high) == high
            && low >= i32::MIN.into()
            && high <= i32::MAX.into()
        {
            return Ok(Val::Int(expr));
        }
        let result = self.decide(&[a, b], |values| fold(op, values[0], values[1], elem))?;
        Ok(Val::Int(Expr::Int(result)))
    }

    pub(super) fn fold_compare(&mut self, predicate: Predicate, a: &Expr, b: &Expr, elem: Elem) -> Result<Val> {
        let holds = self.decide(&[a, b], |values| compare_ints(predicate, values[0], values[1], elem))?;
        Ok(Val::Int(Expr::Int(holds.into())))
    }

    pub(super) fn fold_cast(&mut self, op: CastOp, val: &Val, from: Elem, to: Elem) -> Result<Option<Val>> {
        Ok(Some(match (op, val) {
            (CastOp::ExtF | CastOp::TruncF, Val::Float(x)) => Val::Float(round(to, *x)),
            (CastOp::FpToSInt, Val::Float(x)) => {
                let largest = i64::MAX >> (64 - width(to));
                Val::Int(Expr::Int((*x as i64).clamp(-largest - 1, largest)))
            }
            (CastOp::FpToUInt, Val::Float(x)) => {
                let largest = u64::MAX >> (64 - width(to));
                Val::Int(Expr::Int(wrap(to, (*x as u64).min(largest) as i64)))
            }
            (CastOp::SIntToFp | CastOp::UIntToFp, Val::Int(expr)) => match expr.as_int() {
                Some(n) if op == CastOp::SIntToFp => Val::Float(round(to, signed(from, n) as f32)),
                Some(n) => Val::Float(round(to, unsigned(from, n) as f32)),
                None => return Ok(None),
            },
            (CastOp::ExtS | CastOp::IndexS | CastOp::TruncI | CastOp::ExtU | CastOp::IndexU, Val::Int(expr)) => {
                let zero = matches!(op, CastOp::ExtU | CastOp::IndexU);
                let new = |n: i64| wrap(to, if zero { unsigned(from, n) as i64 } else { signed(from, n) });
                if let Some(n) = expr.as_int() {
                    Val::Int(Expr::Int(new(n)))
                } else if self.bounds(expr).is_some_and(|(low, high)| new(low) == low && new(high) == high && low >= 0)
                {
                    Val::Int(expr.clone())
                } else {
                    Val::Int(Expr::Int(self.decide(&[expr], |values| new(values[0]))?))
                }
            }
            (CastOp::Bitcast, Val::Int(_)) if from == to => val.clone(),
            (
                CastOp::ExtF
                | CastOp::TruncF
                | CastOp::FpToSInt
                | CastOp::FpToUInt
                | CastOp::SIntToFp
                | CastOp::UIntToFp
                | CastOp::ExtS
                | CastOp::IndexS
                | CastOp::TruncI
                | CastOp::ExtU
                | CastOp::IndexU
                | CastOp::Bitcast,
                _,
            ) => return Ok(None),
        }))
    }
}

/// With the sign of its width; `i1` is 0 or -1.
fn signed(elem: Elem, n: i64) -> i64 {
    if elem == Elem::I1 { -(n & 1) } else { n }
}
