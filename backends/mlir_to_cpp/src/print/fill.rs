//! Numbers, rows and columns that become tiles; copies inside UB.

use emit::{Prec, Text};
use emit_dma::{Area, Arg, Lines};
use tile_ir::Elem;

use super::forms::{Extent, Side, Walk, each};
use super::{BARRIER, at};
use crate::limits::{SCRATCH, TARGET};

/// Rows that [`spread`] handles at a time: at most what one instruction repeats, and so many that the column's element of each
/// group's first row is at a block: 8 elements of 4 bytes, 16 of 2. `Brcb` takes eight at a time.
const GROUP: u64 = 240;

/// Some rows of the result.
pub(super) struct Rows<'a> {
    /// They.
    pub(super) area: Area<'a>,
    /// Number of the first.
    pub(super) first: Text,
}

/// Writes an operation whose operand is a column: its elements become blocks in scratch memory, some rows at a time.
pub(super) fn spread<'a>(
    dst: &Area<'a>,
    column: &Area<'_>,
    lines: &mut Lines<'_>,
    operation: &dyn Fn(&Rows<'a>, &Side, &mut Lines<'_>),
) {
    // Whatever used scratch memory before is over.
    lines.once(BARRIER);
    lines.scope(|lines| {
        let (ty, size) = (crate::types::local(column.elem()), column.elem().bytes());
        let name = scratch("blocks", ty, 0, SCRATCH / size, lines);
        let blocks = Side { name: name.clone(), offset: Text::atom("0"), pitch: 0, size, walk: Walk::Column };
        for first in (0..dst.rows).step_by(GROUP as usize) {
            let rows = (dst.rows - first).min(GROUP);
            let source = at(column.name, &column.at(&Text::atom("0"), first));
            if first > 0 {
                lines.line(BARRIER);
            }
            lines.line(&format!("Brcb({name}, {source}, {}, BrcbRepeatParams(1, 8));", rows.div_ceil(8)));
            lines.line(BARRIER);
            let part = Rows { area: dst.rows(first, rows), first: Text::atom(first.to_string()) };
            operation(&part, &blocks, lines);
        }
    });
}

/// Declares a tensor in scratch memory, from byte `at` of it on.
pub(super) fn scratch(wanted: &str, ty: &str, at: u64, count: u64, lines: &mut Lines<'_>) -> String {
    lines.helpers.need(emit_dma::SCRATCH, |_| {
        let first = TARGET.local_bytes;
        format!(
            "// Where UB behind the buffers starts, which single operations use.\nconstexpr uint32_t SCRATCH = {first};"
        )
    });
    let name = lines.name(wanted);
    let place = if at == 0 { "SCRATCH".to_owned() } else { format!("SCRATCH + {at}") };
    lines.line(&format!("LocalTensor<{ty}> {name}(TPosition::VECCALC, {place}, {count});"));
    name
}

/// Any operand into a tile.
pub(super) fn copy(dst: &Area<'_>, from: &Arg<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    match from {
        Arg::Scalar(number) => fill(dst, number, lines),
        Arg::Span(x) => inside(dst, x, lines),
        Arg::Row(x) if dst.rows == 1 || dst.elem().bytes() < 2 || dst.elem().bytes() > 4 => {
            let row = Area { rows: 1, ..x.clone() };
            lines.times(dst.rows, "row", |lines, at| {
                let to = Area { offset: dst.at(at, 0), rows: 1, ..dst.clone() };
                inside(&to, &row, lines);
            });
        }
        Arg::Row(x) => {
            let size = dst.elem().bytes();
            let call = |places: &[String], extent: &Extent| repeat(places, extent, size);
            each(&[Side::of(dst), Side::row(x)], dst.rows, dst.cols, lines, &call);
        }
        // `Brcb` and `Copy` take elements of 2 and 4 bytes. Source: asc-devkit, Brcb and Copy, tables of Atlas A2.
        Arg::Column(x) if matches!(x.elem().bytes(), 2 | 4) => {
            let size = x.elem().bytes();
            spread(dst, x, lines, &|dst, blocks, lines| {
                let call = |places: &[String], extent: &Extent| repeat(places, extent, size);
                each(&[Side::of(&dst.area), blocks.clone()], dst.area.rows, dst.area.cols, lines, &call);
            });
        }
        Arg::Column(x) => return Err(format!("no column of {}", x.elem())),
    }
    Ok(())
}

/// A copy in repeats, or of whole blocks, of elements of `size` bytes.
fn repeat(places: &[String], extent: &Extent, size: u64) -> String {
    match extent {
        Extent::Count(count) => {
            let count = count.next_multiple_of(TARGET.block / size);
            format!("DataCopy({}, {}, {count});", places[0], places[1])
        }
        Extent::Repeats { mask, repeats, strides } => {
            let [to, from] = [strides[0], strides[1]];
            format!(
                "Copy({}, {}, (uint64_t){mask}, {repeats}, CopyRepeatParams({}, {}, {}, {}));",
                places[0], places[1], to[0], from[0], to[1], from[1]
            )
        }
    }
}

fn fill(dst: &Area<'_>, number: &Text, lines: &mut Lines<'_>) {
    let unary = number.at_least(Prec::Unary);
    let (ty, value) = match dst.elem() {
        Elem::F16 | Elem::Bf16 => (Some("uint16_t"), format!("(uint16_t){unary}")),
        Elem::I32 => (None, format!("(int32_t){unary}")),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I64 | Elem::Index => (None, number.text.clone()),
    };
    let name = match ty {
        Some(ty) => format!("{}.ReinterpretCast<{ty}>()", dst.name),
        None => dst.name.to_owned(),
    };
    each(&[Side { name, ..Side::of(dst) }], dst.rows, dst.cols, lines, &|places, extent| match extent {
        Extent::Count(count) => format!("Duplicate({}, {value}, {count});", places[0]),
        Extent::Repeats { mask, repeats, strides } => {
            let [block, step] = strides[0];
            format!("Duplicate({}, {value}, (uint64_t){mask}, {repeats}, {block}, {step});", places[0])
        }
    });
}

/// Whole blocks of rows, of any element type.
pub(super) fn inside(dst: &Area<'_>, x: &Area<'_>, lines: &mut Lines<'_>) {
    let per_block = TARGET.block / dst.elem().bytes();
    let blocks = dst.cols.div_ceil(per_block);
    let (to, from) = (at(dst.name, &dst.offset), at(x.name, &x.offset));
    if dst.rows == 1 {
        lines.line(&format!("DataCopy({to}, {from}, {});", blocks * per_block));
        return;
    }
    for first in (0..dst.rows).step_by(TARGET.copy_rows as usize) {
        let rows = (dst.rows - first).min(TARGET.copy_rows);
        let row = Text::atom(first.to_string());
        let (to, from) = (at(dst.name, &dst.at(&row, 0)), at(x.name, &x.at(&row, 0)));
        let (source, result) = (x.pitch / per_block - blocks, dst.pitch / per_block - blocks);
        lines.line(&format!("DataCopy({to}, {from}, DataCopyParams({rows}, {blocks}, {source}, {result}));"));
    }
}
