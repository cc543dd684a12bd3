//! Instructions that put elements elsewhere in UB.

use super::{BLOCK, Call, Code, Instruction, Kind, Lanes, Refused, limit};
use crate::ascend::number::Type;
use crate::ascend::span::{Run, Span, push};

pub(super) fn decode(call: &Call<'_>, code: Code) -> Result<Instruction, Refused> {
    match code {
        Code::Brcb => spread(call),
        Code::Gather => gather(call),
        Code::GatherBlocks => gather_blocks(call),
        Code::Transpose => transpose(call),
        _ => Err(limit("a call of another family")),
    }
}

/// Eight elements of each repeat become eight blocks.
fn spread(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let repeats = repeats(call)?;
    let (to, from) = (&call.request.to, &call.request.from[0]);
    if to.inner == 0 {
        return Err(limit("a distance of 0 between the blocks of a result"));
    }
    let mut runs = Vec::new();
    for repeat in 0..repeats {
        for block in 0..8 {
            let step = repeat * to.outer as usize + block * to.inner as usize;
            push(&mut runs, to.at as usize + step * BLOCK, BLOCK);
        }
    }
    call.place(to, &runs, BLOCK)?;
    let result = Lanes { ty, runs };
    let source = call.lanes(from, &Span::Count(repeats as u64 * 8), ty)?;
    Ok(call.vector(Kind::Spread, result, vec![source]))
}

fn repeats(call: &Call<'_>) -> Result<usize, Refused> {
    match call.request.count {
        0 => Err(limit("0 repeats, which do nothing")),
        repeats if repeats > super::REPEATS => {
            Err(limit(format!("{repeats} repeats; the most are {}", super::REPEATS)))
        }
        repeats => Ok(repeats as usize),
    }
}

fn gather(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let [source, offsets, _] = &call.request.from;
    let to = call.lanes(&call.request.to, &span, ty)?;
    let offsets = call.lanes(offsets, &span, Type::U32)?;
    let source = whole(call, source, ty)?;
    // Offsets of elements become offsets of bytes where texts count elements.
    let unit = call.request.extra[1].max(1) as usize;
    let mut gather = call.vector(Kind::Gather { base: call.request.extra[0], unit }, to, vec![offsets, source]);
    if call.request.from[2].end != 0 {
        gather.scratch = call.scratch(&call.request.from[2], 0)?;
    }
    Ok(gather)
}

/// Each repeat takes eight blocks, at eight offsets.
fn gather_blocks(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let repeats = repeats(call)?;
    let to = &call.request.to;
    let [source, offsets, _] = &call.request.from;
    let mut runs = Vec::new();
    for repeat in 0..repeats {
        for block in 0..8 {
            let step = repeat * to.outer as usize + block * to.inner as usize;
            push(&mut runs, to.at as usize + step * BLOCK, BLOCK);
        }
    }
    call.place(to, &runs, BLOCK)?;
    let offsets = call.lanes(offsets, &Span::Count(repeats as u64 * 8), Type::U32)?;
    let source = whole(call, source, ty)?;
    Ok(call.vector(Kind::Gather { base: 0, unit: 0 }, Lanes { ty, runs }, vec![offsets, source]))
}

/// Everything that belongs to an operand, since any of it may be read.
fn whole(call: &Call<'_>, operand: &super::Operand, ty: Type) -> Result<Lanes, Refused> {
    let (at, end) = (operand.at as usize, (operand.end as usize).min(call.rules.capacity));
    let runs = vec![Run { at, len: end.saturating_sub(at) }];
    call.place(operand, &runs, BLOCK)?;
    Ok(Lanes { ty, runs })
}

fn transpose(call: &Call<'_>) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let (rows, cols) = match span {
        Span::Rect { rows, cols } => (rows, cols),
        Span::Count(_) | Span::Repeats { .. } => (16, 16),
    };
    let turned = match span {
        Span::Rect { .. } => Span::Rect { rows: cols, cols: rows },
        Span::Count(_) | Span::Repeats { .. } => span,
    };
    let to = call.lanes(&call.request.to, &turned, ty)?;
    let from = call.lanes(&call.request.from[0], &span, ty)?;
    let kind = Kind::Transpose { rows: rows as usize, cols: cols as usize };
    let mut transpose = call.vector(kind, to, vec![from]);
    if call.request.from[2].end != 0 {
        // Tiles are handled 16 rows at a time: all of the result is written. Source: pto-isa, npu/a2a3/TTrans.hpp.
        transpose.scratch = call.scratch(&call.request.from[2], 0)?;
        transpose.scratch.extend(call.scratch(&call.request.to, 0)?);
    }
    Ok(transpose)
}
