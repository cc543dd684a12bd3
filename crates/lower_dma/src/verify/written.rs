//! No buffer is read that nothing was written into.

use std::collections::BTreeSet;

use super::{Rule, VerifyError};
use crate::ir::{Buffer, CoreKernel, Place, Stmt};

pub(super) fn check(kernel: &CoreKernel) -> Vec<VerifyError> {
    let mut errors = Vec::new();
    block(kernel, &kernel.body, &mut BTreeSet::new(), &mut errors);
    errors
}

/// `written`: buffers that something on some path was written into.
fn block(kernel: &CoreKernel, stmts: &[Stmt], written: &mut BTreeSet<Buffer>, errors: &mut Vec<VerifyError>) {
    for stmt in stmts {
        let accesses = stmt.accesses(kernel, |_| 1);
        for access in &accesses {
            let Place::Local(buffer, ..) = access.place else { continue };
            // The result comes last; an operand that is used up is read before.
            let result = std::ptr::eq(access, accesses.last().unwrap_or(access)) && access.write;
            if !result && !written.contains(&buffer) {
                let name = kernel.buffer(buffer).name.clone();
                errors.push(VerifyError { loc: stmt.loc.clone(), rule: Rule::Unwritten(name) });
                written.insert(buffer);
            }
        }
        for access in accesses {
            if let (Place::Local(buffer, ..), true) = (access.place, access.write) {
                written.insert(buffer);
            }
        }
        for inner in stmt.blocks() {
            block(kernel, inner, written, errors);
        }
    }
}
