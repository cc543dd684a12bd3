//! Instructions that compute each element by itself.

use super::{Call, Code, Instruction, Kind, Refused, Type, limit};
use crate::ascend::number::Round;
use crate::ascend::op::{Binary, Unary, WithScalar};
use crate::ascend::rules::UB;
use crate::ascend::span::{Run, Span};

/// Largest distance of a copy's repeats, in blocks. Source: asc-devkit, Copy.
const COPY_STEP: u32 = 4095;

pub(super) fn decode(call: &Call<'_>, code: Code) -> Result<Instruction, Refused> {
    match code {
        Code::Exp => unary(call, Unary::Exp),
        Code::Ln => unary(call, Unary::Ln),
        Code::Sqrt => unary(call, Unary::Sqrt),
        Code::Rsqrt => match call.request.extra[0] {
            0 => unary(call, Unary::Rsqrt),
            _ => {
                let mut root = unary(call, Unary::InverseRoot)?;
                root.scratch = call.scratch(&call.request.from[2], 0)?;
                Ok(root)
            }
        },
        Code::Reciprocal => unary(call, Unary::Reciprocal),
        Code::Abs => unary(call, Unary::Abs),
        Code::Relu => unary(call, Unary::Relu),
        Code::Neg => unary(call, Unary::Neg),
        Code::Not => unary(call, Unary::Not),
        Code::Copy => unary(call, Unary::Copy),
        Code::Add => binary(call, Binary::Add),
        Code::Sub => binary(call, Binary::Sub),
        Code::Mul => binary(call, Binary::Mul),
        Code::Div => binary(call, Binary::Div),
        Code::Max => binary(call, Binary::Max),
        Code::Min => binary(call, Binary::Min),
        Code::And => binary(call, Binary::And),
        Code::Or => binary(call, Binary::Or),
        Code::ExpSub => binary(call, Binary::ExpSub),
        Code::MulAddDst => binary(call, Binary::MulAddDst),
        Code::FusedMulAdd => binary(call, Binary::FusedMulAdd),
        Code::Adds => with_scalar(call, WithScalar::Add),
        Code::Subs => with_scalar(call, WithScalar::Sub),
        Code::Muls => with_scalar(call, WithScalar::Mul),
        Code::Divs => with_scalar(call, WithScalar::Div),
        Code::DivOf => with_scalar(call, WithScalar::DivOf),
        Code::Maxs => with_scalar(call, WithScalar::Max),
        Code::Mins => with_scalar(call, WithScalar::Min),
        Code::ShiftLeft => with_scalar(call, WithScalar::ShiftLeft),
        Code::ShiftRight => with_scalar(call, WithScalar::ShiftRight),
        Code::Axpy => with_scalar(call, WithScalar::Axpy),
        Code::Cast => cast(call),
        Code::Duplicate => fill(call),
        Code::Index => index(call),
        _ => Err(limit("a call of another family")),
    }
}

fn unary(call: &Call<'_>, op: Unary) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let step = call.request.to.outer.max(call.request.from[0].outer);
    if op == Unary::Copy && matches!(span, Span::Repeats { .. }) && step > COPY_STEP {
        return Err(limit(format!("repeats of a copy that are {step} blocks apart; the most are {COPY_STEP}")));
    }
    let to = call.lanes(&call.request.to, &span, ty)?;
    let from = call.lanes(&call.request.from[0], &span, ty)?;
    Ok(call.vector(Kind::Unary(op), to, vec![from]))
}

fn binary(call: &Call<'_>, op: Binary) -> Result<Instruction, Refused> {
    let (ty, source) = (call.ty(0)?, call.ty(1)?);
    let span = call.span(ty.size())?;
    let to = call.lanes(&call.request.to, &span, ty)?;
    let first = call.lanes(&call.request.from[0], &span, source)?;
    let second = call.lanes(&call.request.from[1], &span, source)?;
    let mut binary = call.vector(Kind::Binary(op), to, vec![first, second]);
    if call.request.extra[1] != 0 {
        // Memory behind what kernels may use. Source: pto-isa, npu/a2a3/TRowExpandBinOp.hpp.
        let at = call.rules.capacity;
        binary.scratch.push(Run { at, len: UB - at });
    }
    Ok(binary)
}

fn with_scalar(call: &Call<'_>, op: WithScalar) -> Result<Instruction, Refused> {
    let (ty, source) = (call.ty(0)?, call.ty(1)?);
    let span = call.span(ty.size())?;
    let to = call.lanes(&call.request.to, &span, ty)?;
    let from = call.lanes(&call.request.from[0], &span, source)?;
    Ok(call.vector(Kind::WithScalar(op, call.request.scalar), to, vec![from]))
}

fn cast(call: &Call<'_>) -> Result<Instruction, Refused> {
    let (to, from) = (call.ty(0)?, call.ty(1)?);
    let round = Round::of(call.request.extra[0]).ok_or_else(|| limit("a rounding that no conversion has"))?;
    if !converts(to, from, round) {
        return Err(limit(format!("no conversion from {from:?} to {to:?} with the rounding {round:?}")));
    }
    let span = call.span(to.size().max(from.size()))?;
    let to = call.lanes(&call.request.to, &span, to)?;
    let from = call.lanes(&call.request.from[0], &span, from)?;
    Ok(call.vector(Kind::Cast(round), to, vec![from]))
}

/// The conversions of the 910B. Source: asc-devkit, `Cast`, table of Atlas A2; and the intrinsics `vconv_*` of dav_c220.
fn converts(to: Type, from: Type, round: Round) -> bool {
    let (none, any) = match (from, to) {
        (Type::F32, Type::F16) => return true,
        (Type::F32, Type::Bf16 | Type::I16 | Type::I32 | Type::I64 | Type::F32) => (false, true),
        (Type::F16, Type::F32) | (Type::Bf16, Type::F32) => (true, false),
        (Type::F16, Type::I16 | Type::I32) | (Type::Bf16, Type::I32) => (false, true),
        (Type::F16, Type::I8 | Type::U8) | (Type::I16, Type::F16) => (true, true),
        (Type::I8 | Type::U8, Type::F16) | (Type::I16, Type::F32) => (true, false),
        (Type::I32, Type::F32) => (true, true),
        (Type::I32, Type::I16 | Type::I64) | (Type::I64, Type::I32) => (true, false),
        (Type::I64, Type::F32) => (false, true),
        (_, _) => (false, false),
    };
    match round {
        Round::None => none,
        Round::Rint | Round::Floor | Round::Ceil | Round::Away | Round::Trunc => any,
        Round::Odd => false,
    }
}

fn fill(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let to = call.lanes(&call.request.to, &span, ty)?;
    Ok(call.vector(Kind::Fill(call.request.scalar), to, vec![]))
}

fn index(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let to = call.lanes(&call.request.to, &span, ty)?;
    let mut index =
        call.vector(Kind::Index { first: call.request.scalar, down: call.request.extra[0] != 0 }, to, vec![]);
    if call.request.extra[1] != 0 {
        // A loop of the scalar unit. Source: pto-isa, TCI without a scratch tile.
        index.pipe = super::Pipe::S;
    }
    Ok(index)
}
