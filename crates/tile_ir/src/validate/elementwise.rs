//! Constants and elementwise operations.

use half::{bf16, f16};

use super::{Check, Problem, float, same, tile};
use crate::op::{BinaryOp, CastOp, Literal, Number, Predicate};
use crate::types::{Elem, Type};

pub(super) fn constant(literal: &Literal, ty: Type) -> Check {
    match literal {
        Literal::Splat(number) => number_fits(*number, ty.elem),
        Literal::Iota { dim } => {
            tile("result", ty)?;
            if ty.elem.is_float() || ty.elem == Elem::I1 {
                return Err(Problem::Unexpected { role: "result", expected: "an integer tile", found: ty });
            }
            let Some(&extent) = ty.shape.dims().get(*dim) else {
                return Err(Problem::OutOfRange {
                    role: "dimension",
                    found: *dim as u64,
                    limit: ty.shape.rank() as u64,
                });
            };
            number_fits(Number::Int(extent as i64 - 1), ty.elem)
        }
        Literal::Dense(numbers) => {
            tile("result", ty)?;
            if numbers.len() as u64 != ty.shape.count() {
                return Err(Problem::LiteralCount { expected: ty.shape.count(), found: numbers.len() });
            }
            numbers.iter().try_for_each(|&number| number_fits(number, ty.elem))
        }
    }
}

/// Whether an element of this type can be exactly this number.
fn number_fits(number: Number, elem: Elem) -> Check {
    let fits = match (number, elem) {
        (Number::Float(_), Elem::F32) => true,
        (Number::Float(x), Elem::F16) => x.is_nan() || f16::from_f32(x).to_f32() == x,
        (Number::Float(x), Elem::Bf16) => x.is_nan() || bf16::from_f32(x).to_f32() == x,
        (Number::Int(n), Elem::I1) => n == 0 || n == 1,
        (Number::Int(n), Elem::I8) => i8::try_from(n).is_ok(),
        (Number::Int(n), Elem::I32) => i32::try_from(n).is_ok(),
        (Number::Int(_), Elem::I64 | Elem::Index) => true,
        (Number::Float(_), Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index)
        | (Number::Int(_), Elem::F32 | Elem::F16 | Elem::Bf16) => false,
    };
    if fits { Ok(()) } else { Err(Problem::LiteralRange(elem)) }
}

pub(super) fn unary(a: Type, result: Type) -> Check {
    float("operand", a)?;
    same("result", a, result)
}

pub(super) fn binary(op: BinaryOp, a: Type, b: Type, result: Type) -> Check {
    same("second operand", a, b)?;
    if !op.takes(a.elem.is_float()) {
        let expected = if a.elem.is_float() { "an integer scalar or tile" } else { "a float scalar or tile" };
        return Err(Problem::Unexpected { role: "operand", expected, found: a });
    }
    let bitwise = match op {
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => true,
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
        | BinaryOp::ShrU => false,
    };
    if a.elem == Elem::I1 && !bitwise {
        return Err(Problem::Unexpected { role: "operand", expected: "an integer of at least 8 bits", found: a });
    }
    same("result", a, result)
}

pub(super) fn fma(a: Type, b: Type, c: Type, result: Type) -> Check {
    float("operand", a)?;
    same("second operand", a, b)?;
    same("third operand", a, c)?;
    same("result", a, result)
}

pub(super) fn compare(predicate: Predicate, a: Type, b: Type, result: Type) -> Check {
    same("second operand", a, b)?;
    if predicate.is_float() != a.elem.is_float() {
        let expected = if predicate.is_float() { "a float scalar or tile" } else { "an integer scalar or tile" };
        return Err(Problem::Unexpected { role: "operand", expected, found: a });
    }
    let signed = matches!(predicate, Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe);
    if a.elem == Elem::I1 && signed {
        return Err(Problem::Unexpected { role: "operand", expected: "an integer of at least 8 bits", found: a });
    }
    same("result", a.with_elem(Elem::I1), result)
}

pub(super) fn select(cond: Type, on_true: Type, on_false: Type, result: Type) -> Check {
    if cond != Type::BOOL {
        same("condition", on_true.with_elem(Elem::I1), cond)?;
    }
    same("second choice", on_true, on_false)?;
    same("result", on_true, result)
}

pub(super) fn cast(op: CastOp, from: Type, to: Type) -> Check {
    let (a, b) = (from.elem, to.elem);
    let number = |elem: Elem| elem.is_int() && elem != Elem::Index;
    // `i1` has one bit, though a byte in memory.
    let bits = |elem: Elem| if elem == Elem::I1 { 1 } else { elem.bits() };
    let fits = match op {
        CastOp::ExtF => a.is_float() && b.is_float() && bits(a) < bits(b),
        CastOp::TruncF => a.is_float() && b.is_float() && bits(a) > bits(b),
        CastOp::SIntToFp | CastOp::UIntToFp => number(a) && b.is_float(),
        CastOp::FpToSInt | CastOp::FpToUInt => a.is_float() && number(b) && b != Elem::I1,
        CastOp::ExtS | CastOp::ExtU => number(a) && number(b) && bits(a) < bits(b),
        CastOp::TruncI => number(a) && number(b) && bits(a) > bits(b),
        CastOp::IndexS | CastOp::IndexU => (a == Elem::Index && number(b)) || (number(a) && b == Elem::Index),
        CastOp::Bitcast => {
            let plain = |elem: Elem| elem != Elem::I1 && elem != Elem::Index;
            plain(a) && plain(b) && bits(a) == bits(b)
        }
    };
    if fits && from.shape == to.shape { Ok(()) } else { Err(Problem::Cast { from, to }) }
}
