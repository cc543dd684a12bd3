//! Elementwise functions, in f32 as the documented ones that are right to f32: each operation is rounded once.

use super::super::code::{Function, Type};
use super::super::op::Operand;
use super::{active, load, store};

unsafe fn each<T: Copy>(to: usize, a: usize, n: usize, f: impl Fn(T) -> T) {
    for index in 0..n {
        // SAFETY: by contract of `run`.
        unsafe { store(to, index, f(load(a, index))) };
    }
}

unsafe fn pairs<T: Copy>(to: usize, a: usize, b: usize, n: usize, f: impl Fn(T, T) -> T) {
    for index in 0..n {
        // SAFETY: by contract of `run`.
        unsafe { store(to, index, f(load(a, index), load(b, index))) };
    }
}

/// Truths are 1.0 and 0.0.
fn truth(value: bool) -> f32 {
    f32::from(u8::from(value))
}

/// What a function of two f32 gives.
#[inline(always)]
fn binary(f: Function) -> fn(f32, f32) -> f32 {
    match f {
        Function::Add => |a, b| a + b,
        Function::Sub => |a, b| a - b,
        Function::Mul => |a, b| a * b,
        Function::Div => |a, b| a / b,
        // With NaN the comparison fails, and the first operand is given.
        Function::MaxEqual => |a, b| if b > a { b } else { a },
        Function::MinEqual => |a, b| if b < a { b } else { a },
        Function::Maximum => f32::max,
        Function::Minimum => f32::min,
        Function::Gt => |a, b| truth(a > b),
        Function::Ge => |a, b| truth(a >= b),
        Function::Lt => |a, b| truth(a < b),
        Function::Le => |a, b| truth(a <= b),
        Function::Eq => |a, b| truth(a == b),
        Function::Ne => |a, b| truth(a != b),
        Function::And => |a, b| truth(a != 0.0 && b != 0.0),
        Function::Or => |a, b| truth(a != 0.0 || b != 0.0),
        Function::Xor => |a, b| truth((a != 0.0) != (b != 0.0)),
        // The headers have no such call; what it gives is no number, so that nobody relies on it.
        Function::BitAnd
        | Function::BitOr
        | Function::BitXor
        | Function::ShiftLeft
        | Function::ShiftRightLogical
        | Function::ShiftRight
        | Function::Square
        | Function::Abs
        | Function::Relu
        | Function::Not
        | Function::Sqrt
        | Function::Rsqrt
        | Function::Recip
        | Function::Pow2
        | Function::Log2
        | Function::Sin
        | Function::Cos
        | Function::Floor
        | Function::Round
        | Function::NearbyInt
        | Function::ActiveExp
        | Function::ActiveExpHp
        | Function::ActiveSigmoid
        | Function::ActiveTanh
        | Function::ActiveRecip
        | Function::ActiveRecipHp
        | Function::ActiveRsqrt
        | Function::ActiveRsqrtHp => |_, _| f32::NAN,
    }
}

/// What a function of two i32 gives.
fn binary_int(f: Function) -> Option<fn(i32, i32) -> i32> {
    Some(match f {
        Function::Add => i32::wrapping_add,
        Function::Sub => i32::wrapping_sub,
        Function::Mul => i32::wrapping_mul,
        Function::MaxEqual => i32::max,
        Function::MinEqual => i32::min,
        Function::Eq => |a, b| i32::from(a == b),
        Function::Ne => |a, b| i32::from(a != b),
        Function::And => |a, b| i32::from(a != 0 && b != 0),
        Function::Or => |a, b| i32::from(a != 0 || b != 0),
        Function::Xor => |a, b| i32::from((a != 0) != (b != 0)),
        Function::ShiftLeft => |a, b| a.wrapping_shl(b as u32),
        Function::ShiftRight => |a, b| a.wrapping_shr(b as u32),
        Function::ShiftRightLogical => |a, b| (a as u32).wrapping_shr(b as u32) as i32,
        _ => return None,
    })
}

