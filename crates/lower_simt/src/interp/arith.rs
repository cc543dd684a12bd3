//! Arithmetic on one value per thread, held as bits zero-extended to 64.

use half::{bf16, f16};
use tile_ir::{BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

use super::state::Mask;
use super::trap::TrapKind;
use crate::ir::{Convert, Scalar};

/// Bits of a type set to one.
const fn ones(scalar: Scalar) -> u64 {
    u64::MAX >> (64 - scalar.bits())
}

/// Bits as a signed number.
pub(crate) const fn signed(scalar: Scalar, bits: u64) -> i64 {
    let shift = 64 - scalar.bits();
    ((bits << shift) as i64) >> shift
}

const fn float(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn bits(value: f32) -> u64 {
    u64::from(value.to_bits())
}

fn each(x: &mut [u64], f: impl Fn(u64) -> u64) {
    x.iter_mut().for_each(|x| *x = f(*x));
}

fn both(x: &mut [u64], y: &[u64], f: impl Fn(u64, u64) -> u64) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x = f(*x, *y));
}

pub(super) fn unary(op: UnaryOp, x: &mut [u64]) {
    let narrow = |x: &mut [u64], f: fn(f32) -> f32| each(x, |x| bits(f(float(x))));
    let wide = |x: &mut [u64], f: fn(f64) -> f64| each(x, |x| bits(f(f64::from(float(x))) as f32));
    match op {
        UnaryOp::Neg => narrow(x, |x| -x),
        UnaryOp::Abs => narrow(x, f32::abs),
        UnaryOp::Exp => wide(x, f64::exp),
        UnaryOp::Log => wide(x, f64::ln),
        UnaryOp::Sqrt => narrow(x, f32::sqrt),
        UnaryOp::Rsqrt => wide(x, |x| 1.0 / x.sqrt()),
        UnaryOp::Tanh => wide(x, f64::tanh),
        UnaryOp::Sin => wide(x, f64::sin),
        UnaryOp::Cos => wide(x, f64::cos),
        UnaryOp::Floor => narrow(x, f32::floor),
    }
}

fn min_num(a: f32, b: f32) -> f32 {
    if a.is_nan() || b < a { b } else { a }
}

fn max_num(a: f32, b: f32) -> f32 {
    if a.is_nan() || b > a { b } else { a }
}

fn misfit(op: BinaryOp, scalar: Scalar) -> TrapKind {
    TrapKind::Malformed(format!("{op:?} on {scalar:?}"))
}

/// `x = x op y`; the thread at fault if it traps.
pub(super) fn binary(
    op: BinaryOp,
    scalar: Scalar,
    x: &mut [u64],
    y: &[u64],
    mask: &Mask,
) -> Result<(), (usize, TrapKind)> {
    match scalar {
        Scalar::F32 => float_binary(op, x, y).map_err(|kind| (0, kind)),
        Scalar::Bool => {
            match op {
                BinaryOp::And => both(x, y, |x, y| x & y),
                BinaryOp::Or => both(x, y, |x, y| x | y),
                BinaryOp::Xor => both(x, y, |x, y| x ^ y),
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::DivF
                | BinaryOp::DivS
                | BinaryOp::DivU
                | BinaryOp::RemS
                | BinaryOp::RemU
                | BinaryOp::MinF
                | BinaryOp::MaxF
                | BinaryOp::MinS
                | BinaryOp::MaxS
                | BinaryOp::MinU
                | BinaryOp::MaxU
                | BinaryOp::Shl
                | BinaryOp::ShrS
                | BinaryOp::ShrU => return Err((0, misfit(op, scalar))),
            }
            Ok(())
        }
        Scalar::I8 | Scalar::I32 | Scalar::I64 => int_binary(op, scalar, x, y, mask),
    }
}

fn float_binary(op: BinaryOp, x: &mut [u64], y: &[u64]) -> Result<(), TrapKind> {
    let zip = |x: &mut [u64], f: fn(f32, f32) -> f32| both(x, y, |x, y| bits(f(float(x), float(y))));
    match op {
        BinaryOp::Add => both(x, y, |x, y| bits(float(x) + float(y))),
        BinaryOp::Sub => zip(x, |x, y| x - y),
        BinaryOp::Mul => both(x, y, |x, y| bits(float(x) * float(y))),
        BinaryOp::DivF => zip(x, |x, y| x / y),
        BinaryOp::MinF => zip(x, min_num),
        BinaryOp::MaxF => zip(x, max_num),
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
        | BinaryOp::ShrU => return Err(misfit(op, Scalar::F32)),
    }
    Ok(())
}

