//! Tiles that are filled: with a number, a row, a column, another tile.

use emit::Text;
use emit_dma::{Area, Arg, Lines};
use tile_ir::Elem;

use super::BARRIER;
use super::tiles::{self, Instruction, Tile};
use crate::types;

/// `dst = from`.
pub(super) fn copy(dst: &Area<'_>, from: &Arg<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    if dst.elem() == Elem::I1 {
        return Err("a copy of a mask".to_owned());
    }
    match from {
        Arg::Span(a) => {
            // Both tiles must be of one shape. Source: pto-isa, npu/a2a3/TMov.hpp.
            let apart = dst.rows > 1 && dst.pitch != a.pitch;
            Instruction { name: "TMOV", rest: &[] }
                .each(apart, &[dst, a], None, lines, |areas| areas.iter().map(moved).collect());
        }
        Arg::Scalar(number) => {
            // A number of 16 bits is given as its bits.
            let ty = match dst.elem() {
                Elem::F16 | Elem::Bf16 => "uint16_t",
                elem @ (Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index) => types::element(elem),
            };
            number_into(dst, ty, number, lines);
        }
        Arg::Row(row) => {
            Instruction { name: "TCOLEXPAND", rest: &[] }.write(vec![tiles::rows(dst), tiles::rows(row)], lines);
        }
        Arg::Column(column) => {
            // `TROWEXPAND` reads each element by scalar code and sets flags for that. A sum of bits and zeros is the bits.
            // Source: pto-isa, npu/a2a3/TRowExpand.hpp.
            let ty = types::bits(dst.elem());
            number_into(dst, ty, &Text::atom("0"), lines);
            lines.line(BARRIER);
            let to = || tiles::rows_as(dst, ty);
            Instruction { name: "TROWEXPANDADD", rest: &[] }.write(vec![to(), to(), tiles::column(column, ty)], lines);
        }
    }
    Ok(())
}

/// The tile of an area of which bytes are moved: the instruction has no elements of 8 bytes.
fn moved(area: &Area<'_>) -> Tile {
    if area.elem().bytes() == 8 {
        return Tile::of(area, tiles::shape("int32_t", area.rows, area.cols * 2, tiles::pitch(area) * 2));
    }
    tiles::rows(area)
}

/// Fills an area with a number.
fn number_into(dst: &Area<'_>, ty: &str, number: &Text, lines: &mut Lines<'_>) {
    // A tile whose rows end early is filled as if they did not, with as many elements, where its type holds their number:
    // the wrong ones. Source: pto-isa, npu/a2a3/TExpandS.hpp, `isValidDataContinue`.
    let full = Area { cols: tiles::pitch(dst), ..dst.clone() };
    let own = dst.rows == 1 || tiles::is_own(dst);
    let area = if own && dst.rows > 1 { &full } else { dst };
    let fill = Instruction { name: "TEXPANDS", rest: &[&number.text] };
    fill.each(!own, &[area], None, lines, |areas| {
        let as_it_is = ty == types::element(dst.elem());
        areas.iter().map(|area| if as_it_is { tiles::rows(area) } else { tiles::rows_as(area, ty) }).collect()
    });
}
