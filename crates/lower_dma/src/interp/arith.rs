//! Arithmetic on numbers: as the tile interpreter's, but that sums are in `f32`.

use half::{bf16, f16};
use tile_ir::{BinaryOp, Elem, Predicate, UnaryOp};

use super::local::Num;
use crate::ir::{Convert, Scalar};

/// Cuts an integer to the lowest `bits`, as signed; booleans (`bits` 1) to 0 or 1.
pub(super) const fn wrap(x: i64, bits: u32) -> i64 {
    match bits {
        1 => x & 1,
        64.. => x,
        _ => (x << (64 - bits)) >> (64 - bits),
    }
}

const fn unsigned(x: i64, bits: u32) -> u64 {
    if bits >= 64 { x as u64 } else { x as u64 & ((1 << bits) - 1) }
}

/// Bits of an integer type.
pub(crate) const fn bits(scalar: Scalar) -> u32 {
    match scalar {
        Scalar::Bool => 1,
        Scalar::F32 | Scalar::I32 => 32,
        Scalar::I64 => 64,
    }
}

pub(super) fn unary(op: UnaryOp, x: f32) -> f32 {
    let wide = f64::from(x);
    match op {
        UnaryOp::Neg => -x,
        UnaryOp::Abs => x.abs(),
        UnaryOp::Exp => wide.exp() as f32,
        UnaryOp::Log => wide.ln() as f32,
        UnaryOp::Sqrt => x.sqrt(),
        UnaryOp::Rsqrt => (1.0 / wide.sqrt()) as f32,
        UnaryOp::Tanh => wide.tanh() as f32,
        UnaryOp::Sin => wide.sin() as f32,
        UnaryOp::Cos => wide.cos() as f32,
        UnaryOp::Floor => x.floor(),
    }
}

/// `None` where the operation has no result.
pub(crate) fn binary(op: BinaryOp, x: Num, y: Num, width: u32) -> Option<Num> {
    match (x, y) {
        (Num::F(x), Num::F(y)) => float(op, x, y).map(Num::F),
        (Num::I(x), Num::I(y)) => int(op, x, y, width).map(|z| Num::I(wrap(z, width))),
        (Num::F(_), Num::I(_)) | (Num::I(_), Num::F(_)) => None,
    }
}

fn float(op: BinaryOp, x: f32, y: f32) -> Option<f32> {
    Some(match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::DivF => x / y,
        BinaryOp::MinF if y < x || x.is_nan() => y,
        BinaryOp::MaxF if y > x || x.is_nan() => y,
        BinaryOp::MinF | BinaryOp::MaxF => x,
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

fn int(op: BinaryOp, x: i64, y: i64, width: u32) -> Option<i64> {
    let (ux, uy) = (unsigned(x, width), unsigned(y, width));
    let amount = || u32::try_from(uy).ok().filter(|&amount| amount < width);
    Some(match op {
        BinaryOp::Add => x.wrapping_add(y),
        BinaryOp::Sub => x.wrapping_sub(y),
        BinaryOp::Mul => x.wrapping_mul(y),
        BinaryOp::DivS => x.checked_div(y).filter(|&z| wrap(z, width) == z)?,
        BinaryOp::DivU => ux.checked_div(uy)? as i64,
        BinaryOp::RemS => {
            x.checked_div(y).filter(|&z| wrap(z, width) == z)?;
            x.checked_rem(y)?
        }
        BinaryOp::RemU => ux.checked_rem(uy)? as i64,
        BinaryOp::MinS => x.min(y),
        BinaryOp::MaxS => x.max(y),
        BinaryOp::MinU => {
            if uy < ux {
                y
            } else {
                x
            }
        }
        BinaryOp::MaxU => {
            if uy > ux {
                y
            } else {
                x
            }
        }
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Shl => x << amount()?,
        BinaryOp::ShrS => x >> amount()?,
        BinaryOp::ShrU => (ux >> amount()?) as i64,
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => return None,
    })
}

/// `None` for operands of different kinds.
pub(crate) fn compare(predicate: Predicate, x: Num, y: Num, width: u32) -> Option<bool> {
    match (x, y) {
        (Num::F(x), Num::F(y)) => Some(match predicate {
            Predicate::FEq => x == y,
            Predicate::FNe => x != y,
            Predicate::FLt => x < y,
            Predicate::FLe => x <= y,
            Predicate::FGt => x > y,
            Predicate::FGe => x >= y,
            Predicate::IEq
            | Predicate::INe
            | Predicate::SLt
            | Predicate::SLe
            | Predicate::SGt
            | Predicate::SGe
            | Predicate::ULt
            | Predicate::ULe
            | Predicate::UGt
            | Predicate::UGe => return None,
        }),
        (Num::I(x), Num::I(y)) => {
            let (ux, uy) = (unsigned(x, width), unsigned(y, width));
            Some(match predicate {
                Predicate::IEq => x == y,
                Predicate::INe => x != y,
                Predicate::SLt => x < y,
                Predicate::SLe => x <= y,
                Predicate::SGt => x > y,
                Predicate::SGe => x >= y,
                Predicate::ULt => ux < uy,
                Predicate::ULe => ux <= uy,
                Predicate::UGt => ux > uy,
                Predicate::UGe => ux >= uy,
                Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
                    return None;
                }
            })
        }
        (Num::F(_), Num::I(_)) | (Num::I(_), Num::F(_)) => None,
    }
}

/// The nearest value of a float type, ties to even.
pub(super) fn round(elem: Elem, x: f32) -> f32 {
    match elem {
        Elem::F16 => f16::from_f32(x).to_f32(),
        Elem::Bf16 => bf16::from_f32(x).to_f32(),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => x,
    }
}

pub(super) fn to_signed(x: f32, bits: u32) -> i64 {
    match bits {
        8 => i64::from(x as i8),
        32 => i64::from(x as i32),
        _ => x as i64,
    }
}

/// `from` is the operand's type.
pub(crate) fn convert(convert: Convert, x: Num, from: Scalar) -> Num {
    match convert {
        Convert::Round(elem) => Num::F(round(elem, x.float())),
        Convert::SignedToFloat => Num::F(x.int() as f32),
        Convert::UnsignedToFloat => Num::F(unsigned(x.int(), bits(from)) as f32),
        Convert::FloatToSigned(_, bits) => Num::I(to_signed(x.float(), bits)),
        Convert::FloatToUnsigned(_, width) => {
            let value = match width {
                8 => u64::from(x.float() as u8),
                32 => u64::from(x.float() as u32),
                _ => x.float() as u64,
            };
            Num::I(wrap(value as i64, width))
        }
        Convert::Signed(to, width) => {
            let cut = if width == 1 { -(x.int() & 1) } else { wrap(x.int(), width) };
            Num::I(wrap(cut, bits(to)))
        }
        Convert::Unsigned(to, width) => Num::I(wrap(unsigned(x.int(), width) as i64, bits(to))),
        Convert::ToBool => Num::I(x.int() & 1),
        Convert::Bits(Scalar::F32) => Num::F(f32::from_bits(x.int() as u32)),
        Convert::Bits(Scalar::Bool | Scalar::I32 | Scalar::I64) => Num::I(i64::from(x.float().to_bits() as i32)),
    }
}
