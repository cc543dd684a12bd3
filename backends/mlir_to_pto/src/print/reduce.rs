//! Reductions. The operand is folded in place by halves, which takes few dependent instructions and no memory.

use emit_dma::{Area, Lines};
use tile_ir::{BinaryOp, ReduceOp};

use super::BARRIER;
use super::{elementwise, fill, limits, tiles};
use crate::types;

/// The operation of two elements, and what follows `TROW` in the instruction that reduces rows.
fn words(op: ReduceOp) -> Result<(BinaryOp, &'static str), String> {
    match op {
        ReduceOp::Add => Ok((BinaryOp::Add, "SUM")),
        ReduceOp::MinF => Ok((BinaryOp::MinF, "MIN")),
        ReduceOp::MaxF => Ok((BinaryOp::MaxF, "MAX")),
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => Err(format!("a reduction by {op:?}")),
    }
}

/// Element `r` of `dst` is row `r` of `a`, reduced.
pub(super) fn rows(op: ReduceOp, dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (binary, word) = words(op)?;
    if !tiles::is_own(a) {
        return Err("a reduction of rows that are parts of longer ones".to_owned());
    }
    let mut cols = a.cols;
    while cols > limits::REPEAT {
        let half = cols.div_ceil(2).next_multiple_of(limits::REPEAT);
        let left = tiles::some_cols(a, 0, cols - half);
        let right = tiles::some_cols(a, half, cols - half);
        elementwise::spans(binary, &left, &left, &right, lines)?;
        lines.line(BARRIER);
        cols = half;
    }
    // Rows of one repeat are reduced at once, and the scratch tile is left alone: the operand stands for it.
    // Source: pto-isa, npu/a2a3/TRowReduceOps.hpp, `OneRepeatProc`.
    let rest = || tiles::rows(&tiles::some_cols(a, 0, cols));
    let results = tiles::column(dst, types::element(dst.elem()));
    tiles::instruction(&format!("TROW{word}"), vec![results, rest(), rest()], &[], lines);
    Ok(())
}

/// `dst` is each column of `a`, reduced. `TCOLSUM` would take an instruction after the other for each row.
pub(super) fn cols(op: ReduceOp, dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (binary, _) = words(op)?;
    let mut count = a.rows;
    while count > 2 {
        let half = count.div_ceil(2);
        let upper = tiles::some_rows(a, 0, count - half);
        let lower = tiles::some_rows(a, half, count - half);
        elementwise::spans(binary, &upper, &upper, &lower, lines)?;
        lines.line(BARRIER);
        count = half;
    }
    let row = |number| tiles::some_rows(a, number, 1);
    if count == 1 {
        return fill::copy(dst, &emit_dma::Arg::Span(row(0)), lines);
    }
    elementwise::spans(binary, dst, &row(0), &row(1), lines)
}
