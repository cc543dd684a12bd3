//! Conversions.

use emit_dma::{Area, Lines};
use tile_ir::Elem;

use super::runs::{call, runs};

/// `dst = a`, converted. Widening functions do not overlap, which buffers of different element types never do (source: BANG C Developer
/// Guide 4.7.2, conversions).
pub(super) fn cast(dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (function, fixed) = match (a.elem(), dst.elem()) {
        (Elem::Bf16, Elem::F32) => ("__bang_bfloat162float", false),
        (Elem::F32, Elem::Bf16) => ("__bang_float2bfloat16_rn", false),
        (Elem::F16, Elem::F32) => ("__bang_half2float", false),
        (Elem::F32, Elem::F16) => ("__bang_float2half_rn", false),
        // The last argument is the position of a fixed point: none.
        (Elem::I32, Elem::F32) => ("__bang_int322float_rn", true),
        (Elem::I8, Elem::F32) => ("__bang_int82float", true),
        (from, to) => return Err(format!("no vector function converts {from} to {to}")),
    };
    runs(lines, &[dst, a], |lines, run, n| {
        let mut args = vec![run[0].pointer(), run[1].pointer(), n.to_string()];
        if fixed {
            args.push("0".to_owned());
        }
        call(lines, function, &args);
    });
    Ok(())
}
