//! Conversions.

use half::{bf16, f16};

use super::value::{Data, Val, round, signed, unsigned, width, wrap};
use crate::op::CastOp;
use crate::types::{Elem, Type};

/// `from` is the operand's element type, `ty` the result's type.
pub(super) fn cast(op: CastOp, value: &Val, from: Elem, ty: Type) -> Val {
    let to = ty.elem;
    let data = match op {
        // Floats of every width are held alike.
        CastOp::ExtF => return value.clone(),
        CastOp::TruncF => Data::Floats(value.floats().iter().map(|&x| round(to, x)).collect()),
        CastOp::SIntToFp => Data::Floats(value.ints().iter().map(|&x| round(to, signed(from, x) as f32)).collect()),
        CastOp::UIntToFp => Data::Floats(value.ints().iter().map(|&x| round(to, unsigned(from, x) as f32)).collect()),
        CastOp::FpToSInt => {
            let largest = i64::MAX >> (64 - width(to));
            Data::Ints(value.floats().iter().map(|&x| (x as i64).clamp(-largest - 1, largest)).collect())
        }
        CastOp::FpToUInt => {
            let largest = u64::MAX >> (64 - width(to));
            Data::Ints(value.floats().iter().map(|&x| wrap(to, (x as u64).min(largest) as i64)).collect())
        }
        CastOp::ExtS | CastOp::IndexS | CastOp::TruncI => {
            Data::Ints(value.ints().iter().map(|&x| wrap(to, signed(from, x))).collect())
        }
        CastOp::ExtU | CastOp::IndexU => {
            Data::Ints(value.ints().iter().map(|&x| wrap(to, unsigned(from, x) as i64)).collect())
        }
        CastOp::Bitcast => bitcast(value, from, to),
    };
    Val::new(ty, data)
}

fn bitcast(value: &Val, from: Elem, to: Elem) -> Data {
    let bits: Vec<u64> = match from {
        Elem::F32 => value.floats().iter().map(|&x| u64::from(x.to_bits())).collect(),
        Elem::F16 => value.floats().iter().map(|&x| u64::from(f16::from_f32(x).to_bits())).collect(),
        Elem::Bf16 => value.floats().iter().map(|&x| u64::from(bf16::from_f32(x).to_bits())).collect(),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
            value.ints().iter().map(|&x| unsigned(from, x)).collect()
        }
    };
    match to {
        Elem::F32 => Data::Floats(bits.into_iter().map(|b| f32::from_bits(b as u32)).collect()),
        Elem::F16 => Data::Floats(bits.into_iter().map(|b| f16::from_bits(b as u16).to_f32()).collect()),
        Elem::Bf16 => Data::Floats(bits.into_iter().map(|b| bf16::from_bits(b as u16).to_f32()).collect()),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
            Data::Ints(bits.into_iter().map(|b| wrap(to, b as i64)).collect())
        }
    }
}
