//! Choosing the loops that must be unrolled.
//!
//! An array of tiles lives in registers only if every index is a constant, and shape arguments of tile operations must be
//! constants too. Where one is computed from a loop's counter, that loop is unrolled; all others stay as written.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfg::graph::Graph;
use crate::llvm::{Block, Function, Op, TypeKind, Unroll, Value};
use crate::signature;

/// Marks the loops of a kernel: those to unroll, and all others to be left alone. Returns how many are to be unrolled.
pub(crate) fn mark(function: Function<'_>) -> usize {
    let blocks = function.blocks();
    let index: BTreeMap<Block<'_>, usize> = blocks.iter().enumerate().map(|(i, &block)| (block, i)).collect();
    let successors = blocks.iter().map(|block| {
        let terminator = block.instructions().pop();
        terminator.map_or(Vec::new(), |t| t.successors().iter().map(|to| index[to]).collect())
    });
    let loops = Graph::new(successors.collect()).natural_loops(0);
    let headers: BTreeSet<usize> = loops.iter().map(|l| l.header).collect();
    let mut phis = BTreeMap::new();
    for &header in &headers {
        for inst in blocks[header].instructions() {
            if inst.opcode() == Some(Op::LLVMPHI) {
                phis.insert(inst, header);
            }
        }
    }
    let mut wanted = BTreeSet::new();
    for inst in function.instructions() {
        for value in needs_constant(inst) {
            trace(value, &phis, &mut wanted);
        }
        // A pointer that walks over a local array.
        if let Some(&header) = phis.get(&inst)
            && inst.type_kind() == TypeKind::LLVMPointerTypeKind
            && inst.incoming().iter().any(|(_, value)| is_local(*value))
        {
            wanted.insert(header);
        }
    }
    for found in &loops {
        let advice = if wanted.contains(&found.header) { Unroll::Full } else { Unroll::Never };
        for &latch in &found.latches {
            if let Some(terminator) = blocks[latch].instructions().pop() {
                terminator.set_unroll(advice);
            }
        }
    }
    wanted.len()
}

/// Values used by `inst` that are not constants, but must become so.
fn needs_constant<'m>(inst: Value<'m>) -> Vec<Value<'m>> {
    let open = |value: &Value<'m>| value.constant().is_none();
    match inst.opcode() {
        Some(Op::LLVMGetElementPtr) => {
            let operands = inst.operands();
            match operands.split_first() {
                Some((base, indices)) if is_local(*base) => indices.iter().copied().filter(open).collect(),
                _ => Vec::new(),
            }
        }
        Some(Op::LLVMCall) => {
            let Some(callee) = inst.callee().as_function() else {
                return Vec::new();
            };
            let arguments = inst.arguments();
            let constants = signature::constant_arguments(&callee.name());
            constants.iter().filter_map(|&i| arguments.get(i)).copied().filter(open).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a pointer points into a local variable.
fn is_local(pointer: Value<'_>) -> bool {
    let mut at = pointer;
    // Address computations are short chains; the limit is for loops of phis.
    for _ in 0..64 {
        match at.opcode() {
            Some(Op::LLVMAlloca) => return true,
            Some(Op::LLVMGetElementPtr) => at = at.operands()[0],
            Some(Op::LLVMPHI) => match at.incoming().iter().map(|(_, v)| *v).find(|v| *v != at) {
                Some(from) => at = from,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

/// Adds the loops whose counters `value` is computed from.
fn trace<'m>(value: Value<'m>, phis: &BTreeMap<Value<'m>, usize>, wanted: &mut BTreeSet<usize>) {
    let mut seen = BTreeSet::new();
    let mut work = vec![value];
    while let Some(value) = work.pop() {
        if !value.is_instruction() || !seen.insert(value) {
            continue;
        }
        if let Some(&header) = phis.get(&value) {
            wanted.insert(header);
            continue;
        }
        match value.opcode() {
            Some(Op::LLVMLoad | Op::LLVMCall) | None => {}
            Some(Op::LLVMPHI) => work.extend(value.incoming().iter().map(|(_, v)| *v)),
            Some(_) => work.extend(value.operands()),
        }
    }
}
