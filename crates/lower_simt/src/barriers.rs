//! Where threads must wait for each other.
//!
//! A barrier is placed before a statement that reads what other threads may have written since the last barrier, or that
//! writes what they may have written or read, and nowhere else. Loops and branches of the tile program are the same for all
//! threads, so barriers may stand inside; everything else (a nest, whatever loops and conditions it has) is one unit that a
//! barrier stands before. [`crate::verify`] proves the result independently.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Memory, Stmt, StmtKind, Var};
use crate::lower::Lowered;

/// Accesses of one memory since its last barrier, by owner.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pending {
    reads: BTreeSet<Option<u32>>,
    writes: BTreeSet<Option<u32>>,
}

type State = BTreeMap<Memory, Pending>;

struct Pass<'a> {
    loops: &'a BTreeSet<Var>,
    conditions: &'a BTreeSet<Var>,
}

/// Inserts the barriers of a kernel.
pub(crate) fn insert(lowered: &mut Lowered) {
    let pass = Pass { loops: &lowered.loops, conditions: &lowered.conditions };
    let body = std::mem::take(&mut lowered.kernel.body);
    lowered.kernel.body = pass.block(body, &mut State::new());
}

/// Whether an access with `owner` must wait for one of `earlier`.
fn conflict(owner: Option<u32>, earlier: &BTreeSet<Option<u32>>) -> bool {
    earlier.iter().any(|other| owner.is_none() || *other != owner)
}

fn join(into: &mut State, other: &State) {
    for (memory, pending) in other {
        let own = into.entry(*memory).or_default();
        own.reads.extend(pending.reads.iter().copied());
        own.writes.extend(pending.writes.iter().copied());
    }
}

impl Pass<'_> {
    fn block(&self, stmts: Vec<Stmt>, state: &mut State) -> Vec<Stmt> {
        let mut result = Vec::with_capacity(stmts.len());
        for mut stmt in stmts {
            match &mut stmt.kind {
                StmtKind::Barrier { global, shared } => {
                    clear(state, *global, *shared);
                    result.push(stmt);
                }
                StmtKind::For { var, body, .. } if self.loops.contains(var) => {
                    *body = self.repeat(std::mem::take(body), state);
                    result.push(stmt);
                }
                StmtKind::While { before, body, .. } => {
                    // One round is `before`, then `body`; the last one ends in between.
                    loop {
                        let entry = state.clone();
                        let (size, mut round) = (total(before) + total(body), entry.clone());
                        *before = self.block(std::mem::take(before), &mut round);
                        let exit = round.clone();
                        *body = self.block(std::mem::take(body), &mut round);
                        join(state, &round);
                        if *state == entry && total(before) + total(body) == size {
                            *state = exit;
                            break;
                        }
                    }
                    result.push(stmt);
                }
                StmtKind::If { condition: crate::ir::Expr::Var(var), then, otherwise }
                    if self.conditions.contains(var) =>
                {
                    let mut other = state.clone();
                    *then = self.block(std::mem::take(then), state);
                    *otherwise = self.block(std::mem::take(otherwise), &mut other);
                    join(state, &other);
                    result.push(stmt);
                }
                _ => {
                    if let Some(barrier) = self.unit(&stmt, state) {
                        result.push(barrier);
                    }
                    result.push(stmt);
                }
            }
        }
        result
    }

    /// A loop body, after itself.
    fn repeat(&self, mut body: Vec<Stmt>, state: &mut State) -> Vec<Stmt> {
        loop {
            let entry = state.clone();
            let mut round = entry.clone();
            let size = total(&body);
            body = self.block(body, &mut round);
            join(state, &round);
            if *state == entry && total(&body) == size {
                return body;
            }
        }
    }

    /// Notes what a statement accesses; gives the barrier it needs before it.
    fn unit(&self, stmt: &Stmt, state: &mut State) -> Option<Stmt> {
        let mut accesses: Vec<(Memory, Option<u32>, bool)> = Vec::new();
        stmt.for_each(&mut |stmt| {
            accesses.extend(stmt.reads().into_iter().map(|place| (place.memory, place.owner, false)));
            accesses.extend(stmt.writes().into_iter().map(|place| (place.memory, place.owner, true)));
        });
        let (mut global, mut shared) = (false, false);
        for (memory, owner, write) in &accesses {
            let Some(pending) = state.get(memory) else { continue };
            if conflict(*owner, &pending.writes) || (*write && conflict(*owner, &pending.reads)) {
                match memory {
                    Memory::Global(_) => global = true,
                    Memory::Shared(_) => shared = true,
                }
            }
        }
        clear(state, global, shared);
        for (memory, owner, write) in accesses {
            let pending = state.entry(memory).or_default();
            if write { &mut pending.writes } else { &mut pending.reads }.insert(owner);
        }
        (global || shared).then(|| Stmt { kind: StmtKind::Barrier { global, shared }, loc: stmt.loc.clone() })
    }
}

fn total(stmts: &[Stmt]) -> usize {
    let mut n = 0;
    for stmt in stmts {
        stmt.for_each(&mut |_| n += 1);
    }
    n
}

fn clear(state: &mut State, global: bool, shared: bool) {
    state.retain(|memory, _| match memory {
        Memory::Global(_) => !global,
        Memory::Shared(_) => !shared,
    });
}
