//! Conversions.

use emit_dma::{Area, Lines};
use tile_ir::Elem;

use super::lanes::{LANES, each, store};

/// `dst = a`, converted. To `bf16` the accumulator rounds, as the register says that the function sets.
pub(super) fn cast(dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let to = match (a.elem(), dst.elem()) {
        (Elem::Bf16, Elem::F32) => "float",
        (Elem::F32, Elem::Bf16) => "bfloat16",
        (from, to) => return Err(format!("no vector function converts {from} to {to}")),
    };
    each(lines, &[dst, a], LANES, |lines, at| {
        let wide = format!("aie::accum<accfloat, {LANES}>({})", at.load(a));
        store(lines, &at.pointer(dst), &format!("{wide}.to_vector<{to}>()"));
    });
    Ok(())
}
