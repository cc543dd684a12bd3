//! Copies between GM and UB, and inside UB.
//!
//! A copy has blocks: `count` of them, each of `extra[0]` bytes. The distances of starts are `extra[1]` bytes in GM and `extra[2]` in UB.
//! Padding, in bytes: `extra[3]` before and `extra[4]` behind each block, and bit 0 of `extra[5]` says that it has a value. The rest of the last
//! 32 bytes of a block in UB is unknown. Bit 1 of `extra[5]` marks copies of whole blocks of 32 bytes.

use super::{BLOCK, Call, Code, FaultKind, Instruction, Kind, Lanes, Pipe, Refused, Type, limit};
use crate::ascend::op::{Transfer, Unary};
use crate::ascend::span::Run;

/// Most blocks of a copy, and bytes of one. Source: asc-devkit, DataCopyPad.
const BLOCKS: u64 = 4095;
const BYTES: u64 = 2_097_151;

pub(super) fn decode(call: &Call<'_>, code: Code) -> Result<Instruction, Refused> {
    match code {
        Code::Load => transfer(call, true),
        Code::Store => transfer(call, false),
        Code::Move => inside(call),
        _ => Err(limit("a call of another family")),
    }
}

/// Blocks and bytes of a block.
fn blocks(call: &Call<'_>, whole: bool) -> Result<(usize, usize), Refused> {
    let (count, bytes) = (call.request.count, call.request.extra[0]);
    if count == 0 || bytes == 0 {
        return Err(limit(format!("a copy of {count} blocks of {bytes} bytes, which does nothing")));
    }
    if count > BLOCKS {
        return Err(limit(format!("{count} blocks of a copy; the most are {BLOCKS}")));
    }
    if bytes > BYTES {
        return Err(limit(format!("blocks of {} bytes; the most are {BYTES}", bytes as i64)));
    }
    if whole && bytes % BLOCK as u64 != 0 {
        // The rest would not be copied, without a word. Source: asc-devkit, DataCopy.
        return Err(limit(format!(
            "{bytes} bytes, of which a copy of whole blocks leaves out the last {}",
            bytes % BLOCK as u64
        )));
    }
    Ok((count as usize, bytes as usize))
}

fn transfer(call: &Call<'_>, load: bool) -> Result<Instruction, Refused> {
    let request = call.request;
    let ty = call.ty(0)?;
    if request.mask[1] != 0 {
        return Err(limit(
            "a tensor in GM that the tile's valid part does not fit, or whose elements are not neighbours",
        ));
    }
    let [_, gm_step, ub_step, left, right, flags] = request.extra;
    let (count, bytes) = blocks(call, flags & 2 != 0)?;
    if bytes % ty.size() != 0 {
        return Err(limit(format!("blocks of {bytes} bytes, which are no whole elements of {}", ty.size())));
    }
    if left.max(right) > BLOCK as u64 {
        return Err(limit(format!("padding of {} bytes; the most are {BLOCK}", left.max(right))));
    }
    let (gm, ub) = if load { (&request.from[0], &request.to) } else { (&request.to, &request.from[0]) };
    if !(gm.at as usize).is_multiple_of(ty.size()) {
        let message = format!("an address of GM that is no multiple of {}, the size of an element", ty.size());
        return Err(Refused::new(FaultKind::Misaligned, message));
    }
    let (left, right) = (left as usize, right as usize);
    let valued = flags & 1 != 0;
    let mut transfer = Transfer { pad: request.scalar.to_le_bytes()[..ty.size()].to_vec(), ..Transfer::default() };
    let mut touched = Vec::new();
    for block in 0..count {
        let from = (gm.at as usize).wrapping_add(block.wrapping_mul(gm_step as usize));
        let at = (ub.at as usize).saturating_add(block.saturating_mul(ub_step as usize)).min(usize::MAX / 2);
        transfer.gm.push(Run { at: from, len: bytes });
        transfer.ub.push(Run { at: at + left, len: bytes });
        let end = at + left + bytes + right;
        let padded = (end - at).next_multiple_of(BLOCK) + at;
        touched.push(Run { at, len: padded - at });
        if !load {
            continue;
        }
        let pads = if valued { &mut transfer.pads } else { &mut transfer.unknown };
        pads.extend([Run { at, len: left }, Run { at: end - right, len: right }].into_iter().filter(|run| run.len > 0));
        if padded > end {
            // With a value the rest of the block gets it too, if there is padding at all.
            let rest = if valued && left + right > 0 { &mut transfer.pads } else { &mut transfer.unknown };
            rest.push(Run { at: end, len: padded - end });
        }
    }
    call.place(ub, if load { &touched } else { &transfer.ub }, BLOCK)?;
    let last = transfer.gm.iter().map(|run| run.end()).max().unwrap_or(0);
    if last as u64 > gm.end {
        let kind = if load { FaultKind::ReadOutOfBounds } else { FaultKind::WriteOutOfBounds };
        return Err(Refused::new(kind, format!("{} bytes behind the end of the tensor in GM", last as u64 - gm.end)));
    }
    let mut written: Vec<Run> = Vec::new();
    let (pipe, from) = match load {
        true => {
            written.extend(transfer.ub.iter().chain(&transfer.pads).chain(&transfer.unknown));
            (Pipe::Mte2, vec![])
        }
        false => (Pipe::Mte3, vec![Lanes { ty, runs: transfer.ub.clone() }]),
    };
    if !load {
        disjoint(&transfer.gm)?;
    }
    let to = Lanes { ty, runs: written };
    Ok(Instruction { pipe, kind: Kind::Copy(Box::new(transfer)), to, from, scratch: vec![], site: call.site })
}

/// Blocks that a copy writes to GM may not overlap.
fn disjoint(runs: &[Run]) -> Result<(), Refused> {
    if runs.windows(2).any(|pair| pair[0].end() > pair[1].at) {
        return Err(Refused::new(FaultKind::Overlap, "a copy writes bytes of GM twice"));
    }
    Ok(())
}

/// Whole blocks from UB to UB, by the vector unit.
fn inside(call: &Call<'_>) -> Result<Instruction, Refused> {
    let (count, bytes) = blocks(call, true)?;
    let [_, from_step, to_step, ..] = call.request.extra;
    let ty = Type::U8;
    let runs = |at: u64, step: u64| {
        let mut runs = Vec::new();
        for block in 0..count {
            crate::ascend::span::push(
                &mut runs,
                (at as usize).saturating_add(block.saturating_mul(step as usize)),
                bytes,
            );
        }
        runs
    };
    let (to, from) = (&call.request.to, &call.request.from[0]);
    let (result, source) = (runs(to.at, to_step), runs(from.at, from_step));
    call.place(to, &result, BLOCK)?;
    call.place(from, &source, BLOCK)?;
    Ok(call.vector(Kind::Unary(Unary::Copy), Lanes { ty, runs: result }, vec![Lanes { ty, runs: source }]))
}
