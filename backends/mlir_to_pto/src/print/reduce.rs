//! Reductions. The operand is folded in place by halves, which takes few dependent instructions and no memory.

use emit_dma::{Area, Lines};
use tile_ir::{BinaryOp, ReduceOp};

use super::BARRIER;
use super::tiles::{self, Instruction, Tile};
use super::{elementwise, fill, limits};
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
        lines.once(BARRIER);
        cols = half;
    }
    // Rows of one repeat are reduced at once, and the scratch tile is left alone: the operand stands for it.
    // Source: pto-isa, npu/a2a3/TRowReduceOps.hpp, `OneRepeatProc`.
    let rest = tiles::some_cols(a, 0, cols);
    let (results, rest) = results(dst, &rest);
    Instruction { name: &format!("TROW{word}"), rest: &[] }.write(vec![results, rest(), rest()], lines);
    Ok(())
}

/// The tile of the results of rows, and the one of the rows. Both have as many rows, of which the library's simulation counts those that
/// are held, too: a column holds whole blocks. Source: pto-isa, cpu/TRowSum.hpp, `CheckRSValid`.
fn results<'a>(dst: &Area<'_>, rows: &'a Area<'_>) -> (Tile, impl Fn() -> Tile + 'a) {
    let (ty, target) = (types::element(dst.elem()), &limits::TARGET);
    let held = match rows.rows {
        1 => 1,
        several => several.next_multiple_of(target.step(dst.elem())),
    };
    let first = rows.offset.text.parse::<u64>().unwrap_or(rows.buffer.elements());
    let bytes = target.bytes(rows.elem(), first + held * tiles::pitch(rows));
    let fits = rows.buffer.address + bytes <= target.local_bytes;
    let results = if held == 1 { tiles::rows(dst) } else { tiles::column(dst, ty) };
    let rest = move || match held > rows.rows && fits {
        true => Tile::of(rows, format!("Rows<{ty}, {}, {}, {}, {held}>", rows.rows, rows.cols, tiles::pitch(rows))),
        false => tiles::rows(rows),
    };
    (results, rest)
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
        lines.once(BARRIER);
        count = half;
    }
    let row = |number| tiles::some_rows(a, number, 1);
    if count == 1 {
        return fill::copy(dst, &emit_dma::Arg::Span(row(0)), lines);
    }
    elementwise::spans(binary, dst, &row(0), &row(1), lines)
}
