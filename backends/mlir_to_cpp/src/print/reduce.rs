//! Reductions. Operands are undefined afterwards, so tiles are folded in place.

use emit::Text;
use emit_dma::{Area, Lines};
use tile_ir::ReduceOp;

use super::elementwise::three;
use super::fill::inside;
use super::forms::Side;
use super::{BARRIER, at};
use crate::limits::TARGET;

/// Elements of f32 that one repeat reduces.
const LANES: u64 = 64;
/// Most repeats of an instruction, such that the results of the next one start at a block, as operands do.
const REPEATS: u64 = 248;

/// Instructions that combine two tensors, and the elements of each repeat.
fn names(op: ReduceOp) -> Result<(&'static str, &'static str), String> {
    match op {
        ReduceOp::Add => Ok(("Add", "WholeReduceSum")),
        ReduceOp::MinF => Ok(("Min", "WholeReduceMin")),
        ReduceOp::MaxF => Ok(("Max", "WholeReduceMax")),
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => Err(format!("no reduction {op:?}")),
    }
}

/// Each row to a number.
pub(super) fn rows(op: ReduceOp, dst: &Area<'_>, x: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (combine, whole) = names(op)?;
    let mut left = x.cols;
    while left > LANES {
        // The second half starts at a block.
        let half = left.div_ceil(2).next_multiple_of(TARGET.block / 4).max(LANES);
        let (first, second) = (x.cols(0, left - half), x.cols(half, left - half));
        three(combine, [Side::of(&first), Side::of(&first), Side::of(&second)], x.rows, left - half, lines);
        lines.line(BARRIER);
        left = half;
    }
    let order = if op == ReduceOp::Add { "" } else { ", ReduceOrder::ORDER_ONLY_VALUE" };
    let step = x.pitch / (TARGET.block / 4);
    for first in (0..x.rows).step_by(REPEATS as usize) {
        let repeats = (x.rows - first).min(REPEATS);
        let (zero, row) = (Text::atom("0"), Text::atom(first.to_string()));
        let (to, from) = (at(dst.name, &dst.at(&zero, first)), at(x.name, &x.at(&row, 0)));
        let step = if repeats == 1 { 8 } else { step };
        lines.line(&format!("{whole}({to}, {from}, {left}, {repeats}, 1, 1, {step}{order});"));
    }
    Ok(())
}

/// Each column to a number.
pub(super) fn cols(op: ReduceOp, dst: &Area<'_>, x: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (combine, _) = names(op)?;
    let mut left = x.rows;
    while left > 2 {
        let half = left.div_ceil(2);
        let (first, second) = (x.rows(0, left - half), x.rows(half, left - half));
        three(combine, [Side::of(&first), Side::of(&first), Side::of(&second)], left - half, x.cols, lines);
        lines.line(BARRIER);
        left = half;
    }
    let first = x.rows(0, 1);
    if left == 1 {
        inside(dst, &first, lines);
    } else {
        let second = x.rows(1, 1);
        three(combine, [Side::of(dst), Side::of(&first), Side::of(&second)], 1, x.cols, lines);
    }
    Ok(())
}
