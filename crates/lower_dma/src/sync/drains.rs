//! Waits for whole pipes.
//!
//! Scalar code and the vector unit wait for each other by themselves. Copies wait for neither: what scalar code has written into local
//! memory may not be there yet when a copy that was started later moves it.

use std::collections::BTreeSet;

use super::{Touch, touches};
use crate::ir::{CoreKernel, Pipe, Stmt, StmtKind};
use crate::target::Target;

/// Where the core waits: a pipe whose unfinished work conflicts with what comes next is waited for; where that are several, all are.
pub(super) fn drains(kernel: &CoreKernel, target: &Target, block: &[Stmt], open: &mut BTreeSet<Touch>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for stmt in block {
        // Before a copy ahead.
        if stmt.kind == StmtKind::Fence {
            open.clear();
        }
        let mut own = BTreeSet::new();
        stmt.for_each(&mut |stmt| own.extend(touches(stmt, kernel, target)));
        let waits = |other: &Touch| own.iter().any(|touch| !alone(other.pipe, touch.pipe) && touch.conflicts(other));
        let pipes: BTreeSet<Pipe> = open.iter().filter(|other| waits(other)).map(|other| other.pipe).collect();
        let kind = match pipes.iter().collect::<Vec<_>>().as_slice() {
            [] => None,
            [pipe] => Some(StmtKind::Drain(**pipe)),
            [_, _, ..] => Some(StmtKind::Fence),
        };
        if let Some(kind) = kind {
            let all = kind == StmtKind::Fence;
            open.retain(|other| !all && !pipes.contains(&other.pipe));
            out.push(Stmt { kind, loc: stmt.loc.clone() });
        }
        let mut new = stmt.clone();
        let is_loop = matches!(new.kind, StmtKind::For { .. } | StmtKind::While { .. });
        let entry = open.clone();
        if is_loop {
            open.extend(own.iter().copied());
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
        open.extend(touches(stmt, kernel, target));
        out.push(new);
    }
    out
}

/// Whether the second of two pipes waits for the first by itself.
pub(crate) fn alone(first: Pipe, second: Pipe) -> bool {
    let computes = |pipe| matches!(pipe, Pipe::Scalar | Pipe::Vector);
    first == second || (computes(first) && computes(second))
}
