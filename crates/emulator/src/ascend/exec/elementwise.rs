//! Elements by themselves.

use crate::ascend::number::{Type, Values, scalar};
use crate::ascend::op::{Binary, Compare, Unary, WithScalar};

/// The relative error of the low-precision reciprocal and inverse root: a kernel that relies on them differs visibly.
/// Source: asc-devkit, Rsqrt and Reciprocal: worse than 1e-4 for float.
const COARSE: f32 = 1.0 + 1.5e-4;

pub(super) fn unary(op: Unary, values: Values) -> Values {
    let float = |values: Vec<f32>, map: fn(f32) -> f32| Values::Float(values.into_iter().map(map).collect());
    match values {
        Values::Float(values) => match op {
            Unary::Exp => float(values, f32::exp),
            Unary::Ln => float(values, f32::ln),
            Unary::Sqrt => float(values, f32::sqrt),
            Unary::Rsqrt => float(values, |value| COARSE / value.sqrt()),
            Unary::InverseRoot => float(values, |value| 1.0 / value.sqrt()),
            Unary::Reciprocal => float(values, |value| COARSE / value),
            Unary::Abs => float(values, f32::abs),
            Unary::Relu => float(values, |value| if value > 0.0 { value } else { 0.0 }),
            Unary::Neg => float(values, |value| -value),
            Unary::Not | Unary::Copy => Values::Float(values),
        },
        Values::Int(values) => {
            let int = |map: fn(i64) -> i64| Values::Int(values.iter().map(|value| map(*value)).collect());
            match op {
                Unary::Abs => int(i64::wrapping_abs),
                Unary::Relu => int(|value| value.max(0)),
                Unary::Neg => int(i64::wrapping_neg),
                Unary::Not => int(|value| !value),
                Unary::Exp
                | Unary::Ln
                | Unary::Sqrt
                | Unary::Rsqrt
                | Unary::InverseRoot
                | Unary::Reciprocal
                | Unary::Copy => int(|value| value),
            }
        }
    }
}

pub(super) fn binary(op: Binary, first: Values, second: &Values, old: Option<&Values>) -> Values {
    match (first, second) {
        (Values::Float(mut first), Values::Float(second)) => {
            let zip = |first: &mut Vec<f32>, map: fn(f32, f32) -> f32| {
                for (a, b) in first.iter_mut().zip(second) {
                    *a = map(*a, *b);
                }
            };
            match op {
                Binary::Add => zip(&mut first, |a, b| a + b),
                Binary::Sub => zip(&mut first, |a, b| a - b),
                Binary::Mul => zip(&mut first, |a, b| a * b),
                Binary::Div => zip(&mut first, |a, b| a / b),
                Binary::Max => zip(&mut first, f32::max),
                Binary::Min => zip(&mut first, f32::min),
                Binary::ExpSub => zip(&mut first, |a, b| (a - b).exp()),
                Binary::MulAddDst | Binary::FusedMulAdd => {
                    let old = match old {
                        Some(Values::Float(old)) => old.as_slice(),
                        Some(Values::Int(_)) | None => &[],
                    };
                    for ((a, b), old) in first.iter_mut().zip(second).zip(old) {
                        *a = match op {
                            Binary::FusedMulAdd => old.mul_add(*a, *b),
                            _ => a.mul_add(*b, *old),
                        };
                    }
                }
                Binary::And | Binary::Or => {}
            }
            Values::Float(first)
        }
        (Values::Int(first), Values::Int(second)) => {
            let map: fn(i64, i64) -> i64 = match op {
                Binary::Add => i64::wrapping_add,
                Binary::Sub => i64::wrapping_sub,
                Binary::Mul => i64::wrapping_mul,
                Binary::Max => i64::max,
                Binary::Min => i64::min,
                Binary::And => |a, b| a & b,
                Binary::Or => |a, b| a | b,
                Binary::Div | Binary::ExpSub | Binary::MulAddDst | Binary::FusedMulAdd => |a, _| a,
            };
            Values::Int(first.iter().zip(second).map(|(a, b)| map(*a, *b)).collect())
        }
        (first, _) => first,
    }
}

