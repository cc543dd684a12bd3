//! Copies between views and local buffers.

use emit::{Prec, Text};
use emit_dma::{Area, CopyArea, Lines};
use tile_ir::{Elem, Number};

use super::tiles::{self, Tile};
use crate::types;

/// Writes a copy.
pub(super) fn copy(copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
    let at = match copy.view_offset.text.as_str() {
        "0" => copy.view.to_owned(),
        _ => Text::binary(&Text::atom(copy.view), "+", &copy.view_offset, Prec::Sum, true).text,
    };
    let ty = types::view(copy.elem);
    if let (Some(rows), Some(cols), None) = (copy.fixed_rows(), copy.fixed_cols(), copy.pad) {
        let local = Area { rows, cols, ..copy.local.clone() };
        // The distance of one row's next is nobody's.
        let pitch = if rows == 1 { cols } else { copy.view_pitch };
        let shape = if cols == pitch { format!("{rows}, {cols}") } else { format!("{rows}, {cols}, {pitch}") };
        lines.scope(|lines| {
            let names = tiles::declare(vec![tiles::rows(&local)], lines);
            let global = lines.name("global");
            lines.line(&format!("Global<{ty}, {shape}> {global}({at});"));
            names.iter().for_each(|name| transfer(copy.inward, name, &global, lines));
        });
        return;
    }
    lines.scope(|lines| {
        let rows = named("rows", &copy.rows, lines);
        let cols = named("cols", &copy.cols, lines);
        let tile = part(copy);
        let (name, global) = (lines.name(&format!("{}_part", copy.local.name)), lines.name("global"));
        lines.line(&format!("{} {name}({rows}, {cols});", tile.ty));
        lines.line(&format!("TASSIGN({name}, {});", tile.address));
        let (pitch, shape) = (copy.view_pitch, format!("Shape<1, 1, 1, -1, -1>({rows}, {cols})"));
        lines.line(&format!("Global<{ty}, -1, -1, {pitch}> {global}({at}, {shape});"));
        transfer(copy.inward, &name, &global, lines);
    });
}

/// The instruction.
fn transfer(inward: bool, tile: &str, global: &str, lines: &mut Lines<'_>) {
    if inward {
        lines.line(&format!("TLOAD({tile}, {global});"));
    } else {
        lines.line(&format!("TSTORE({global}, {tile});"));
    }
}

/// A number by a name, unless it is as short as one.
fn named(wanted: &str, value: &Text, lines: &mut Lines<'_>) -> String {
    if value.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return value.text.clone();
    }
    let name = lines.name(wanted);
    lines.line(&format!("const int64_t {name} = {};", value.text));
    name
}

/// The tile of a copy whose size is known at run time only, or whose rows are filled up.
fn part(copy: &CopyArea<'_>) -> Tile {
    let (local, ty) = (&copy.local, types::view(copy.elem));
    let (rows, pitch) = (local.rows, tiles::pitch(local));
    let ty = match copy.pad {
        None => format!("Part<{ty}, {rows}, {pitch}>"),
        Some(pad) => format!("Part<{ty}, {rows}, {pitch}, PadValueCustom({:#x}u)>", bits(copy.elem, pad)),
    };
    Tile::of(local, ty)
}

/// The bits that rows are filled up with, of which the library takes as many as an element has; of 8 bytes, each half gets them.
/// Source: pto-isa, common/constants.hpp, `GetPadValue`; npu/a2a3/TLoad.hpp, `TLoadInstrGm2ub`.
fn bits(elem: Elem, pad: Number) -> u32 {
    match (elem, pad) {
        (Elem::F16, Number::Float(value)) => u32::from(half::f16::from_f32(value).to_bits()),
        (Elem::Bf16, Number::Float(value)) => u32::from(half::bf16::from_f32(value).to_bits()),
        (_, Number::Float(value)) => value.to_bits(),
        (_, Number::Int(value)) => value as u32,
    }
}
