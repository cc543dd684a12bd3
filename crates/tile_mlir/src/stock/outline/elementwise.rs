//! Functions of the C library, and conversions that are calls, one element at a time.

use std::fmt::Write;

use super::{Buffer, COUNTERS, Written};
use crate::raw::Operation;

pub(super) fn write(op: Operation<'_>, helper: &str, out: &mut String) -> Option<()> {
    let inputs: Vec<_> = op
        .operands()
        .enumerate()
        .map(|(number, value)| Buffer::new(value, &format!("in{number}")))
        .collect::<Option<_>>()?;
    let output = Buffer::new(op.results().next()?, "out")?;
    text(op.name(), &inputs, &output, helper, out).ok()
}

fn text(name: &str, inputs: &[Buffer], output: &Buffer, helper: &str, out: &mut String) -> Written {
    for buffer in inputs.iter().chain([output]) {
        buffer.global(helper, out)?;
    }
    let list = |text: &dyn Fn(&Buffer) -> String| inputs.iter().map(text).collect::<Vec<_>>().join(", ");
    let params = list(&|input| format!("%{}: {}", input.name, input.vector));
    writeln!(out, "func.func private @{helper}({params}) -> {} {{\n{COUNTERS}", output.vector)?;
    for input in inputs {
        input.open(helper, out)?;
        input.fill(&format!("%{}", input.name), out)?;
    }
    output.open(helper, out)?;
    writeln!(out, "%count = arith.constant {} : index", output.shape.count())?;
    writeln!(out, "scf.for %i = %c0 to %count step %c1 {{")?;
    for Buffer { name, flat, .. } in inputs {
        writeln!(out, "%{name}_x = memref.load %{name}_flat[%i] : {flat}")?;
    }
    let names = list(&|input| format!("%{}_x", input.name));
    let types = list(&|input| input.elem.to_string());
    writeln!(out, "%y = \"{name}\"({names}) : ({types}) -> {}", output.elem)?;
    writeln!(out, "memref.store %y, %out_flat[%i] : {}\n}}", output.flat)?;
    output.give_back(out)
}
