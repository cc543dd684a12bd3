//! Dead code elimination.

use super::has_effect;
use crate::kernel::Kernel;
use crate::op::{Block, OpKind, Value};

/// Removes operations without effect whose results nobody uses. The number removed, regions counted as one.
pub fn remove_dead(kernel: &mut Kernel) -> usize {
    let mut used = vec![false; kernel.values.len()];
    sweep(&mut kernel.body, &mut used)
}

/// Sweeps a block from its end, where every use of a value comes before its definition.
fn sweep(block: &mut Block, used: &mut [bool]) -> usize {
    mark(used, &block.yields);
    let mut removed = 0;
    let mut kept = Vec::with_capacity(block.ops.len());
    for mut op in std::mem::take(&mut block.ops).into_iter().rev() {
        if !has_effect(&op) && !op.results.iter().any(|result| used[result.index()]) {
            removed += 1;
            continue;
        }
        if let OpKind::While { cond, .. } = &op.kind {
            mark(used, &[*cond]);
        }
        for region in op.kind.blocks_mut() {
            removed += sweep(region, used);
        }
        mark(used, &op.kind.operands());
        kept.push(op);
    }
    kept.reverse();
    block.ops = kept;
    removed
}

fn mark(used: &mut [bool], values: &[Value]) {
    values.iter().for_each(|value| used[value.index()] = true);
}
