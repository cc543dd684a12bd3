//! Copies inside NRAM, which the vector unit does, and fills.

use emit::Text;
use emit_dma::{Area, Arg, Dialect, Lines, storage, times};
use tile_ir::Elem;

use super::Bang;
use super::runs::{Run, call, runs, same};
use crate::limits::TARGET;

/// `dst = from`, of any form.
pub(super) fn copy(bang: &Bang, dst: &Area<'_>, from: &Arg<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    match from {
        Arg::Span(from) => spans(dst, from, from.pitch, lines),
        // The same row again and again: a stride of 0.
        Arg::Row(row) => spans(dst, row, if dst.rows == 1 { row.pitch } else { 0 }, lines),
        Arg::Column(column) => {
            let written = filled(dst.elem())?;
            lines.times(dst.rows, "row", |lines, row| {
                let index = Run::first(column).after(row).index().clone();
                let value = bang.read(column, storage(column.elem()), &index);
                call(
                    lines,
                    "__bang_write_value",
                    &[Run::row(dst, row).pointer(), dst.cols.to_string(), written(&value)],
                );
            });
        }
        Arg::Scalar(value) => {
            let written = filled(dst.elem())?;
            let value = written(value);
            runs(lines, &[dst], |lines, run, n| {
                call(lines, "__bang_write_value", &[run[0].pointer(), n.to_string(), value]);
            });
        }
    }
    Ok(())
}

/// `pitch`: elements from a row of the source to the next.
fn spans(dst: &Area<'_>, from: &Area<'_>, pitch: u64, lines: &mut Lines<'_>) {
    if same(dst, from) {
        return;
    }
    let bytes = TARGET.elem_bytes(dst.elem());
    let (to, source) = (Run::first(dst), Run::first(from));
    if dst.is_dense() && (dst.rows == 1 || pitch == dst.cols) {
        return call(lines, "__bang_move", &[to.pointer(), source.pointer(), (dst.count() * bytes).to_string()]);
    }
    let row = (dst.cols * bytes).to_string();
    if dst.rows <= TARGET.copy_rows {
        // The strided `__bang_move` wants multiples of 128 bytes on mtp_372; a copy inside NRAM runs on the same stream (source: BANG C
        // Developer Guide 4.7.2, `__bang_move` and `__memcpy_async`).
        let strides = [(dst.pitch * bytes).to_string(), (pitch * bytes).to_string(), (dst.rows - 1).to_string()];
        let args = [vec![to.pointer(), source.pointer(), row, "NRAM2NRAM".to_owned()], strides.to_vec()].concat();
        return call(lines, "__memcpy_async", &args);
    }
    lines.times(dst.rows, "row", |lines, number| {
        let source = Run::first(from).after(&times(number, pitch));
        call(lines, "__bang_move", &[Run::row(dst, number).pointer(), source.pointer(), row]);
    });
}

/// How a number is written so that the right one of the functions of this name is taken.
fn filled(elem: Elem) -> Result<fn(&Text) -> String, String> {
    match elem {
        Elem::F32 | Elem::I32 => Ok(|value| value.text.clone()),
        // Bits. There is no such function for `bfloat16_t` on mtp_372.
        Elem::F16 | Elem::Bf16 => Ok(|value| format!("(uint16_t){}", value.at_least(emit::Prec::Unary))),
        Elem::I1 | Elem::I8 | Elem::I64 | Elem::Index => Err(format!("nothing is filled with numbers of {elem}")),
    }
}
