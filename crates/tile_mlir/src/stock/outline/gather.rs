//! Gathers: a load or the other value for each element.

use std::fmt::Write;

use tile_ir::Elem;

use super::{Buffer, COUNTERS, Written};
use crate::raw::{Operation, Value};

pub(super) fn write<'m>(op: Operation<'m>, helper: &str, out: &mut String) -> Option<Vec<Value<'m>>> {
    let mut operands: Vec<_> = op.operands().collect();
    if operands.len() != 5 {
        return None;
    }
    // The base index is the constant 0.
    operands.remove(1);
    let buffers = [
        Buffer::new(operands[1], "offsets")?,
        Buffer::new(operands[2], "mask")?,
        Buffer::new(operands[3], "otherwise")?,
        Buffer::new(op.results().next()?, "out")?,
    ];
    text(&operands[0].ty().text(), &buffers, helper, out).ok()?;
    Some(operands)
}

fn text(base: &str, buffers: &[Buffer; 4], helper: &str, out: &mut String) -> Written {
    let [offsets, mask, otherwise, output] = buffers;
    for buffer in buffers {
        buffer.global(helper, out)?;
    }
    writeln!(
        out,
        "func.func private @{helper}(%base: {base}, %offsets: {}, %mask: vector<{}xi1>, %otherwise: {}) -> {} {{\n{COUNTERS}",
        offsets.vector, mask.shape, otherwise.vector, output.vector
    )?;
    for buffer in buffers {
        buffer.open(helper, out)?;
    }
    offsets.fill("%offsets", out)?;
    mask.fill_bits("%mask", out)?;
    otherwise.fill("%otherwise", out)?;
    writeln!(out, "%count = arith.constant {} : index", output.shape.count())?;
    writeln!(out, "%no = arith.constant 0 : i8")?;
    writeln!(out, "scf.for %i = %c0 to %count step %c1 {{")?;
    writeln!(out, "%m = memref.load %mask_flat[%i] : {}", mask.flat)?;
    writeln!(out, "%taken = arith.cmpi ne, %m, %no : i8")?;
    writeln!(out, "%y = scf.if %taken -> ({}) {{", output.elem)?;
    writeln!(out, "%o = memref.load %offsets_flat[%i] : {}", offsets.flat)?;
    let at = if offsets.elem == Elem::Index {
        "%o"
    } else {
        writeln!(out, "%at = arith.index_cast %o : {} to index", offsets.elem)?;
        "%at"
    };
    writeln!(out, "%found = memref.load %base[{at}] : {base}")?;
    writeln!(out, "scf.yield %found : {}\n}} else {{", output.elem)?;
    writeln!(out, "%kept = memref.load %otherwise_flat[%i] : {}", otherwise.flat)?;
    writeln!(out, "scf.yield %kept : {}\n}}", output.elem)?;
    writeln!(out, "memref.store %y, %out_flat[%i] : {}\n}}", output.flat)?;
    output.give_back(out)
}
