//! Comparisons and selections. A mask has a bit per element, the first one lowest.

use super::{BLOCK, Call, Code, Instruction, Kind, Lanes, Operand, Refused, Span, Type, limit};
use crate::ascend::op::Compare;
use crate::ascend::rules::REPEAT;
use crate::ascend::span::Run;

pub(super) fn decode(call: &Call<'_>, code: Code) -> Result<Instruction, Refused> {
    match code {
        Code::Compare => compare(call, false),
        Code::CompareScalar => compare(call, true),
        Code::Select => select(call, false),
        Code::SelectScalar => select(call, true),
        _ => Err(limit("a call of another family")),
    }
}

fn compare(call: &Call<'_>, scalar: bool) -> Result<Instruction, Refused> {
    let ty = call.ty(1)?;
    let mode = Compare::of(call.request.extra[0]).ok_or_else(|| limit("a comparison that no instruction has"))?;
    if !ty.is_float() && mode != Compare::Eq {
        // Source: asc-devkit, Compare: int32_t has EQ only.
        return Err(limit(format!("integers compared as {mode:?}; they have Eq only")));
    }
    let span = call.span(ty.size())?;
    let bytes = span.elements() * ty.size();
    if matches!(span, Span::Count(_)) && bytes % REPEAT != 0 {
        // The elements behind the last whole repeat are ignored. Source: asc-devkit, Compare.
        return Err(limit(format!("{bytes} bytes compared, which are no multiple of {REPEAT}")));
    }
    let mut to = mask(call, &call.request.to, &span)?;
    if let Span::Rect { .. } = span {
        // Tiles are compared in whole repeats, and for NE all bits of the mask are turned.
        // Source: pto-isa, npu/a2a3/TCmp.hpp and TCmps.hpp.
        let row = (bytes / to.runs.len()).next_multiple_of(REPEAT) / ty.size() / 8;
        for run in &mut to.runs {
            run.len = if mode == Compare::Ne { call.request.to.outer as usize } else { row };
        }
        call.place(&call.request.to, &to.runs, BLOCK)?;
    }
    let first = call.lanes(&call.request.from[0], &span, ty)?;
    let mut from = vec![first];
    let kind = match scalar {
        true => Kind::CompareScalar(mode, call.request.scalar),
        false => {
            from.push(call.lanes(&call.request.from[1], &span, ty)?);
            Kind::Compare(mode)
        }
    };
    Ok(call.vector(kind, to, from))
}

fn select(call: &Call<'_>, scalar: bool) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let to = call.lanes(&call.request.to, &span, ty)?;
    let mut from = vec![mask(call, &call.request.from[2], &span)?, call.lanes(&call.request.from[0], &span, ty)?];
    let kind = match scalar {
        true => Kind::SelectScalar(call.request.scalar),
        false => {
            from.push(call.lanes(&call.request.from[1], &span, ty)?);
            Kind::Select
        }
    };
    let mut select = call.vector(kind, to, from);
    if call.request.extra[2] != 0 {
        let scratch = Operand { at: call.request.extra[1], end: call.request.extra[2], inner: 0, outer: 0 };
        select.scratch = call.scratch(&scratch, 0)?;
    }
    Ok(select)
}

/// The bytes of a mask of bits: contiguous, or a row of bytes for each row of a tile.
fn mask(call: &Call<'_>, operand: &Operand, span: &Span) -> Result<Lanes, Refused> {
    let start = operand.at as usize;
    let runs = match *span {
        Span::Count(count) => vec![Run { at: start, len: (count as usize).div_ceil(8) }],
        Span::Repeats { mask, lanes, .. } if mask.count_ones() as usize != lanes => {
            return Err(limit("a comparison or selection of parts of repeats"));
        }
        Span::Repeats { repeats, lanes, .. } => vec![Run { at: start, len: repeats as usize * lanes / 8 }],
        Span::Rect { rows, cols } => (0..rows as usize)
            .map(|row| Run { at: start + row * operand.outer as usize, len: (cols as usize).div_ceil(8) })
            .collect(),
    };
    call.place(operand, &runs, BLOCK)?;
    Ok(Lanes { ty: Type::U8, runs })
}
