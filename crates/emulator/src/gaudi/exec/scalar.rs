//! Operators, on constants of the text too.

use crate::gaudi::ir::{Binary, Unary};
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::{Value, settle};

fn number(value: &Value) -> Option<f64> {
    match *value {
        Value::Bool(value) => Some(f64::from(u8::from(value))),
        Value::Int(value) => Some(f64::from(value)),
        Value::Uint(value) => Some(f64::from(value)),
        Value::Float(value) => Some(f64::from(value)),
        Value::Undefined | Value::Index(_) | Value::F32(_) => None,
        Value::I32(_) | Value::U32(_) | Value::Half(_) | Value::Bytes(_) | Value::Mask(_) => None,
        Value::Parts(_) => None,
    }
}

/// The low 32 bits of a whole number, or those of an f32 towards zero.
fn bits(value: &Value, number: f64) -> u32 {
    match *value {
        Value::Int(value) => value as u32,
        Value::Uint(value) => value,
        _ if number < 0.0 => number as i32 as u32,
        _ => number as i64 as u32,
    }
}

/// A value as another type; `None` where there is no such conversion.
pub(in crate::gaudi) fn convert(value: &Value, ty: Ty) -> Option<Value> {
    match (value, ty) {
        (Value::I32(lanes), Ty::Vector(Element::U32)) => {
            return Some(Value::U32(Box::new(lanes.map(|lane| lane as u32))));
        }
        (Value::U32(lanes), Ty::Vector(Element::I32)) => {
            return Some(Value::I32(Box::new(lanes.map(|lane| lane as i32))));
        }
        (Value::U32(lanes), Ty::Bytes) => {
            return Some(Value::Bytes(Box::new(std::array::from_fn(|at| lanes[at / 4].to_le_bytes()[at % 4]))));
        }
        (Value::I32(lanes), Ty::Bytes) => {
            return Some(Value::Bytes(Box::new(std::array::from_fn(|at| lanes[at / 4].to_le_bytes()[at % 4]))));
        }
        _ => {}
    }
    let number = number(value)?;
    let bits = bits(value, number);
    // A single rounding: f64 holds every whole number of 32 bits.
    let float = settle(number as f32);
    Some(match ty {
        Ty::Bool => Value::Bool(number != 0.0),
        Ty::Int => match value {
            Value::Float(value) => Value::Int(*value as i32),
            _ => Value::Int(bits as i32),
        },
        Ty::Uint => match value {
            Value::Float(value) => Value::Uint(*value as u32),
            _ => Value::Uint(bits),
        },
        Ty::Float => Value::Float(float),
        Ty::Index => Value::Index([bits as i32; 5]),
        Ty::Vector(Element::F32) => Value::F32(Box::new([float; 64])),
        Ty::Vector(Element::I32) => Value::I32(Box::new([bits as i32; 64])),
        Ty::Vector(Element::U32) => Value::U32(Box::new([bits; 64])),
        Ty::Vector(Element::Bf16 | Element::F16) if number == 0.0 => Value::Half(Box::new([0; 128])),
        Ty::Vector(Element::I8) | Ty::Bytes => Value::Bytes(Box::new([bits as u8; 256])),
        Ty::Mask if number == 0.0 => Value::Mask(0),
        Ty::Pair | Ty::Quad | Ty::IndexValue if number == 0.0 => {
            Value::Parts(ty.members().iter().map(|member| convert(value, *member)).collect::<Option<_>>()?)
        }
        Ty::Vector(Element::Bf16 | Element::F16) | Ty::Mask | Ty::Pair | Ty::Quad | Ty::IndexValue => return None,
        Ty::Void | Ty::Bf16 | Ty::Half | Ty::Tensor | Ty::Address => return None,
    })
}

/// An operator on a value that has it.
pub(in crate::gaudi) fn unary(op: Unary, value: &Value) -> Value {
    match (op, value) {
        (Unary::Minus, Value::Int(value)) => Value::Int(value.wrapping_neg()),
        (Unary::Minus, Value::Float(value)) => Value::Float(-value),
        (Unary::Minus, Value::F32(lanes)) => Value::F32(Box::new(lanes.map(|lane| -lane))),
        (Unary::Minus, Value::I32(lanes)) => Value::I32(Box::new(lanes.map(i32::wrapping_neg))),
        (Unary::Not, Value::Bool(value)) => Value::Bool(!value),
        (Unary::Not, value) => Value::Bool(number(value) == Some(0.0)),
        (Unary::Invert, Value::Int(value)) => Value::Int(!value),
        (Unary::Invert, Value::Uint(value)) => Value::Uint(!value),
        (Unary::Invert, Value::Mask(value)) => Value::Mask(!value),
        (Unary::Invert, Value::I32(lanes)) => Value::I32(Box::new(lanes.map(|lane| !lane))),
        (Unary::Invert, Value::U32(lanes)) => Value::U32(Box::new(lanes.map(|lane| !lane))),
        (Unary::Minus | Unary::Invert, _) => Value::Undefined,
    }
}

