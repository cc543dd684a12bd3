//! Copies between global memory and UB.

use emit::{Prec, Text};
use emit_dma::{Area, CopyArea, Lines, float, int, plus, times};
use lower_dma::ir::Scalar;
use tile_ir::{Elem, Number};

use super::at;
use crate::limits::TARGET;
use crate::types;

/// Writes a copy of rows of any number of bytes; in UB each row starts at a block.
pub(super) fn copy(copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
    // Distances in global memory have 32 bits. Source: asc-devkit, DataCopyPad, `DataCopyExtParams`.
    let near = u32::try_from(copy.view_pitch.saturating_mul(copy.elem.bytes())).is_ok();
    if near || copy.fixed_rows() == Some(1) {
        let call = call(copy, lines);
        lines.line(&call);
        return;
    }
    lines.times(copy.local.rows, "row", |lines, number| {
        let guard = match copy.fixed_rows() {
            Some(rows) if rows == copy.local.rows => None,
            Some(_) | None => Some(format!("{} < {}", number.text, copy.rows.at_least(Prec::Shift))),
        };
        let wide = Text::new(format!("(int64_t){}", number.text), Prec::Unary);
        let row = CopyArea {
            local: Area { offset: copy.local.at(number, 0), rows: 1, ..copy.local.clone() },
            view_offset: plus(&copy.view_offset, &times(&wide, copy.view_pitch)),
            rows: Text::atom("1"),
            ..copy.clone()
        };
        let call = call(&row, lines);
        match guard {
            None => lines.line(&call),
            Some(guard) => lines.line(&format!("if ({guard}) {{ {call} }}")),
        }
    });
}

/// Elements of a copy that is one piece of whole blocks on both sides.
fn piece(copy: &CopyArea<'_>, size: u64) -> Option<u64> {
    let (rows, cols) = (copy.fixed_rows()?, copy.fixed_cols()?);
    let dense = rows == 1 || (cols == copy.local.pitch && cols == copy.view_pitch);
    (dense && (cols * size).is_multiple_of(TARGET.block)).then_some(rows * cols)
}

/// The call. Rows are at most 2^32 bytes apart.
fn call(copy: &CopyArea<'_>, lines: &mut Lines<'_>) -> String {
    let elem = copy.local.elem();
    let (size, block) = (elem.bytes(), TARGET.block);
    let (gm, ub) = (at(copy.view, &copy.view_offset), at(copy.local.name, &copy.local.offset));
    // There is no rest to fill.
    if let Some(count) = piece(copy, size) {
        let (to, from) = if copy.inward { (ub, gm) } else { (gm, ub) };
        return format!("DataCopy({to}, {from}, {count});");
    }
    let one_row = copy.fixed_rows() == Some(1);
    let bytes = scaled(&copy.cols, size);
    // Distances are from the end of a row to the start of the next: in bytes there, in blocks here.
    let gm_gap = if one_row { "0".to_owned() } else { gap_bytes(copy, size) };
    let ub_gap = if one_row { "0".to_owned() } else { gap_blocks(copy, size) };
    let (rows, bytes) = (narrow("uint16_t", &copy.rows), narrow("uint32_t", &bytes));
    if !copy.inward {
        return format!("DataCopyPad({gm}, {ub}, DataCopyExtParams({rows}, {bytes}, {ub_gap}, {gm_gap}, 0));");
    }
    let pad = match copy.pad {
        None => "false, 0, 0, {}".to_owned(),
        Some(number) => {
            let per_block = block / size;
            let rest = match copy.fixed_cols() {
                Some(cols) => (cols.next_multiple_of(per_block) - cols).to_string(),
                None => {
                    let cols = copy.cols.at_least(Prec::Unary);
                    format!("(uint8_t)(({per_block} - {cols} % {per_block}) % {per_block})")
                }
            };
            format!("true, 0, {rest}, {}", value(number, elem, lines))
        }
    };
    let ty = types::local(elem);
    format!(
        "DataCopyPad({ub}, {gm}, DataCopyExtParams({rows}, {bytes}, {gm_gap}, {ub_gap}, 0), DataCopyPadExtParams<{ty}>({pad}));"
    )
}

/// `cols` times `size`.
fn scaled(cols: &Text, size: u64) -> Text {
    match cols.text.parse::<u64>() {
        Ok(cols) => Text::atom((cols * size).to_string()),
        Err(_) if size == 1 => cols.clone(),
        Err(_) => Text::binary(cols, "*", &Text::atom(size.to_string()), Prec::Product, true),
    }
}

fn gap_bytes(copy: &CopyArea<'_>, size: u64) -> String {
    match copy.fixed_cols() {
        Some(cols) => ((copy.view_pitch - cols) * size).to_string(),
        None => {
            let gap = Text::binary(&Text::atom(copy.view_pitch.to_string()), "-", &copy.cols, Prec::Sum, false);
            narrow("uint32_t", &scaled(&gap, size))
        }
    }
}

fn gap_blocks(copy: &CopyArea<'_>, size: u64) -> String {
    let per_block = TARGET.block / size;
    let pitch = copy.local.pitch / per_block;
    match copy.fixed_cols() {
        Some(cols) => (pitch - cols.div_ceil(per_block)).to_string(),
        None => {
            let cols = copy.cols.at_least(Prec::Sum);
            format!("(uint32_t)({pitch} - ({cols} + {}) / {per_block})", per_block - 1)
        }
    }
}

/// A number as an argument of a narrower type.
fn narrow(ty: &str, x: &Text) -> String {
    if x.text.parse::<u64>().is_ok() { x.text.clone() } else { format!("({ty}){}", x.at_least(Prec::Unary)) }
}

/// A number as an element.
fn value(number: Number, elem: Elem, lines: &mut Lines<'_>) -> String {
    let real = match number {
        Number::Float(x) => x,
        Number::Int(x) => x as f32,
    };
    match elem {
        Elem::F32 => float(real, super::FACTS.function, lines.helpers).text,
        Elem::F16 => format!("(half){}", float(real, super::FACTS.function, lines.helpers).at_least(Prec::Unary)),
        Elem::Bf16 => format!("ToBfloat16({})", float(real, super::FACTS.function, lines.helpers).text),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
            let number = match number {
                Number::Int(x) => x,
                Number::Float(x) => x as i64,
            };
            int(if elem == Elem::I64 { Scalar::I64 } else { Scalar::I32 }, number).text
        }
    }
}
