//! Copies inside a core's memory, and fills.

use emit_dma::{Area, Arg, Lines};
use tile_ir::Elem;

use super::lanes::{each, rows, store};
use crate::limits::VECTOR_BYTES;

/// The type that elements are moved as, and how many of them a register holds. Masks are numbers, `i64` two words.
fn lanes(elem: Elem) -> (&'static str, u64, u64) {
    match elem {
        Elem::F32 | Elem::I1 => ("float", 16, 16),
        Elem::I32 => ("int32_t", 16, 16),
        Elem::F16 | Elem::Bf16 => ("uint16_t", 32, 32),
        Elem::I8 => ("uint8_t", 64, 64),
        Elem::I64 | Elem::Index => ("int32_t", 16, VECTOR_BYTES / 8),
    }
}

/// `dst = from`, of any form.
pub(super) fn copy(dst: &Area<'_>, from: &Arg<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (ty, count, step) = lanes(dst.elem());
    let load = |pointer: String| format!("aie::load_v<{count}>({pointer})");
    match from {
        Arg::Span(from) if from.name == dst.name && from.offset == dst.offset => {}
        Arg::Span(from) => each(lines, &[dst, from], step, |lines, at| {
            store(lines, &at.pointer_as(dst, Some(ty)), &load(at.pointer_as(from, Some(ty))));
        }),
        Arg::Row(row) => rows(lines, dst, step, |lines, at| {
            let row = Area { pitch: 0, ..row.clone() };
            store(lines, &at.pointer_as(dst, Some(ty)), &load(at.pointer_as(&row, Some(ty))));
        }),
        Arg::Column(column) => {
            filled(dst.elem())?;
            rows(lines, dst, step, |lines, at| {
                let column = Area { name: &format!("(({ty} *){})", column.name), ..column.clone() };
                let value = at.of_row(&column).text;
                store(lines, &at.pointer_as(dst, Some(ty)), &format!("aie::broadcast<{ty}, {count}>({value})"));
            });
        }
        Arg::Scalar(value) => {
            filled(dst.elem())?;
            each(lines, &[dst], step, |lines, at| {
                let value = format!("aie::broadcast<{ty}, {count}>({})", value.text);
                store(lines, &at.pointer_as(dst, Some(ty)), &value);
            });
        }
    }
    Ok(())
}

/// Whether the lowering was told that this can be filled.
fn filled(elem: Elem) -> Result<(), String> {
    match elem {
        Elem::F32 | Elem::I32 | Elem::F16 | Elem::Bf16 => Ok(()),
        Elem::I1 | Elem::I8 | Elem::I64 | Elem::Index => Err(format!("nothing is filled with numbers of {elem}")),
    }
}
