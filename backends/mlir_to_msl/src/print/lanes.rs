//! Reductions over lanes: the library's over a whole simdgroup, butterflies over parts of it.

use emit::Text;
use emit_simt::{Helpers, Number};
use tile_ir::ReduceOp;

use crate::types;

pub(super) fn reduce(op: ReduceOp, number: Number, lanes: u32, value: &Text, helpers: &mut Helpers) -> Text {
    let wide = match number {
        Number::U64 | Number::S64 => true,
        Number::F32 | Number::Bool | Number::U8 | Number::S8 | Number::U32 | Number::S32 => false,
    };
    if lanes == 32 && !wide {
        let function = match op {
            ReduceOp::Add => "simd_sum",
            ReduceOp::MinF | ReduceOp::MinS | ReduceOp::MinU => "simd_min",
            ReduceOp::MaxF | ReduceOp::MaxS | ReduceOp::MaxU => "simd_max",
        };
        return Text::call(function, std::slice::from_ref(value));
    }
    let (name, combine) = match op {
        ReduceOp::Add => ("lane_sum", None),
        ReduceOp::MinF => ("lane_min", Some("fmin")),
        ReduceOp::MaxF => ("lane_max", Some("fmax")),
        ReduceOp::MinS | ReduceOp::MinU => ("lane_min", Some("min")),
        ReduceOp::MaxS | ReduceOp::MaxU => ("lane_max", Some("max")),
    };
    let ty = types::number(number);
    helpers.need(&format!("{name} {ty}"), |helpers| {
        let exchange = if wide { shuffle(number, helpers) } else { "simd_shuffle_xor" };
        let step = match combine {
            None => format!("value += {exchange}(value, delta);"),
            Some(function) => format!("value = {function}(value, {exchange}(value, delta));"),
        };
        format!(
            "inline {ty} {name}({ty} value, ushort lanes) {{
    for (ushort delta = lanes / 2; delta > 0; delta /= 2) {{
        {step}
    }}
    return value;
}}"
        )
    });
    Text::call(name, &[value.clone(), Text::atom(lanes.to_string())])
}

/// Adds an exchange of 64 bits in two halves and gives its name.
fn shuffle(number: Number, helpers: &mut Helpers) -> &'static str {
    let ty = types::number(number);
    helpers.need(&format!("shuffle_xor {ty}"), |_| {
        format!(
            "inline {ty} shuffle_xor({ty} value, ushort delta) {{
    const uint low = simd_shuffle_xor(uint(value), delta);
    const uint high = simd_shuffle_xor(uint(ulong(value) >> 32), delta);
    return {ty}((ulong(high) << 32) | low);
}}"
        )
    });
    "shuffle_xor"
}