fn int_binary(op: BinaryOp, scalar: Scalar, x: &mut [u64], y: &[u64], mask: &Mask) -> Result<(), (usize, TrapKind)> {
    let all = ones(scalar);
    let s = |x: u64| signed(scalar, x);
    let mut partial = |f: &dyn Fn(u64, u64) -> Result<u64, TrapKind>| {
        for thread in mask.threads() {
            x[thread] = f(x[thread], y[thread]).map_err(|kind| (thread, kind))? & all;
        }
        Ok(())
    };
    let nonzero = |y: u64| if y == 0 { Err(TrapKind::DivisionByZero) } else { Ok(y) };
    let divisible = |x: u64, y: u64| {
        if x == 1 << (scalar.bits() - 1) && s(y) == -1 { Err(TrapKind::DivisionOverflow) } else { nonzero(y).map(s) }
    };
    let amount = |y: u64| {
        let bits = scalar.bits();
        if y < u64::from(bits) { Ok(y as u32) } else { Err(TrapKind::Shift { bits, amount: y }) }
    };
    match op {
        BinaryOp::Add => both(x, y, |x, y| x.wrapping_add(y) & all),
        BinaryOp::Sub => both(x, y, |x, y| x.wrapping_sub(y) & all),
        BinaryOp::Mul => both(x, y, |x, y| x.wrapping_mul(y) & all),
        BinaryOp::And => both(x, y, |x, y| x & y),
        BinaryOp::Or => both(x, y, |x, y| x | y),
        BinaryOp::Xor => both(x, y, |x, y| x ^ y),
        BinaryOp::MinS => both(x, y, |x, y| if s(y) < s(x) { y } else { x }),
        BinaryOp::MaxS => both(x, y, |x, y| if s(y) > s(x) { y } else { x }),
        BinaryOp::MinU => both(x, y, u64::min),
        BinaryOp::MaxU => both(x, y, u64::max),
        BinaryOp::DivS => partial(&|x, y| Ok((s(x) / divisible(x, y)?) as u64))?,
        BinaryOp::DivU => partial(&|x, y| Ok(x / nonzero(y)?))?,
        BinaryOp::RemS => partial(&|x, y| Ok((s(x) % divisible(x, y)?) as u64))?,
        BinaryOp::RemU => partial(&|x, y| Ok(x % nonzero(y)?))?,
        BinaryOp::Shl => partial(&|x, y| Ok(x << amount(y)?))?,
        BinaryOp::ShrS => partial(&|x, y| Ok((s(x) >> amount(y)?) as u64))?,
        BinaryOp::ShrU => partial(&|x, y| Ok(x >> amount(y)?))?,
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => return Err((0, misfit(op, scalar))),
    }
    Ok(())
}

/// `x = x * y + z`.
pub(super) fn fma(x: &mut [u64], y: &[u64], z: &[u64]) {
    for ((x, y), z) in x.iter_mut().zip(y).zip(z) {
        // The product of two f32 is exact in f64; where their sum is too, rounding it once is the fused result.
        let product = f64::from(float(*x)) * f64::from(float(*y));
        let addend = f64::from(float(*z));
        let sum = product + addend;
        let back = sum - product;
        let error = (product - (sum - back)) + (addend - back);
        *x = if error == 0.0 { bits(sum as f32) } else { bits(float(*x).mul_add(float(*y), float(*z))) };
    }
}

/// `x = x predicate y`, as 0 or 1.
pub(super) fn compare(predicate: Predicate, scalar: Scalar, x: &mut [u64], y: &[u64]) {
    let floats = |x: &mut [u64], f: fn(&f32, &f32) -> bool| both(x, y, |x, y| u64::from(f(&float(x), &float(y))));
    let bare = |x: &mut [u64], f: fn(&u64, &u64) -> bool| both(x, y, |x, y| u64::from(f(&x, &y)));
    let ints = |x: &mut [u64], f: fn(&i64, &i64) -> bool| {
        both(x, y, |x, y| u64::from(f(&signed(scalar, x), &signed(scalar, y))))
    };
    match predicate {
        Predicate::FEq => floats(x, f32::eq),
        Predicate::FNe => floats(x, f32::ne),
        Predicate::FLt => floats(x, f32::lt),
        Predicate::FLe => floats(x, f32::le),
        Predicate::FGt => floats(x, f32::gt),
        Predicate::FGe => floats(x, f32::ge),
        Predicate::IEq => bare(x, u64::eq),
        Predicate::INe => bare(x, u64::ne),
        Predicate::SLt => ints(x, i64::lt),
        Predicate::SLe => ints(x, i64::le),
        Predicate::SGt => ints(x, i64::gt),
        Predicate::SGe => ints(x, i64::ge),
        Predicate::ULt => bare(x, u64::lt),
        Predicate::ULe => bare(x, u64::le),
        Predicate::UGt => bare(x, u64::gt),
        Predicate::UGe => bare(x, u64::ge),
    }
}

