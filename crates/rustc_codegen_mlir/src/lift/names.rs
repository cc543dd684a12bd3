//! The user's variables as names of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Lifted, Lifter};
use crate::llvm::{Binding, Block, Variable};

impl<'m> Lifter<'_, 'm> {
    /// Names each value after the first variable of the user's own code that held it.
    ///
    /// First in the order of execution: in `let larger = largest.max(x); largest = larger;` that is `larger`, and the
    /// value of `largest` that a loop begins with keeps the name for itself.
    ///
    /// `blocks` are in the order of execution.
    pub(super) fn names(&mut self, blocks: &[Block<'m>]) {
        let mut known: BTreeMap<Variable<'m>, Option<Arc<str>>> = BTreeMap::new();
        for inst in blocks.iter().flat_map(|block| block.instructions()) {
            for Binding { variable, value } in inst.bindings() {
                let Some(Lifted::Value(value)) = self.values.get(&value).copied() else {
                    continue;
                };
                let name = known.entry(variable).or_insert_with(|| self.locator.name(variable));
                if let Some(name) = name {
                    self.cfg.name(value, name);
                }
            }
        }
    }
}