fn binary_byte(f: Function) -> Option<fn(u8, u8) -> u8> {
    Some(match f {
        Function::BitAnd => |a, b| a & b,
        Function::BitOr => |a, b| a | b,
        Function::BitXor => |a, b| a ^ b,
        _ => return None,
    })
}

/// Runs `f` of two vectors.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn zip(f: Function, ty: Type, to: usize, a: usize, b: usize, n: usize) {
    // SAFETY: by contract.
    unsafe {
        match ty {
            // The frequent ones as loops of their own.
            Type::F32 => match f {
                Function::Add => pairs(to, a, b, n, |a: f32, b: f32| a + b),
                Function::Sub => pairs(to, a, b, n, |a: f32, b: f32| a - b),
                Function::Mul => pairs(to, a, b, n, |a: f32, b: f32| a * b),
                other => pairs(to, a, b, n, binary(other)),
            },
            Type::I32 => {
                if let Some(f) = binary_int(f) {
                    pairs(to, a, b, n, f);
                }
            }
            Type::U8 => {
                if let Some(f) = binary_byte(f) {
                    pairs(to, a, b, n, f);
                }
            }
        }
    }
}

/// Runs `f` of a vector and a scalar.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn scalar(f: Function, ty: Type, to: usize, a: usize, value: u32, n: usize) {
    // SAFETY: by contract.
    unsafe {
        match ty {
            Type::F32 => {
                let s = f32::from_bits(value);
                match f {
                    Function::Add => each(to, a, n, |a: f32| a + s),
                    Function::Mul => each(to, a, n, |a: f32| a * s),
                    other => {
                        let f = binary(other);
                        each(to, a, n, |a: f32| f(a, s));
                    }
                }
            }
            Type::I32 => {
                if let Some(f) = binary_int(f) {
                    each(to, a, n, |a: i32| f(a, value as i32));
                }
            }
            Type::U8 => {
                if let Some(f) = binary_byte(f) {
                    each(to, a, n, |a: u8| f(a, value as u8));
                }
            }
        }
    }
}

/// Runs `f` of a vector.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn map(f: Function, ty: Type, to: usize, a: usize, n: usize) {
    // SAFETY: by contract.
    unsafe {
        match (ty, f) {
            (Type::I32, Function::Square) => each(to, a, n, |a: i32| a.wrapping_mul(a)),
            (Type::I32, Function::Abs) => each(to, a, n, i32::wrapping_abs),
            (Type::I32, Function::Not) => each(to, a, n, |a: i32| i32::from(a == 0)),
            (Type::F32, f) => each(to, a, n, unary(f)),
            // The headers have no other.
            (Type::I32 | Type::U8, _) => {}
        }
    }
}

fn unary(f: Function) -> fn(f32) -> f32 {
    match f {
        Function::Square => |a| a * a,
        Function::Abs => f32::abs,
        Function::Relu => |a| if a > 0.0 { a } else { 0.0 },
        Function::Not => |a| truth(a == 0.0),
        Function::Sqrt => f32::sqrt,
        Function::Rsqrt => |a| (1.0 / f64::from(a).sqrt()) as f32,
        Function::Recip => |a| 1.0 / a,
        Function::Pow2 => |a| f64::from(a).exp2() as f32,
        Function::Log2 => |a| f64::from(a).log2() as f32,
        Function::Sin => |a| f64::from(a).sin() as f32,
        Function::Cos => |a| f64::from(a).cos() as f32,
        Function::Floor => f32::floor,
        Function::Round => f32::round,
        Function::NearbyInt => f32::round_ties_even,
        other => active::function(other),
    }
}

/// Runs `(a f b) g c`, each step rounded.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn fusion(f: [Function; 2], to: usize, a: usize, operands: [Operand; 2], [n, seg_n]: [usize; 2]) {
    let [first, second] = f.map(binary);
    let at = |operand: Operand, index: usize| match operand {
        // SAFETY: by contract.
        Operand::Vector(start) => unsafe { load::<f32>(start, index % seg_n) },
        Operand::Scalar(value) => value,
    };
    let [b, c] = operands;
    for index in 0..n {
        // SAFETY: by contract.
        unsafe { store(to, index, second(first(load(a, index), at(b, index)), at(c, index))) };
    }
}
