//! Masks: comparisons make them, selections take them.

use emit::{Prec, Text};
use emit_dma::{Area, Arg, Lines, plus, times};
use tile_ir::{Elem, Predicate};

use super::fill::scratch;
use super::{BARRIER, at};
use crate::limits::TARGET;

/// Elements of f32 of a repeat, which comparisons handle as a whole. Source: asc-devkit, Compare: bytes are a multiple of 256.
const LANES: u64 = 64;
/// Elements whose bits are a block.
const BITS: u64 = 256;

fn mode(predicate: Predicate) -> Result<&'static str, String> {
    Ok(match predicate {
        Predicate::FEq => "EQ",
        Predicate::FNe => "NE",
        Predicate::FLt => "LT",
        Predicate::FLe => "LE",
        Predicate::FGt => "GT",
        Predicate::FGe => "GE",
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => return Err(format!("masks of f32 only, not {predicate:?}")),
    })
}

/// The place in a mask of the element `offset`.
fn bits(mask: &Area<'_>, offset: &Text) -> String {
    let byte = match offset.text.parse::<u64>() {
        Ok(offset) => Text::atom((offset / 8).to_string()),
        Err(_) => Text::binary(offset, "/", &Text::atom("8"), Prec::Product, false),
    };
    at(mask.name, &byte)
}

pub(super) fn compare(
    predicate: Predicate,
    dst: &Area<'_>,
    x: &Area<'_>,
    y: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let mode = mode(predicate)?;
    let (right, number) = match y {
        Arg::Span(y) => (Some(y), None),
        Arg::Scalar(y) => (None, Some(y)),
        Arg::Row(_) | Arg::Column(_) => return Err("comparisons with a row or column".to_owned()),
    };
    let call = |mask: &str, x: &str, y: &str, count: u64| match number {
        None => format!("Compare({mask}, {x}, {y}, CMPMODE::{mode}, {count});"),
        Some(number) => format!("CompareScalar({mask}, {x}, {}, CMPMODE::{mode}, {count});", number.text),
    };
    let dense = |area: &Area<'_>| area.rows == 1 || area.pitch == dst.cols;
    let even = dst.cols.is_multiple_of(BITS) && dense(dst) && dense(x) && right.is_none_or(dense);
    let (rows, cols) = if even { (1, dst.rows * dst.cols) } else { (dst.rows, dst.cols) };
    // What is left of a row when all that is a multiple of repeats is done: its operands are copied to where what is read behind
    // them belongs to nobody.
    let whole = if cols.is_multiple_of(LANES) { cols } else { cols - cols % BITS };
    lines.times(rows, "row", |lines, row| {
        let place = |area: &Area<'_>, col: u64| at(area.name, &area.at(row, col));
        if whole > 0 {
            let y = right.map(|y| place(y, 0)).unwrap_or_default();
            lines.line(&call(&bits(dst, &dst.at(row, 0)), &place(x, 0), &y, whole));
        }
        if whole < cols {
            let rest = cols - whole;
            // Whatever used scratch memory before is over.
            lines.once(BARRIER);
            lines.scope(|lines| {
                let mut copied = Vec::new();
                for (which, area) in [Some(x), right].into_iter().flatten().enumerate() {
                    let wanted = if which == 0 { "left" } else { "right" };
                    let name = scratch(wanted, "float", which as u64 * BITS * 4, BITS, lines);
                    let count = rest.next_multiple_of(TARGET.block / 4);
                    lines.line(&format!("DataCopy({name}, {}, {count});", place(area, whole)));
                    copied.push(name);
                }
                lines.line(BARRIER);
                let mask = bits(dst, &dst.at(row, whole));
                let right = copied.get(1).map_or("", String::as_str);
                lines.line(&call(&mask, &copied[0], right, rest.next_multiple_of(LANES)));
            });
        }
    });
    Ok(())
}

pub(super) fn select(dst: &Area<'_>, mask: &Area<'_>, sides: [&Area<'_>; 2], lines: &mut Lines<'_>) {
    let all = [dst, sides[0], sides[1]];
    let even = dst.cols.is_multiple_of(BITS) && all.iter().chain([&mask]).all(|area| area.is_dense());
    let (rows, cols) = if even { (1, dst.count()) } else { (dst.rows, dst.cols) };
    lines.times(rows, "row", |lines, row| {
        let places = all.map(|area| {
            // Bits are moved, whatever they are.
            let cast = if area.elem() == Elem::F32 { "" } else { ".ReinterpretCast<float>()" };
            at(&format!("{}{cast}", area.name), &plus(&area.offset, &times(row, area.pitch)))
        });
        let mask = bits(mask, &mask.at(row, 0));
        let [to, x, y] = places;
        // It keeps the mask's address in memory of the library, and orders that itself. Source: asc-devkit,
        // dav_c220/kernel_operator_vec_cmpsel_impl.h, `VselImpl`.
        lines.line(&format!("Select({to}, {mask}, {x}, {y}, SELMODE::VSEL_TENSOR_TENSOR_MODE, {cols});"));
    });
}
