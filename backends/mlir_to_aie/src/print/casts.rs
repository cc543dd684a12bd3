//! Conversions.

use emit::Text;
use emit_dma::{Area, Lines, narrow, plus, widen};
use tile_ir::Elem;

use super::lanes::{LANES, each, store};

/// `dst = a`, converted. To `bf16` the accumulator rounds, as the register says that the function sets.
pub(super) fn cast(dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let to = match (a.elem(), dst.elem()) {
        (Elem::Bf16, Elem::F32) => "float",
        (Elem::F32, Elem::Bf16) => "bfloat16",
        (Elem::F16, Elem::F32) | (Elem::F32, Elem::F16) => {
            halves(dst, a, lines);
            return Ok(());
        }
        (from, to) => return Err(format!("no vector function converts {from} to {to}")),
    };
    each(lines, &[dst, a], LANES, |lines, at| {
        let wide = format!("aie::accum<accfloat, {LANES}>({})", at.load(a));
        store(lines, &at.pointer(dst), &format!("{wide}.to_vector<{to}>()"));
    });
    Ok(())
}

/// To or from `f16`, element by element.
fn halves(dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) {
    lines.times(dst.rows, "row", |lines, row| {
        lines.times(dst.cols, "at", |lines, at| {
            let value = Text::index(a.name, &plus(&a.at(row, 0), at));
            let value = match dst.elem() {
                Elem::F16 => narrow(Elem::F16, &value, "static inline", lines.helpers),
                Elem::F32 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
                    widen(Elem::F16, &value, "static inline", lines.helpers)
                }
            };
            let to = Text::index(dst.name, &plus(&dst.at(row, 0), at));
            lines.line(&format!("{} = {};", to.text, value.text));
        });
    });
}
