//! Reductions.

use emit::Text;
use emit_dma::{Area, Lines, plus};
use tile_ir::{Elem, ReduceOp};

use super::helpers;
use super::lanes::{LANES, load, store};

/// The function of two vectors, and the helper that reduces a row.
fn functions(op: ReduceOp, elem: Elem, lines: &mut Lines<'_>) -> Result<[&'static str; 2], String> {
    match (op, elem) {
        (ReduceOp::Add, Elem::F32) => Ok(["aie::add", helpers::row("sum_row", "add", lines.helpers)]),
        (ReduceOp::MaxF, Elem::F32) => Ok(["aie::max", helpers::row("max_row", "max", lines.helpers)]),
        (ReduceOp::MinF, Elem::F32) => Ok(["aie::min", helpers::row("min_row", "min", lines.helpers)]),
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

/// Element `r` of the row `dst` is row `r` of `src` reduced.
pub(super) fn rows(op: ReduceOp, dst: &Area<'_>, src: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let [_, function] = functions(op, dst.elem(), lines)?;
    lines.times(src.rows, "row", |lines, row| {
        let from = pointer(src, &src.at(row, 0));
        let to = Text::index(dst.name, &plus(&dst.offset, row));
        lines.line(&format!("{} = {function}({from}, {});", to.text, src.cols));
    });
    Ok(())
}

/// Element `c` of the row `dst` is column `c` of `src` reduced.
pub(super) fn cols(op: ReduceOp, dst: &Area<'_>, src: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let [function, _] = functions(op, dst.elem(), lines)?;
    lines.steps(src.cols, LANES, "at", |lines, at| {
        lines.scope(|lines| {
            let all = lines.name("all");
            lines.line(&format!("auto {all} = {};", load(&pointer(src, &plus(&src.offset, at)))));
            if src.rows > 1 {
                let rest = src.rows(1, src.rows - 1);
                lines.times(rest.rows, "row", |lines, row| {
                    let next = load(&pointer(&rest, &plus(&rest.at(row, 0), at)));
                    lines.line(&format!("{all} = {function}({all}, {next});"));
                });
            }
            store(lines, &pointer(dst, &plus(&dst.offset, at)), &all);
        });
    });
    Ok(())
}

fn pointer(area: &Area<'_>, index: &Text) -> String {
    match index.text.as_str() {
        "0" => area.name.to_owned(),
        _ => Text::binary(&Text::atom(area.name), "+", index, emit::Prec::Sum, true).text,
    }
}
