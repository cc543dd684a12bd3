//! Arithmetic of vectors.

use super::scalar;
use crate::gaudi::calls::{Arith, Compare, Special};
use crate::gaudi::ir::Binary;
use crate::gaudi::value::{Value, narrow, settle, widen};

fn float(op: Arith, a: f32, b: f32) -> f32 {
    match op {
        Arith::Add => settle(a + b),
        Arith::Sub => settle(a - b),
        Arith::Mul => settle(a * b),
        // A NaN stays one: which operand the core keeps is not known.
        Arith::Max | Arith::Min if a.is_nan() || b.is_nan() => settle(f32::NAN),
        Arith::Max => settle(if a > b { a } else { b }),
        Arith::Min => settle(if a < b { a } else { b }),
        // The table of intrinsics has none of these for floats.
        Arith::And | Arith::Or | Arith::Shl | Arith::Shr => f32::NAN,
    }
}

/// An operation on lanes of two vectors; `None` for shifts by more than 31.
pub(super) fn arith(op: Arith, a: &Value, b: &Value) -> Option<Value> {
    let by = match op {
        Arith::Add => Binary::Add,
        Arith::Sub => Binary::Sub,
        Arith::Mul => Binary::Mul,
        Arith::And => Binary::And,
        Arith::Or => Binary::Or,
        Arith::Shl => Binary::Shl,
        Arith::Shr => Binary::Shr,
        Arith::Max | Arith::Min => Binary::Greater,
    };
    let first = |greater: bool| greater == (op == Arith::Max);
    let extreme = matches!(op, Arith::Max | Arith::Min);
    match (a, b) {
        (Value::F32(a), Value::F32(b)) => Some(Value::F32(Box::new(std::array::from_fn(|at| float(op, a[at], b[at]))))),
        (Value::Half(a), Value::Half(b)) => {
            let lane = |at: usize| narrow(float(op, widen(a[at]), widen(b[at])), false);
            Some(Value::Half(Box::new(std::array::from_fn(lane))))
        }
        (Value::I32(a), Value::I32(b)) if extreme => {
            Some(Value::I32(Box::new(std::array::from_fn(|at| if first(a[at] > b[at]) { a[at] } else { b[at] }))))
        }
        (Value::U32(a), Value::U32(b)) if extreme => {
            Some(Value::U32(Box::new(std::array::from_fn(|at| if first(a[at] > b[at]) { a[at] } else { b[at] }))))
        }
        (a, b) => scalar::binary(by, a, b),
    }
}

pub(super) fn abs(a: &Value) -> Option<Value> {
    match a {
        Value::F32(a) => Some(Value::F32(Box::new(a.map(|lane| settle(lane.abs()))))),
        _ => None,
    }
}

/// `sum + a * b`, rounded once.
#[inline]
fn fused(a: f32, b: f32, sum: f32) -> f32 {
    settle((f64::from(a) * f64::from(b) + f64::from(sum)) as f32)
}

pub(super) fn mac(a: &Value, b: &Value, sum: Value) -> Option<Value> {
    match (a, b, sum) {
        (Value::F32(a), Value::F32(b), Value::F32(mut sum)) => {
            sum.iter_mut().zip(a.iter().zip(b.iter())).for_each(|(sum, (a, b))| *sum = fused(*a, *b, *sum));
            Some(Value::F32(sum))
        }
        (Value::Half(a), Value::Half(b), Value::Half(mut sum)) => {
            for ((sum, a), b) in sum.iter_mut().zip(a.iter()).zip(b.iter()) {
                *sum = narrow(fused(widen(*a), widen(*b), widen(*sum)), false);
            }
            Some(Value::Half(sum))
        }
        _ => None,
    }
}

/// Products of bf16 added to sums of f32: even elements to the first vector, odd ones to the second.
pub(super) fn mac_wide(a: &Value, b: &Value, sum: Value) -> Option<Value> {
    let (Value::Half(a), Value::Half(b), Value::Pair(mut sum)) = (a, b, sum) else { return None };
    let [Value::F32(even), Value::F32(odd)] = &mut *sum else { return None };
    // Two elements as a word: the first is its low half.
    let word = |of: &[u16; 2]| u32::from(of[0]) | u32::from(of[1]) << 16;
    let (a, b) = (a.as_chunks::<2>().0, b.as_chunks::<2>().0);
    for ((sum, a), b) in even.iter_mut().zip(a).zip(b) {
        *sum = fused(f32::from_bits(word(a) << 16), f32::from_bits(word(b) << 16), *sum);
    }
    for ((sum, a), b) in odd.iter_mut().zip(a).zip(b) {
        *sum = fused(f32::from_bits(word(a) & 0xffff_0000), f32::from_bits(word(b) & 0xffff_0000), *sum);
    }
    Some(Value::Pair(sum))
}