pub(super) fn with_scalar(op: WithScalar, first: Values, bits: u64, ty: Type, old: Option<&Values>) -> Values {
    match (first, scalar(ty, bits)) {
        (Values::Float(mut first), Values::Float(value)) => {
            let b = value.first().copied().unwrap_or(0.0);
            for a in &mut first {
                *a = match op {
                    WithScalar::Add => *a + b,
                    WithScalar::Sub => *a - b,
                    WithScalar::Mul => *a * b,
                    WithScalar::Div => *a / b,
                    WithScalar::DivOf => b / *a,
                    WithScalar::Max => a.max(b),
                    WithScalar::Min => a.min(b),
                    WithScalar::Axpy => *a,
                    WithScalar::ShiftLeft | WithScalar::ShiftRight => *a,
                };
            }
            if let (WithScalar::Axpy, Some(Values::Float(old))) = (op, old) {
                for (a, old) in first.iter_mut().zip(old) {
                    *a = a.mul_add(b, *old);
                }
            }
            Values::Float(first)
        }
        (Values::Int(mut first), Values::Int(value)) => {
            let b = value.first().copied().unwrap_or(0);
            for a in &mut first {
                *a = match op {
                    WithScalar::Add => a.wrapping_add(b),
                    WithScalar::Sub => a.wrapping_sub(b),
                    WithScalar::Mul => a.wrapping_mul(b),
                    WithScalar::Max => (*a).max(b),
                    WithScalar::Min => (*a).min(b),
                    WithScalar::ShiftLeft => a.checked_shl(b as u32).unwrap_or(0),
                    WithScalar::ShiftRight => a.checked_shr(b as u32).unwrap_or(*a >> 63),
                    WithScalar::Div | WithScalar::DivOf | WithScalar::Axpy => *a,
                };
            }
            Values::Int(first)
        }
        (first, _) => first,
    }
}

/// Counts from the value of `bits` on. Floats count exactly as far as they are exact.
pub(super) fn index(bits: u64, down: bool, ty: Type, count: usize) -> Vec<u8> {
    let step = if down { -1 } else { 1 };
    match scalar(ty, bits) {
        Values::Float(first) => {
            let first = first.first().copied().unwrap_or(0.0);
            Values::Float((0..count).map(|index| first + (index as i64 * step) as f32).collect()).bytes(ty)
        }
        Values::Int(first) => {
            let first = first.first().copied().unwrap_or(0);
            Values::Int((0..count).map(|index| first.wrapping_add(index as i64 * step)).collect()).bytes(ty)
        }
    }
}

/// A scalar as often as elements.
pub(super) fn repeat(value: Values, count: usize) -> Values {
    match value {
        Values::Float(value) => Values::Float(vec![value.first().copied().unwrap_or(0.0); count]),
        Values::Int(value) => Values::Int(vec![value.first().copied().unwrap_or(0); count]),
    }
}

/// Bits, the first element lowest. Each row has `pitch` bytes, of which those behind its elements are anything.
pub(super) fn compare(mode: Compare, first: &Values, second: &Values, row: usize, pitch: usize) -> Vec<u8> {
    fn holds<T: PartialOrd>(mode: Compare, a: T, b: T) -> bool {
        match mode {
            Compare::Lt => a < b,
            Compare::Gt => a > b,
            Compare::Eq => a == b,
            Compare::Le => a <= b,
            Compare::Ge => a >= b,
            Compare::Ne => a != b,
        }
    }
    let bits: Vec<bool> = match (first, second) {
        (Values::Float(first), Values::Float(second)) => {
            first.iter().zip(second).map(|(a, b)| holds(mode, *a, *b)).collect()
        }
        (Values::Int(first), Values::Int(second)) => {
            first.iter().zip(second).map(|(a, b)| holds(mode, *a, *b)).collect()
        }
        (_, _) => vec![],
    };
    let byte = |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit));
    let mut bytes = Vec::new();
    for row in bits.chunks(row.max(1)) {
        let end = bytes.len() + pitch;
        bytes.extend(row.chunks(8).map(byte));
        bytes.resize(end.max(bytes.len()), 0xff);
    }
    bytes
}

pub(super) fn select(mask: &[u8], row: usize, first: &Values, second: &Values) -> Values {
    let row = row.max(1);
    let pitch = row.div_ceil(8);
    let chosen = |index: usize| {
        let place = index / row * pitch * 8 + index % row;
        mask.get(place / 8).is_some_and(|byte| (byte >> (place % 8)) & 1 == 1)
    };
    match (first, second) {
        (Values::Float(first), Values::Float(second)) => {
            let pick = |(index, (a, b)): (usize, (&f32, &f32))| if chosen(index) { *a } else { *b };
            Values::Float(first.iter().zip(second).enumerate().map(pick).collect())
        }
        (Values::Int(first), Values::Int(second)) => {
            let pick = |(index, (a, b)): (usize, (&i64, &i64))| if chosen(index) { *a } else { *b };
            Values::Int(first.iter().zip(second).enumerate().map(pick).collect())
        }
        (first, _) => first.clone(),
    }
}
