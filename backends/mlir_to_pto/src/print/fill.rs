//! Tiles that are filled: with a number, a row, a column, another tile.

use emit::Text;
use emit_dma::{Area, Arg, Lines};
use tile_ir::Elem;

use super::tiles::{self, Tile};
use super::BARRIER;
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
            tiles::each(apart, &[dst, a], lines, |areas, lines| {
                tiles::instruction("TMOV", areas.iter().map(moved).collect(), &[], lines);
            });
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
            tiles::instruction("TCOLEXPAND", vec![tiles::rows(dst), tiles::rows(row)], &[], lines);
        }
        Arg::Column(column) => {
            // `TROWEXPAND` reads each element by scalar code and sets flags for that. A sum of bits and zeros is the bits.
            // Source: pto-isa, npu/a2a3/TRowExpand.hpp.
            let ty = types::bits(dst.elem());
            number_into(dst, ty, &Text::atom("0"), lines);
            lines.line(BARRIER);
            let to = || tiles::rows_as(dst, ty);
            tiles::instruction("TROWEXPANDADD", vec![to(), to(), tiles::column(column, ty)], &[], lines);
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
    if dst.rows == 1 || dst.is_dense() || tiles::is_own(dst) {
        let tile = match (dst.rows, ty == types::element(dst.elem())) {
            (1, true) => tiles::rows(dst),
            (1, false) => tiles::rows_as(dst, ty),
            (_, true) => tiles::rows(&full),
            (_, false) => tiles::rows_as(&full, ty),
        };
        tiles::instruction("TEXPANDS", vec![tile], &[&number.text], lines);
        return;
    }
    tiles::each(true, &[dst], lines, |areas, lines| {
        tiles::instruction("TEXPANDS", areas.iter().map(|area| tiles::rows_as(area, ty)).collect(), &[&number.text], lines);
    });
}
