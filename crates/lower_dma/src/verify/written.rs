//! No buffer is read that nothing was written into, or that something else was written over.
//!
//! A buffer *holds* something from the first write into it until another buffer with a byte of its is written, or a reduction uses it
//! up. It must hold something on every path on which it is read. A loop that counts from a constant to a larger one has a turn.

use std::collections::BTreeSet;

use super::{Rule, VerifyError};
use crate::ir::{Buffer, CoreKernel, Place, Stmt, StmtKind};
use crate::target::Target;

struct Check<'a> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    /// Only the last time through a loop reports.
    quiet: bool,
    errors: Vec<VerifyError>,
}

type Held = BTreeSet<Buffer>;

pub(super) fn check(kernel: &CoreKernel, target: &Target) -> Vec<VerifyError> {
    let mut check = Check { kernel, target, quiet: false, errors: Vec::new() };
    check.block(&kernel.body, &mut Held::new());
    check.errors
}

impl Check<'_> {
    fn bytes(&self, buffer: Buffer) -> (u64, u64) {
        let data = self.kernel.buffer(buffer);
        (data.address, data.address + self.target.bytes(data.elem, data.elements()))
    }

    fn block(&mut self, block: &[Stmt], held: &mut Held) {
        block.iter().for_each(|stmt| self.stmt(stmt, held));
    }

    /// What is held where every turn starts.
    fn entry(&mut self, blocks: &[&[Stmt]], held: &mut Held) {
        let quiet = std::mem::replace(&mut self.quiet, true);
        loop {
            let mut end = held.clone();
            blocks.iter().for_each(|block| self.block(block, &mut end));
            let both: Held = held.intersection(&end).copied().collect();
            if both == *held {
                break;
            }
            *held = both;
        }
        self.quiet = quiet;
    }

    fn stmt(&mut self, stmt: &Stmt, held: &mut Held) {
        match &stmt.kind {
            StmtKind::For { lower, upper, body, .. } => {
                let runs = matches!((lower.as_int(), upper.as_int()), (Some(a), Some(b)) if a < b);
                let before = held.clone();
                self.entry(&[body], held);
                let entry = held.clone();
                self.block(body, held);
                if !runs {
                    *held = before.intersection(&entry).copied().collect();
                }
            }
            StmtKind::While { before, body, .. } => {
                self.entry(&[before, body], held);
                self.block(before, held);
                self.block(body, &mut held.clone());
            }
            StmtKind::If { then, otherwise, .. } => {
                let mut other = held.clone();
                self.block(then, held);
                self.block(otherwise, &mut other);
                *held = held.intersection(&other).copied().collect();
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => self.access(stmt, held),
        }
    }

    fn access(&mut self, stmt: &Stmt, held: &mut Held) {
        let accesses = stmt.accesses(self.kernel, |_| 1);
        let places: Vec<(Buffer, bool)> = accesses
            .iter()
            .filter_map(|access| match access.place {
                Place::Local(buffer, ..) => Some((buffer, access.write)),
                Place::View(_) => None,
            })
            .collect();
        // Operands come first; one that is written is used up. The result is the last.
        let result = places.last().copied().filter(|(_, write)| *write);
        let operands = if result.is_some() { &places[..places.len() - 1] } else { &places[..] };
        for &(buffer, used_up) in operands {
            if !held.contains(&buffer) && !self.quiet {
                let name = self.kernel.buffer(buffer).name.clone();
                self.errors.push(VerifyError { loc: stmt.loc.clone(), rule: Rule::Unwritten(name) });
            }
            if used_up {
                held.remove(&buffer);
            }
        }
        if let Some((buffer, _)) = result {
            let (start, end) = self.bytes(buffer);
            held.retain(|&other| {
                let (from, to) = self.bytes(other);
                other == buffer || to <= start || end <= from
            });
            held.insert(buffer);
        }
    }
}