fn int(op: Binary, a: i32, b: i32) -> Option<Value> {
    // Shifts to the right keep the sign, as in clang.
    let shift = u32::try_from(b).ok().filter(|shift| *shift < 32);
    Some(match op {
        Binary::Add => Value::Int(a.wrapping_add(b)),
        Binary::Sub => Value::Int(a.wrapping_sub(b)),
        Binary::Mul => Value::Int(a.wrapping_mul(b)),
        Binary::Shl => Value::Int(a << shift?),
        Binary::Shr => Value::Int(a >> shift?),
        Binary::And => Value::Int(a & b),
        Binary::Or => Value::Int(a | b),
        Binary::Xor => Value::Int(a ^ b),
        Binary::Less => Value::Bool(a < b),
        Binary::LessEqual => Value::Bool(a <= b),
        Binary::Greater => Value::Bool(a > b),
        Binary::GreaterEqual => Value::Bool(a >= b),
        Binary::Equal => Value::Bool(a == b),
        Binary::NotEqual => Value::Bool(a != b),
        Binary::Both => Value::Bool(a != 0 && b != 0),
        Binary::Either => Value::Bool(a != 0 || b != 0),
    })
}

fn uint(op: Binary, a: u32, b: u32) -> Option<Value> {
    Some(match op {
        Binary::Shr => Value::Uint(if b < 32 { a >> b } else { return None }),
        Binary::Less => Value::Bool(a < b),
        Binary::LessEqual => Value::Bool(a <= b),
        Binary::Greater => Value::Bool(a > b),
        Binary::GreaterEqual => Value::Bool(a >= b),
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Shl | Binary::And | Binary::Or | Binary::Xor => {
            match int(op, a as i32, b as i32)? {
                Value::Int(value) => Value::Uint(value as u32),
                other => other,
            }
        }
        Binary::Equal | Binary::NotEqual | Binary::Both | Binary::Either => int(op, a as i32, b as i32)?,
    })
}

fn float(op: Binary, a: f32, b: f32) -> Option<Value> {
    Some(match op {
        Binary::Add => Value::Float(settle(a + b)),
        Binary::Sub => Value::Float(settle(a - b)),
        Binary::Mul => Value::Float(settle(a * b)),
        Binary::Less => Value::Bool(a < b),
        Binary::LessEqual => Value::Bool(a <= b),
        Binary::Greater => Value::Bool(a > b),
        Binary::GreaterEqual => Value::Bool(a >= b),
        Binary::Equal => Value::Bool(a == b),
        Binary::NotEqual => Value::Bool(a != b),
        Binary::Shl | Binary::Shr | Binary::And | Binary::Or | Binary::Xor | Binary::Both | Binary::Either => {
            return None;
        }
    })
}

/// Each lane of two vectors; `None` if one has no result.
fn lanes<T: Copy, const N: usize>(a: &[T; N], b: &[T; N], op: impl Fn(T, T) -> Option<T>) -> Option<Box<[T; N]>> {
    let mut result = Box::new(*a);
    for (lane, b) in result.iter_mut().zip(b) {
        *lane = op(*lane, *b)?;
    }
    Some(result)
}

fn one(value: Option<Value>) -> Option<u32> {
    match value? {
        Value::Int(value) => Some(value as u32),
        Value::Uint(value) => Some(value),
        Value::Float(value) => Some(value.to_bits()),
        _ => None,
    }
}

/// An operator on two values of one type, or a vector shifted by a scalar; `None` for shifts by more than 31.
pub(in crate::gaudi) fn binary(op: Binary, a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(op, *a, *b),
        (Value::Uint(a), Value::Uint(b)) => uint(op, *a, *b),
        (Value::Float(a), Value::Float(b)) => float(op, *a, *b),
        (Value::Bool(a), Value::Bool(b)) => int(op, i32::from(*a), i32::from(*b)),
        (Value::Mask(a), Value::Mask(b)) => match op {
            Binary::And => Some(Value::Mask(a & b)),
            Binary::Or => Some(Value::Mask(a | b)),
            Binary::Xor => Some(Value::Mask(a ^ b)),
            _ => None,
        },
        (Value::F32(a), Value::F32(b)) => match op {
            Binary::Add => Some(Value::F32(lanes(a, b, |a, b| Some(settle(a + b)))?)),
            Binary::Sub => Some(Value::F32(lanes(a, b, |a, b| Some(settle(a - b)))?)),
            Binary::Mul => Some(Value::F32(lanes(a, b, |a, b| Some(settle(a * b)))?)),
            _ => None,
        },
        (Value::I32(a), Value::I32(b)) => Some(Value::I32(lanes(a, b, |a, b| Some(one(int(op, a, b))? as i32))?)),
        (Value::U32(a), Value::U32(b)) => Some(Value::U32(lanes(a, b, |a, b| one(uint(op, a, b)))?)),
        (Value::Index(a), Value::Index(b)) => {
            let result = lanes(a, b, |a, b| Some(one(int(op, a, b))? as i32))?;
            Some(Value::Index(*result))
        }
        _ => None,
    }
}
