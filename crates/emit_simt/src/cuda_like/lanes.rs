//! Reductions over lanes: butterflies of exchanges, so that every lane of a group ends with the same bits.

use tile_ir::ReduceOp;

use super::{CudaLike, FUNCTION};
use crate::dialect::Dialect;
use crate::number::Number;
use emit::Helpers;

/// Adds the overload of `lane_sum`, `lane_min` or `lane_max` for a type and gives its name.
pub(super) fn reduction(dialect: &CudaLike, op: ReduceOp, number: Number, helpers: &mut Helpers) -> &'static str {
    let maths = dialect.facts.maths;
    let (name, combine) = match op {
        ReduceOp::Add => ("lane_sum", None),
        ReduceOp::MinF => ("lane_min", Some(maths.min)),
        ReduceOp::MaxF => ("lane_max", Some(maths.max)),
        ReduceOp::MinS | ReduceOp::MinU => ("lane_min", Some("min")),
        ReduceOp::MaxS | ReduceOp::MaxU => ("lane_max", Some("max")),
    };
    let ty = dialect.number(number);
    helpers.need(&format!("{name} {ty}"), |_| {
        let exchange = "__shfl_xor_sync(0xffffffffu, value, delta, 32)";
        let step = match combine {
            None => format!("value += {exchange};"),
            Some(function) => format!("value = {function}(value, {exchange});"),
        };
        format!(
            "{FUNCTION} {ty} {name}({ty} value, int lanes) {{
    #pragma unroll
    for (int delta = lanes / 2; delta > 0; delta /= 2) {{
        {step}
    }}
    return value;
}}"
        )
    });
    name
}
