//! Reductions: per repeat, per block, of everything, of rows, of columns.

use super::{BLOCK, Call, Code, Instruction, Kind, Lanes, Refused, Type, limit};
use crate::ascend::op::{Fold, Leaves};
use crate::ascend::span::{Run, Span};

/// What the elements of one group are.
enum Group {
    Repeat,
    Block,
    All,
    Row,
}

pub(super) fn decode(call: &Call<'_>, code: Code) -> Result<Instruction, Refused> {
    match code {
        Code::WholeSum => reduce(call, Fold::Sum, Group::Repeat, Leaves::Value),
        Code::WholeMax => reduce(call, Fold::Max, Group::Repeat, leaves(call)?),
        Code::WholeMin => reduce(call, Fold::Min, Group::Repeat, leaves(call)?),
        Code::BlockSum => reduce(call, Fold::Sum, Group::Block, Leaves::Value),
        Code::BlockMax => reduce(call, Fold::Max, Group::Block, Leaves::Value),
        Code::BlockMin => reduce(call, Fold::Min, Group::Block, Leaves::Value),
        Code::Sum => reduce(call, Fold::Sum, Group::All, Leaves::Value),
        Code::MaxOf => reduce(call, Fold::Max, Group::All, leaves(call)?),
        Code::MinOf => reduce(call, Fold::Min, Group::All, leaves(call)?),
        Code::RowSum => reduce(call, Fold::Sum, Group::Row, Leaves::Value),
        Code::RowMax => reduce(call, Fold::Max, Group::Row, Leaves::Value),
        Code::RowMin => reduce(call, Fold::Min, Group::Row, Leaves::Value),
        Code::RowArgMax => reduce(call, Fold::Max, Group::Row, Leaves::AnyIndex),
        Code::ColSum => columns(call, Fold::Sum),
        Code::ColMax => columns(call, Fold::Max),
        Code::ColMin => columns(call, Fold::Min),
        _ => Err(limit("a call of another family")),
    }
}

/// `ReduceOrder`, by its number.
fn leaves(call: &Call<'_>) -> Result<Leaves, Refused> {
    match call.request.extra[0] {
        0 => Ok(Leaves::ValueIndex),
        1 => Ok(Leaves::IndexValue),
        2 => Ok(Leaves::Value),
        3 => Ok(Leaves::Index),
        order => Err(limit(format!("the order {order} of a reduction's results"))),
    }
}

fn reduce(call: &Call<'_>, fold: Fold, group: Group, leaves: Leaves) -> Result<Instruction, Refused> {
    let ty = call.ty(1)?;
    let size = ty.size();
    let span = call.span(size)?;
    let from = call.lanes(&call.request.from[0], &span, ty)?;
    let per_block = BLOCK / size;
    let mut places = Vec::new();
    let (groups, elements) = match (&group, span) {
        (Group::Repeat, Span::Repeats { repeats, mask, lanes }) => {
            places = (0..lanes as u32).filter(|lane| (mask >> lane) & 1 == 1).collect();
            (repeats as usize, places.len())
        }
        (Group::Block, Span::Repeats { repeats, mask, lanes }) => {
            if mask.count_ones() as usize != lanes {
                return Err(limit("a reduction of parts of blocks"));
            }
            (repeats as usize * lanes / per_block, per_block)
        }
        (Group::All, Span::Count(count)) => (1, count as usize),
        (Group::All, Span::Repeats { .. }) => (1, span.elements()),
        (Group::Row, Span::Rect { rows, cols }) => (rows as usize, cols as usize),
        (_, _) => return Err(limit("a reduction of such operands")),
    };
    let result = call.ty(0)?;
    // The distance of results is in results. Source: asc-devkit, ReduceRepeat, table 3.
    let unit = match leaves {
        Leaves::Value => size,
        Leaves::Index => 4,
        Leaves::AnyIndex => result.size(),
        Leaves::ValueIndex | Leaves::IndexValue => 2 * size,
    };
    let to = &call.request.to;
    let step = match group {
        Group::Repeat => to.outer as usize * unit,
        Group::Block | Group::All => unit,
        Group::Row => to.outer as usize,
    };
    let runs: Vec<Run> = match group {
        // The results of a repeat are neighbours; repeats are `outer` times eight of them apart.
        Group::Block => (0..groups)
            .map(|index| Run { at: to.at as usize + (index / 8 * to.outer as usize * 8 + index % 8) * unit, len: unit })
            .collect(),
        Group::Repeat | Group::All | Group::Row => {
            (0..groups).map(|index| Run { at: to.at as usize + index * step, len: unit }).collect()
        }
    };
    let align = match group {
        Group::Row => BLOCK,
        Group::Block => unit * 8,
        Group::Repeat | Group::All => unit,
    };
    call.place(to, &runs, align)?;
    if leaves != Leaves::Value && ty == Type::F16 && elements > 65_536 {
        return Err(limit(format!("the index of {elements} elements of 16 bits, which has 16 bits itself")));
    }
    let ty = if matches!(group, Group::Row) { result } else { ty };
    let kind = Kind::Reduce { fold, group: elements, leaves, lanes: places };
    let mut reduce = call.vector(kind, Lanes { ty, runs }, vec![from]);
    match (group, fold) {
        (Group::Row, _) => reduce.scratch = call.scratch(&call.request.from[2], 0)?,
        (Group::All, Fold::Max | Fold::Min) => {
            let least = scratch_bytes(elements, size, leaves != Leaves::Value);
            reduce.scratch = call.scratch(&call.request.from[1], least)?;
        }
        // Sums of everything leave the scratch tensor alone. Source: asc-devkit, ReduceSum.
        (Group::All | Group::Repeat | Group::Block, _) => {}
    }
    Ok(reduce)
}

/// What the extreme of `count` elements of `size` bytes takes: a value and an index of each repeat, and where the index is wanted, of
/// each round of them. Source: asc-devkit, ReduceMax.
fn scratch_bytes(count: usize, size: usize, index: bool) -> usize {
    let per_repeat = super::lanes(size);
    let mut left = 2 * count.div_ceil(per_repeat);
    let mut bytes = (left * size).next_multiple_of(BLOCK);
    while index && left > 2 {
        left = 2 * left.div_ceil(per_repeat);
        bytes += (left * size).next_multiple_of(BLOCK);
    }
    bytes
}

fn columns(call: &Call<'_>, fold: Fold) -> Result<Instruction, Refused> {
    let ty = call.ty(0)?;
    let span = call.span(ty.size())?;
    let Span::Rect { cols, .. } = span else { return Err(limit("columns of what has none")) };
    let from = call.lanes(&call.request.from[0], &span, ty)?;
    let to = call.lanes(&call.request.to, &Span::Rect { rows: 1, cols }, ty)?;
    let mut columns = call.vector(Kind::Columns { fold, cols: cols as usize }, to, vec![from]);
    if call.request.from[2].end != 0 {
        columns.scratch = call.scratch(&call.request.from[2], 0)?;
    }
    Ok(columns)
}
