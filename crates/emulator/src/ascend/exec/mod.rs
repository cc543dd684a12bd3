//! What instructions compute.
//!
//! Operands are gathered, computed as f32 or 64-bit integers, rounded once to the result's type, and scattered. That is exact for
//! single operations on 16-bit floats, since f32 has more than twice their digits.

mod elementwise;
mod places;
mod reduce;

use super::number::{Type, Values};
use super::op::{Instruction, Kind, Lanes, Transfer, Unary};
use super::span::Run;
use super::{Refused, limit};

/// Carries out an instruction of a pipe over the bytes of UB. For a copy, the bytes of GM are those of buffers of the launch.
pub(super) fn execute(ub: &mut [u8], instruction: &Instruction) -> Result<(), Refused> {
    let Instruction { kind, to, from, .. } = instruction;
    let operand = |index: usize| match from.get(index) {
        Some(lanes) => Ok(values(ub, lanes)),
        None => Err(limit("an instruction without its operand")),
    };
    let result = match kind {
        // Whatever the bytes are, they stay as they are.
        Kind::Unary(Unary::Copy) => gather(ub, &from.first().ok_or_else(|| limit("a copy of nothing"))?.runs),
        Kind::Unary(op) => elementwise::unary(*op, operand(0)?).bytes(to.ty),
        Kind::Binary(op) => {
            let old = kind.reads_result().then(|| values(ub, to));
            elementwise::binary(*op, operand(0)?, &operand(1)?, old.as_ref()).bytes(to.ty)
        }
        Kind::WithScalar(op, bits) => {
            let old = kind.reads_result().then(|| values(ub, to));
            let ty = from.first().map_or(to.ty, |from| from.ty);
            elementwise::with_scalar(*op, operand(0)?, *bits, ty, old.as_ref()).bytes(to.ty)
        }
        Kind::Cast(round) => operand(0)?.convert(to.ty, *round),
        Kind::Fill(bits) => bits.to_le_bytes()[..to.ty.size()].repeat(count(to)),
        Kind::Index { first, down } => elementwise::index(*first, *down, to.ty, count(to)),
        Kind::Compare(mode) => elementwise::compare(*mode, &operand(0)?, &operand(1)?, row(from, to), pitch(to)),
        Kind::CompareScalar(mode, bits) => {
            let first = operand(0)?;
            let ty = from.first().map_or(to.ty, |from| from.ty);
            let scalar = elementwise::repeat(super::number::scalar(ty, *bits), first.len());
            elementwise::compare(*mode, &first, &scalar, row(from, to), pitch(to))
        }
        Kind::Select => {
            let mask = gather(ub, &from[0].runs);
            elementwise::select(&mask, mask_row(from), &operand(1)?, &operand(2)?).bytes(to.ty)
        }
        Kind::SelectScalar(bits) => {
            let mask = gather(ub, &from[0].runs);
            let first = operand(1)?;
            let second = elementwise::repeat(super::number::scalar(to.ty, *bits), first.len());
            elementwise::select(&mask, mask_row(from), &first, &second).bytes(to.ty)
        }
        Kind::Reduce { fold, group, leaves, lanes } => {
            let source = from.first().map_or(to.ty, |from| from.ty);
            reduce::groups(*fold, &operand(0)?, source, to.ty, *group, *leaves, lanes)
        }
        Kind::Columns { fold, cols } => reduce::columns(*fold, &operand(0)?, to.ty, *cols).bytes(to.ty),
        Kind::Spread => places::spread(&gather(ub, &from[0].runs), to.ty.size()),
        Kind::Gather { base, unit } => places::gather(ub, from, to, *base, *unit)?,
        Kind::Transpose { rows, cols } => places::transpose(&gather(ub, &from[0].runs), to.ty.size(), *rows, *cols),
        Kind::Copy(transfer) => return copy(ub, transfer, from.is_empty()),
    };
    for run in &instruction.scratch {
        ub[run.at..run.end()].fill(0xff);
    }
    scatter(ub, &to.runs, &result);
    Ok(())
}

fn count(lanes: &Lanes) -> usize {
    lanes.runs.iter().map(|run| run.len).sum::<usize>() / lanes.ty.size()
}

/// Elements of a comparison's operand that share a row of the mask.
fn row(from: &[Lanes], to: &Lanes) -> usize {
    from.first().map_or(0, count) / to.runs.len().max(1)
}

/// Bytes of a row of a mask.
fn pitch(to: &Lanes) -> usize {
    to.runs.first().map_or(0, |run| run.len)
}

/// As [`row`], where the mask is the first operand.
fn mask_row(from: &[Lanes]) -> usize {
    match from {
        [mask, first, ..] => count(first) / mask.runs.len().max(1),
        [_] | [] => 1,
    }
}

/// The bytes of `runs`, in order.
fn gather(ub: &[u8], runs: &[Run]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(runs.iter().map(|run| run.len).sum());
    for run in runs {
        bytes.extend_from_slice(&ub[run.at..run.end()]);
    }
    bytes
}

fn values(ub: &[u8], lanes: &Lanes) -> Values {
    match lanes.runs.as_slice() {
        [run] => Values::read(lanes.ty, &ub[run.at..run.end()]),
        runs => Values::read(lanes.ty, &gather(ub, runs)),
    }
}

fn scatter(ub: &mut [u8], runs: &[Run], bytes: &[u8]) {
    let mut rest = bytes;
    for run in runs {
        let (bytes, behind) = rest.split_at(run.len.min(rest.len()));
        ub[run.at..run.at + bytes.len()].copy_from_slice(bytes);
        rest = behind;
    }
}

/// Moves the bytes of a transfer.
fn copy(ub: &mut [u8], transfer: &Transfer, load: bool) -> Result<(), Refused> {
    for (gm, run) in transfer.gm.iter().zip(&transfer.ub) {
        let local = &mut ub[run.at..run.end()];
        let address = gm.at as *mut u8;
        // SAFETY: `core` has found the range of GM inside a buffer of the launch, which is valid and which no Rust reference
        // points into while kernels run; `local` is of the same length and belongs to this core.
        unsafe {
            match load {
                true => std::ptr::copy_nonoverlapping(address.cast_const(), local.as_mut_ptr(), run.len),
                false => std::ptr::copy_nonoverlapping(local.as_ptr(), address, run.len),
            }
        }
    }
    for run in &transfer.pads {
        for (byte, value) in ub[run.at..run.end()].iter_mut().zip(transfer.pad.iter().cycle()) {
            *byte = *value;
        }
    }
    for run in &transfer.unknown {
        ub[run.at..run.end()].fill(0xff);
    }
    Ok(())
}

/// A value rounded as a result of `ty` is.
fn rounded(ty: Type, value: f32) -> f32 {
    match ty {
        Type::F16 => half::f16::from_f32(value).to_f32(),
        Type::Bf16 => half::bf16::from_f32(value).to_f32(),
        Type::F32 | Type::I32 | Type::U32 | Type::I16 | Type::U16 | Type::I8 | Type::U8 | Type::I64 | Type::U64 => {
            value
        }
    }
}
