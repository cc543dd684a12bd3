//! Removing operations whose results nobody uses.

use std::collections::HashSet;

use tile_ir::{Block, OpKind, Value};

/// Removes dead operations from a structured body.
pub(crate) fn remove(body: &mut Block) {
    let mut used = HashSet::new();
    sweep(body, &mut used);
}

/// Works backwards, so that uses are seen before definitions. Returns whether something with an effect is left.
fn sweep(block: &mut Block, used: &mut HashSet<Value>) -> bool {
    used.extend(&block.yields);
    let mut kept = Vec::with_capacity(block.ops.len());
    let mut effects = false;
    for mut op in std::mem::take(&mut block.ops).into_iter().rev() {
        let mut effect = matches!(op.kind, OpKind::Store { .. } | OpKind::StoreScalar { .. });
        if let OpKind::While { cond, .. } = &op.kind {
            used.insert(*cond);
        }
        // The later block first: its operands are the earlier one's results.
        for nested in op.kind.blocks_mut().into_iter().rev() {
            effect |= sweep(nested, used);
        }
        if effect || op.results.iter().any(|result| used.contains(result)) {
            used.extend(op.kind.operands());
            effects |= effect;
            kept.push(op);
        }
    }
    kept.reverse();
    block.ops = kept;
    effects
}
