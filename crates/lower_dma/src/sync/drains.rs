//! Waits for whole pipes.

use std::collections::BTreeSet;

use super::{Touch, touches};
use crate::ir::{CoreKernel, Pipe, Stmt, StmtKind};
use crate::target::Target;

/// Where the core waits: a pipe whose unfinished copies conflict with what comes next is waited for.
pub(super) fn drains(kernel: &CoreKernel, target: &Target, block: &[Stmt], open: &mut BTreeSet<Touch>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for stmt in block {
        let mut own = BTreeSet::new();
        stmt.for_each(&mut |stmt| own.extend(touches(stmt, kernel, target)));
        for pipe in [Pipe::In, Pipe::Out, Pipe::Vector] {
            let waits = |other: &Touch| {
                own.iter().any(|touch| {
                    // One pipe is in order; scalar code waits for the vector unit by itself.
                    let alone = touch.pipe == other.pipe || (touch.pipe == Pipe::Scalar && other.pipe == Pipe::Vector);
                    !alone && touch.conflicts(other)
                })
            };
            if open.iter().any(|other| other.pipe == pipe && waits(other)) {
                out.push(Stmt { kind: StmtKind::Drain(pipe), loc: stmt.loc.clone() });
                open.retain(|other| other.pipe != pipe);
            }
        }
        let mut new = stmt.clone();
        let is_loop = matches!(new.kind, StmtKind::For { .. } | StmtKind::While { .. });
        let entry = open.clone();
        if is_loop {
            open.extend(own.iter().copied().filter(|touch| touch.pipe != Pipe::Scalar));
        }
        let mut ends = Vec::new();
        for block in new.blocks_mut() {
            let mut state = open.clone();
            *block = drains(kernel, target, block, &mut state);
            ends.push(state);
        }
        if !ends.is_empty() {
            open.extend(entry);
            ends.into_iter().for_each(|end| open.extend(end));
        }
        open.extend(touches(stmt, kernel, target).into_iter().filter(|touch| touch.pipe != Pipe::Scalar));
        out.push(new);
    }
    out
}