fn holds<T: PartialOrd>(by: Compare, a: T, b: T) -> bool {
    match by {
        Compare::Greater => a > b,
        Compare::GreaterEqual => a >= b,
        Compare::Less => a < b,
        Compare::LessEqual => a <= b,
        Compare::Equal => a == b,
        Compare::NotEqual => a != b,
    }
}

fn bits(lanes: impl Iterator<Item = bool>) -> u64 {
    lanes.enumerate().fold(0, |mask, (at, bit)| mask | (u64::from(bit) << at))
}

/// A predicate for each lane.
pub(super) fn compare(by: Compare, a: &Value, b: &Value) -> Option<u64> {
    Some(match (a, b) {
        (Value::F32(a), Value::F32(b)) => bits(a.iter().zip(b.iter()).map(|(a, b)| holds(by, *a, *b))),
        (Value::I32(a), Value::I32(b)) => bits(a.iter().zip(b.iter()).map(|(a, b)| holds(by, *a, *b))),
        (Value::U32(a), Value::U32(b)) => bits(a.iter().zip(b.iter()).map(|(a, b)| holds(by, *a, *b))),
        _ => return None,
    })
}

/// Lanes of `yes` where the mask has a one, else of `no`.
pub(super) fn select(mask: u64, yes: &Value, no: &Value) -> Option<Value> {
    fn pick<T: Copy, const N: usize>(mask: u64, yes: &[T; N], no: &[T; N]) -> Box<[T; N]> {
        Box::new(std::array::from_fn(|at| if mask >> at & 1 == 1 { yes[at] } else { no[at] }))
    }
    Some(match (yes, no) {
        (Value::F32(yes), Value::F32(no)) => Value::F32(pick(mask, yes, no)),
        (Value::I32(yes), Value::I32(no)) => Value::I32(pick(mask, yes, no)),
        (Value::U32(yes), Value::U32(no)) => Value::U32(pick(mask, yes, no)),
        _ => return None,
    })
}

/// f32 of bf16: even elements first, then odd ones, or with `linear` in order (source: tpc_llvm, tpc-defs.h, `SW_LINEAR`).
pub(super) fn widen_all(a: &Value, linear: bool) -> Option<Value> {
    let Value::Half(a) = a else { return None };
    let part = |part: usize| {
        let at = move |at: usize| if linear { 64 * part + at } else { 2 * at + part };
        Value::F32(Box::new(std::array::from_fn(|lane| settle(widen(a[at(lane)])))))
    };
    Some(Value::Pair(Box::new([part(0), part(1)])))
}

/// The other way round.
pub(super) fn narrow_all(a: &Value, linear: bool, to_zero: bool) -> Option<Value> {
    let Value::Pair(parts) = a else { return None };
    let [Value::F32(first), Value::F32(second)] = &**parts else { return None };
    let lane = |at: usize| {
        let (part, lane) = if linear { (at / 64, at % 64) } else { (at % 2, at / 2) };
        narrow(if part == 0 { first[lane] } else { second[lane] }, to_zero)
    };
    Some(Value::Half(Box::new(std::array::from_fn(lane))))
}

pub(super) fn to_float(a: &Value) -> Option<Value> {
    match a {
        Value::I32(a) => Some(Value::F32(Box::new(a.map(|lane| lane as f32)))),
        Value::U32(a) => Some(Value::F32(Box::new(a.map(|lane| lane as f32)))),
        _ => None,
    }
}

/// Whole numbers of f32; `None` if one is none of 32 bits, where the core's result is not known.
pub(super) fn to_int(a: &Value, to_zero: bool) -> Option<Value> {
    let Value::F32(a) = a else { return None };
    let mut result = Box::new([0; 64]);
    for (to, a) in result.iter_mut().zip(a.iter()) {
        let value = if to_zero { a.trunc() } else { a.round_ties_even() };
        if !(-2_147_483_648.0..2_147_483_648.0).contains(&value) {
            return None;
        }
        *to = value as i32;
    }
    Some(Value::I32(result))
}

/// A special function, correctly rounded; the core's are near that.
pub(super) fn special(function: Special, a: &Value) -> Option<Value> {
    let Value::F32(a) = a else { return None };
    let lane = |lane: f32| {
        let x = f64::from(settle(lane));
        let value = match function {
            Special::Exp | Special::ExpCephes => x.exp(),
            Special::Reciprocal => 1.0 / x,
            Special::Sqrt => x.sqrt(),
            Special::Rsqrt => 1.0 / x.sqrt(),
            Special::Log => x.ln(),
            Special::Sin => x.sin(),
            Special::Cos => x.cos(),
            Special::Tanh => x.tanh(),
            Special::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        };
        settle(value as f32)
    };
    Some(Value::F32(Box::new(a.map(lane))))
}
