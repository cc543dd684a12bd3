//! `vector.extract` and `vector.insert` at a position of several dimensions that is known at run time.

use std::fmt::Write;

use tile_ir::Type;

use super::{Buffer, COUNTERS, Written, promise, zero};
use crate::raw::{Attribute, Operation, Value};
use crate::types;

/// `part` is what is inserted into `tile`; without it, something is extracted.
pub(super) fn write(
    op: Operation<'_>,
    part: Option<Value<'_>>,
    tile: Value<'_>,
    helper: &str,
    out: &mut String,
) -> Option<()> {
    let tile = Buffer::new(tile, "tile")?;
    let part_ty = types::value(part.or(op.results().next())?.ty()).ok()?;
    let positions = op.attribute("static_position").and_then(Attribute::as_ints)?;
    text(&positions, &tile, part.is_some(), part_ty, helper, out).ok()
}

fn text(positions: &[i64], tile: &Buffer, insert: bool, part: Type, helper: &str, out: &mut String) -> Written {
    tile.global(helper, out)?;
    let mut params = if insert { vec![format!("%part: {part}")] } else { Vec::new() };
    params.push(format!("%tile: {}", tile.vector));
    let mut body = String::new();
    let mut at = Vec::new();
    for (d, position) in positions.iter().enumerate() {
        at.push(format!("%at{d}"));
        if *position < 0 {
            params.push(format!("%at{d}: index"));
        } else {
            writeln!(body, "%at{d} = arith.constant {position} : index")?;
        }
    }
    at.resize(tile.shape.rank(), "%c0".to_owned());
    let (at, memory, inside) = (at.join(", "), &tile.memory, promise(true, part.shape.rank()));
    let returned = if insert { tile.vector.clone() } else { part.to_string() };
    writeln!(out, "func.func private @{helper}({}) -> {returned} {{\n{COUNTERS}{body}", params.join(", "))?;
    tile.open(helper, out)?;
    tile.fill("%tile", out)?;
    match (insert, part.is_scalar()) {
        (true, true) => writeln!(out, "memref.store %part, %tile_buffer[{at}] : {memory}")?,
        (true, false) => {
            writeln!(out, "vector.transfer_write %part, %tile_buffer[{at}] {inside} : {part}, {memory}")?;
        }
        (false, true) => writeln!(out, "%found = memref.load %tile_buffer[{at}] : {memory}")?,
        (false, false) => {
            writeln!(out, "%pad = arith.constant {} : {}", zero(part.elem), part.elem)?;
            writeln!(out, "%found = vector.transfer_read %tile_buffer[{at}], %pad {inside} : {memory}, {part}")?;
        }
    }
    if insert { tile.give_back(out) } else { writeln!(out, "return %found : {part}\n}}") }
}
