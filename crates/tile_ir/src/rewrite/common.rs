//! Common subexpression elimination.

use std::collections::BTreeMap;

use super::is_repeatable;
use crate::kernel::Kernel;
use crate::op::{Block, OpKind, Value};

/// Computes once what is computed alike from the same operands, in a block and in the regions inside it. The number of
/// operations removed.
pub fn merge_common(kernel: &mut Kernel) -> usize {
    let mut body = std::mem::take(&mut kernel.body);
    let same = (0..kernel.values.len() as u32).map(Value).collect();
    let mut merge = Merge { kernel, same, known: BTreeMap::new(), removed: 0 };
    merge.block(&mut body);
    let removed = merge.removed;
    kernel.body = body;
    removed
}

struct Merge<'a> {
    kernel: &'a Kernel,
    /// What each value is replaced by; mostly itself.
    same: Vec<Value>,
    /// Values in scope, by operation, operands and type in words (numbers in full, so that -0 is not 0).
    known: BTreeMap<String, Value>,
    removed: usize,
}

impl Merge<'_> {
    fn find(&self, value: Value) -> Value {
        self.same[value.index()]
    }

    fn block(&mut self, block: &mut Block) {
        let mut added = Vec::new();
        block.ops.retain_mut(|op| {
            op.kind.map_operands(|value| self.find(value));
            let Some(result) = op.result().filter(|_| is_repeatable(self.kernel, &op.kind)) else {
                self.regions(&mut op.kind);
                return true;
            };
            let key = format!("{:?} {}", op.kind, self.kernel.ty(result));
            if let Some(&known) = self.known.get(&key) {
                self.same[result.index()] = known;
                self.removed += 1;
                return false;
            }
            self.known.insert(key.clone(), result);
            added.push(key);
            true
        });
        for value in &mut block.yields {
            *value = self.find(*value);
        }
        for key in added {
            self.known.remove(&key);
        }
    }

    fn regions(&mut self, kind: &mut OpKind) {
        for region in kind.blocks_mut() {
            self.block(region);
        }
        if let OpKind::While { cond, .. } = kind {
            *cond = self.find(*cond);
        }
    }
}
