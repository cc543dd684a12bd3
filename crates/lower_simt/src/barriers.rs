//! Where threads must wait for each other.
//!
//! A barrier is placed before a statement that reads what other threads may have written since the last barrier, or that
//! writes what they may have written or read, and nowhere else. Loops and branches of the tile program are the same for all
//! threads, so barriers may stand inside; everything else (a nest, whatever loops and conditions it has) is one unit that a
//! barrier stands before. [`crate::verify`] proves the result independently.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Memory, Stmt, StmtKind, Var};
use crate::lower::Lowered;
use crate::target::Target;

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
    /// Memories that the kernel writes.
    written: BTreeSet<Memory>,
    /// Only looks for conflicts.
    check: bool,
    found: Cell<bool>,
}

/// Inserts the barriers of a kernel.
///
/// Each orders all that is pending when it is placed, so that it may serve what comes later as well; what turns out not to be
/// needed is taken back one by one.
pub(crate) fn insert(lowered: &mut Lowered, target: &Target) {
    let mut written = BTreeSet::new();
    for stmt in &lowered.kernel.body {
        stmt.for_each(&mut |stmt| written.extend(stmt.writes().map(|place| place.memory)));
    }
    let mut pass =
        Pass { loops: &lowered.loops, conditions: &lowered.conditions, written, check: false, found: Cell::new(false) };
    let body = std::mem::take(&mut lowered.kernel.body);
    let mut body = pass.block(body, &mut State::new());
    pass.check = true;
    let mut at = 0;
    while let Some((global, shared)) = flags(&body, at) {
        let fewer = [(false, false), (false, shared), (global, false)];
        let sound = |(global, shared): (bool, bool)| -> Option<Vec<Stmt>> {
            let mut trial = body.clone();
            set_flags(&mut trial, at, global, shared);
            pass.found.set(false);
            pass.block(trial.clone(), &mut State::new());
            // This pass sees whole arrays; the proof sees which thread touches which element.
            let proven = |body: &Vec<Stmt>| {
                let mut kernel = lowered.kernel.clone();
                kernel.body = body.clone();
                crate::verify::is_ordered(&kernel, target)
            };
            (!pass.found.get() || proven(&trial)).then_some(trial)
        };
        let found = fewer.into_iter().filter(|flags| *flags != (global, shared)).find_map(sound);
        if let Some(trial) = found {
            body = trial;
        }
        at += 1;
    }
    drop_empty(&mut body);
    lowered.kernel.body = body;
}

/// What barrier number `at` orders.
fn flags(body: &[Stmt], at: usize) -> Option<(bool, bool)> {
    let mut number = 0;
    let mut found = None;
    for stmt in body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::Barrier { global, shared } = stmt.kind {
                if number == at {
                    found = Some((global, shared));
                }
                number += 1;
            }
        });
    }
    found
}

fn set_flags(body: &mut [Stmt], at: usize, new_global: bool, new_shared: bool) {
    let mut number = 0;
    for stmt in body {
        stmt.for_each_mut(&mut |stmt| {
            if let StmtKind::Barrier { global, shared } = &mut stmt.kind {
                if number == at {
                    (*global, *shared) = (new_global, new_shared);
                }
                number += 1;
            }
        });
    }
}

fn drop_empty(body: &mut Vec<Stmt>) {
    body.retain(|stmt| !matches!(stmt.kind, StmtKind::Barrier { global: false, shared: false }));
    for stmt in body {
        for block in stmt.blocks_mut() {
            drop_empty(block);
        }
    }
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
        if global || shared {
            if self.check {
                self.found.set(true);
            }
            for memory in state.keys().filter(|memory| self.written.contains(memory)) {
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