/// `value` rounded to the nearest value of `elem`, ties to even.
pub(super) fn round(elem: Elem, value: f32) -> f32 {
    match elem {
        Elem::F16 => f16::from_f32(value).to_f32(),
        Elem::Bf16 => bf16::from_f32(value).to_f32(),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value,
    }
}

/// Converts in place from type `from`.
pub(super) fn convert(convert: Convert, from: Scalar, x: &mut [u64]) {
    match convert {
        Convert::Round(elem) => each(x, |x| bits(round(elem, float(x)))),
        Convert::SignedToFloat => each(x, |x| bits(signed(from, x) as f32)),
        Convert::UnsignedToFloat => each(x, |x| bits(x as f32)),
        Convert::FloatToSigned(to) => {
            let (low, high) = (i64::MIN >> (64 - to.bits()), i64::MAX >> (64 - to.bits()));
            each(x, |x| (float(x) as i64).clamp(low, high) as u64 & ones(to));
        }
        Convert::FloatToUnsigned(to) => each(x, |x| (float(x) as u64).min(ones(to))),
        Convert::SignExtend(to) => each(x, |x| signed(from, x) as u64 & ones(to)),
        Convert::ZeroExtend(_) | Convert::Bits(_) => {}
        Convert::Truncate(to) => each(x, |x| x & ones(to)),
    }
}

/// Combines two values; `None` if the operation does not fit the type.
pub(super) fn reduce(op: ReduceOp, scalar: Scalar, x: u64, y: u64) -> Option<u64> {
    let (sx, sy) = (signed(scalar, x), signed(scalar, y));
    Some(match (op, scalar) {
        (ReduceOp::Add, Scalar::F32) => bits(float(x) + float(y)),
        (ReduceOp::MinF, Scalar::F32) => bits(min_num(float(x), float(y))),
        (ReduceOp::MaxF, Scalar::F32) => bits(max_num(float(x), float(y))),
        (ReduceOp::Add, Scalar::I8 | Scalar::I32 | Scalar::I64) => x.wrapping_add(y) & ones(scalar),
        (ReduceOp::MinS, Scalar::I8 | Scalar::I32 | Scalar::I64) => {
            if sy < sx {
                y
            } else {
                x
            }
        }
        (ReduceOp::MaxS, Scalar::I8 | Scalar::I32 | Scalar::I64) => {
            if sy > sx {
                y
            } else {
                x
            }
        }
        (ReduceOp::MinU, Scalar::I8 | Scalar::I32 | Scalar::I64) => x.min(y),
        (ReduceOp::MaxU, Scalar::I8 | Scalar::I32 | Scalar::I64) => x.max(y),
        (ReduceOp::MinF | ReduceOp::MaxF, Scalar::I8 | Scalar::I32 | Scalar::I64)
        | (ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU, Scalar::F32)
        | (
            ReduceOp::Add
            | ReduceOp::MinF
            | ReduceOp::MaxF
            | ReduceOp::MinS
            | ReduceOp::MaxS
            | ReduceOp::MinU
            | ReduceOp::MaxU,
            Scalar::Bool,
        ) => return None,
    })
}

/// `x = x op y` on integers; false if it traps for some pair.
pub(crate) fn many(op: BinaryOp, scalar: Scalar, x: &mut [i64], y: &[i64]) -> bool {
    let bits = |values: &[i64]| -> Vec<u64> { values.iter().map(|&value| value as u64 & ones(scalar)).collect() };
    let (mut left, right) = (bits(x), bits(y));
    let sound = binary(op, scalar, &mut left, &right, &Mask::new(vec![true; x.len()])).is_ok();
    x.iter_mut().zip(left).for_each(|(x, bits)| *x = signed(scalar, bits));
    sound
}

/// `x op y` on integers; `None` if it traps.
pub(crate) fn one(op: BinaryOp, scalar: Scalar, x: i64, y: i64) -> Option<i64> {
    let mut left = [x];
    many(op, scalar, &mut left, &[y]).then_some(left[0])
}

/// `x = x predicate y` on integers, as 0 or 1.
pub(crate) fn compare_many(predicate: Predicate, scalar: Scalar, x: &mut [i64], y: &[i64]) {
    let bits = |values: &[i64]| -> Vec<u64> { values.iter().map(|&value| value as u64 & ones(scalar)).collect() };
    let (mut left, right) = (bits(x), bits(y));
    compare(predicate, scalar, &mut left, &right);
    x.iter_mut().zip(left).for_each(|(x, bit)| *x = bit as i64);
}
