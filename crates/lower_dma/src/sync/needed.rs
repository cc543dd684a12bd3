//! What of the synchronisation the proof needs.

use crate::ir::{CoreKernel, Stmt, StmtKind};
use crate::target::Target;

/// The program without what the proof does not need, the last first.
pub(super) fn needed(mut kernel: CoreKernel, target: &Target) -> CoreKernel {
    let mut places = Vec::new();
    places_of(&kernel.body, &mut Vec::new(), &mut places);
    for (path, at) in places.into_iter().rev() {
        let body = kernel.body.clone();
        let removed = block_at(&mut kernel.body, &path).is_some_and(|block| take_out(block, at));
        if !removed || !crate::verify::is_ordered(&kernel, target) {
            kernel.body = body;
        }
    }
    kernel
}

/// Takes out a barrier, a wait, or a flag with the wait for it.
fn take_out(block: &mut Vec<Stmt>, at: usize) -> bool {
    match block[at].kind {
        StmtKind::Signal { from, to, event } => {
            let wait = StmtKind::Await { from, to, event };
            let Some(other) = (at + 1..block.len()).find(|&other| block[other].kind == wait) else { return false };
            block.remove(other);
            block.remove(at);
            true
        }
        StmtKind::Barrier(_) | StmtKind::Drain(_) | StmtKind::Fence => {
            block.remove(at);
            true
        }
        StmtKind::Let { .. }
        | StmtKind::Assign { .. }
        | StmtKind::Read { .. }
        | StmtKind::ReadGlobal { .. }
        | StmtKind::Write { .. }
        | StmtKind::CopyIn(_)
        | StmtKind::CopyOut(_)
        | StmtKind::Vector { .. }
        | StmtKind::For { .. }
        | StmtKind::While { .. }
        | StmtKind::If { .. }
        | StmtKind::Await { .. } => false,
    }
}

/// A block's place: index of a statement in its block, then which block of it, and so on.
type Path = Vec<(usize, usize)>;

/// Where flags are set and barriers and waits stand.
fn places_of(block: &[Stmt], path: &mut Path, places: &mut Vec<(Path, usize)>) {
    for (at, stmt) in block.iter().enumerate() {
        if matches!(stmt.kind, StmtKind::Signal { .. } | StmtKind::Barrier(_) | StmtKind::Drain(_) | StmtKind::Fence) {
            places.push((path.clone(), at));
        }
        for (which, inner) in stmt.blocks().into_iter().enumerate() {
            path.push((at, which));
            places_of(inner, path, places);
            path.pop();
        }
    }
}

fn block_at<'a>(block: &'a mut Vec<Stmt>, path: &[(usize, usize)]) -> Option<&'a mut Vec<Stmt>> {
    match path.split_first() {
        None => Some(block),
        Some((&(at, which), rest)) => block_at(block.get_mut(at)?.blocks_mut().into_iter().nth(which)?, rest),
    }
}
