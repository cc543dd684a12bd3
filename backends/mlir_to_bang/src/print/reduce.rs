//! Reductions, by windows that slide over a tensor of rows, columns and channels. What is reduced may be overwritten.

use emit::Text;
use emit_dma::{Area, Lines};
use tile_ir::{Elem, ReduceOp};

use super::helpers::{self, LANES};
use super::runs::{Run, call};

/// The functions of one reduction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// Of windows.
    pub(super) pool: &'static str,
    /// Of two vectors; the destination may be the first.
    pub(super) vector: &'static str,
    /// The helper.
    pub(super) rows: &'static str,
}

fn names(op: ReduceOp, elem: Elem) -> Result<Names, String> {
    match (op, elem) {
        (ReduceOp::Add, Elem::F32) => Ok(Names { pool: "__bang_sumpool", vector: "__bang_add", rows: "sum_rows" }),
        (ReduceOp::MaxF, Elem::F32) => {
            Ok(Names { pool: "__bang_maxpool", vector: "__bang_maxequal", rows: "max_rows" })
        }
        (ReduceOp::MinF, Elem::F32) => {
            Ok(Names { pool: "__bang_minpool", vector: "__bang_minequal", rows: "min_rows" })
        }
        (
            ReduceOp::Add
            | ReduceOp::MinF
            | ReduceOp::MaxF
            | ReduceOp::MinS
            | ReduceOp::MaxS
            | ReduceOp::MinU
            | ReduceOp::MaxU,
            _,
        ) => Err(format!("no vector function reduces {elem} by {op:?}")),
    }
}

/// A window of one row over `cols` columns of `channels` elements, for each of `rows` rows. The width's stride stands before the height's
/// (source: BANG C Developer Guide 4.7.2, `__bang_sumpool`).
fn windows(dst: String, src: String, [channels, rows, cols]: [u64; 3]) -> Vec<String> {
    let numbers = [channels, rows, cols, 1, cols, cols, 1].map(|number| number.to_string());
    [vec![dst, src], numbers.to_vec()].concat()
}

/// Element `r` of the row `dst` is row `r` of `src` reduced.
pub(super) fn rows(op: ReduceOp, dst: &Area<'_>, src: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let names = names(op, dst.elem())?;
    let (groups, rest) = (src.cols / LANES, src.cols % LANES);
    let (to, from) = (Run::first(dst), Run::first(src));
    // One channel: the windows are slow, but short.
    if groups < 2 {
        if src.is_dense() {
            call(lines, names.pool, &windows(to.pointer(), from.pointer(), [1, src.rows, src.cols]));
            return Ok(());
        }
        lines.times(src.rows, "row", |lines, row| {
            let (to, from) = (to.after(row), Run::row(src, row));
            call(lines, names.pool, &windows(to.pointer(), from.pointer(), [1, 1, src.cols]));
        });
        return Ok(());
    }
    helpers::reduce_rows(names, lines.helpers);
    if rest == 0 && src.is_dense() {
        let args = [to.pointer(), from.pointer(), src.rows.to_string(), groups.to_string()];
        call(lines, names.rows, &args);
        return Ok(());
    }
    lines.times(src.rows, "row", |lines, row| {
        let from = Run::row(src, row);
        if rest > 0 {
            // What is more than whole groups goes into the first one.
            let behind = from.after(&Text::atom((groups * LANES).to_string()));
            call(lines, names.vector, &[from.pointer(), from.pointer(), behind.pointer(), rest.to_string()]);
        }
        call(lines, names.rows, &[to.after(row).pointer(), from.pointer(), "1".to_owned(), groups.to_string()]);
    });
    Ok(())
}

/// Element `c` of the row `dst` is column `c` of `src` reduced.
pub(super) fn cols(op: ReduceOp, dst: &Area<'_>, src: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let names = names(op, dst.elem())?;
    let (to, from) = (Run::first(dst).pointer(), Run::first(src).pointer());
    // A window is less than 65536 high.
    if src.is_dense() && src.rows < 1 << 16 {
        let numbers = [src.cols, src.rows, 1, src.rows, 1, 1, src.rows].map(|number| number.to_string());
        call(lines, names.pool, &[vec![to, from], numbers.to_vec()].concat());
        return Ok(());
    }
    call(lines, "__bang_move", &[to.clone(), from, (src.cols * 4).to_string()]);
    lines.times(src.rows - 1, "row", |lines, row| {
        let behind = Run::row(src, row).after(&Text::atom(src.pitch.to_string()));
        call(lines, names.vector, &[to.clone(), to, behind.pointer(), src.cols.to_string()]);
    });
    Ok(())
}
