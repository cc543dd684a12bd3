//! Whatever conflicts is ordered on every path; flags are in turn.
//!
//! The state says of everything that was done for which pipes it is over, and of every flag that is set what it stands for. A flag
//! stands for all that its pipe was given before, and for all that the pipe had waited for. What is done again is no longer over, and no
//! flag that was set before stands for it.

use std::collections::BTreeMap;

use super::{Rule, VerifyError};
use crate::ir::{CoreKernel, Pipe, Stmt, StmtKind};
use crate::sync::{Region, Touch, alone, touches};
use crate::target::{Sync, Target};
use tile_ir::Loc;

type Pipes = u8;
type Key = (Pipe, Pipe, u32);

const ALL: Pipes = 0b1111;

const fn bit(pipe: Pipe) -> Pipes {
    1 << pipe.index()
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// For whom each thing is over.
    over: BTreeMap<Touch, Pipes>,
    /// Flags that are set, and what they stand for.
    set: BTreeMap<Key, Vec<Touch>>,
}

impl State {
    fn join(&mut self, other: &State) {
        for (touch, over) in &other.over {
            self.over.entry(*touch).and_modify(|mine| *mine &= over).or_insert(*over);
        }
        for (key, stands) in &mut self.set {
            let theirs = other.set.get(key).map(Vec::as_slice).unwrap_or_default();
            // What one side never did is covered on that side.
            stands.retain(|touch| theirs.contains(touch) || !other.over.contains_key(touch));
        }
    }

    fn same_flags(&self, other: &State) -> bool {
        self.set.keys().eq(other.set.keys())
    }

    fn done(&mut self, touch: Touch, over: Pipes) {
        self.over.insert(touch, over);
        for stands in self.set.values_mut() {
            stands.retain(|other| *other != touch);
        }
    }
}

struct Check<'a> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    /// Only the last time through a loop reports.
    quiet: bool,
    errors: Vec<VerifyError>,
}

pub(super) fn check(kernel: &CoreKernel, target: &Target) -> Vec<VerifyError> {
    let mut check = Check { kernel, target, quiet: false, errors: Vec::new() };
    let mut state = State::default();
    check.block(&kernel.body, &mut state);
    if !state.set.is_empty() {
        check.report(&kernel.loc, Rule::Unbalanced);
    }
    check.errors
}

impl Check<'_> {
    fn report(&mut self, loc: &Loc, rule: Rule) {
        let error = VerifyError { loc: loc.clone(), rule };
        if !self.quiet && !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn block(&mut self, block: &[Stmt], state: &mut State) {
        for stmt in block {
            self.stmt(stmt, state);
        }
    }

    /// A loop whose turns run `first`, then perhaps `second`: the state after `first` that ends it.
    fn turns(&mut self, loc: &Loc, first: &[Stmt], second: &[Stmt], state: &mut State) {
        let quiet = std::mem::replace(&mut self.quiet, true);
        loop {
            let mut end = state.clone();
            self.block(first, &mut end);
            self.block(second, &mut end);
            let mut next = state.clone();
            next.join(&end);
            if next == *state {
                break;
            }
            *state = next;
        }
        self.quiet = quiet;
        let mut end = state.clone();
        self.block(first, &mut end);
        let after = end.clone();
        self.block(second, &mut end);
        if !end.same_flags(state) {
            self.report(loc, Rule::Unbalanced);
        }
        *state = after;
    }

    fn stmt(&mut self, stmt: &Stmt, state: &mut State) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::For { body, .. } => {
                let entry = state.clone();
                let mut inner = entry.clone();
                self.turns(loc, &[], body, &mut inner);
                *state = inner;
                state.join(&entry);
            }
            StmtKind::While { before, body, .. } => self.turns(loc, before, body, state),
            StmtKind::If { then, otherwise, .. } => {
                let mut other = state.clone();
                self.block(then, state);
                self.block(otherwise, &mut other);
                if !state.same_flags(&other) {
                    self.report(loc, Rule::Unbalanced);
                }
                state.join(&other);
            }
            StmtKind::Signal { from, to, event } => self.signal(loc, (*from, *to, *event), state),
            StmtKind::Await { from, to, event } => self.wait(loc, (*from, *to, *event), state),
            StmtKind::Barrier(pipe) => {
                if !matches!(self.target.sync, Sync::Events { .. }) || *pipe == Pipe::Scalar {
                    self.report(loc, Rule::Foreign);
                }
                for (touch, over) in &mut state.over {
                    if touch.pipe == *pipe {
                        *over |= bit(*pipe);
                    }
                }
            }
            StmtKind::Drain(pipe) => {
                if !matches!(self.target.sync, Sync::Drain { .. }) {
                    self.report(loc, Rule::Foreign);
                }
                state.over.retain(|touch, _| touch.pipe != *pipe);
            }
            StmtKind::Fence => {
                state.over.clear();
                state.set.values_mut().for_each(Vec::clear);
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. } => self.access(stmt, state),
        }
    }

    fn access(&mut self, stmt: &Stmt, state: &mut State) {
        let own = touches(stmt, self.kernel, self.target);
        for touch in &own {
            let open = state.over.iter().find(|(other, over)| {
                *over & bit(touch.pipe) == 0 && other.conflicts(touch) && !self.by_itself(other.pipe, touch.pipe)
            });
            if let Some((other, _)) = open {
                self.report(&stmt.loc, Rule::Unordered(other.pipe, touch.pipe));
            }
        }
        for touch in own {
            let over = if touch.pipe == Pipe::Scalar { bit(Pipe::Scalar) } else { 0 };
            state.done(touch, over);
        }
    }

    /// Whether the target orders these two without being told.
    fn by_itself(&self, first: Pipe, second: Pipe) -> bool {
        match self.target.sync {
            Sync::Events { .. } => false,
            Sync::Drain { copies_wait: true } => true,
            Sync::Drain { copies_wait: false } => alone(first, second),
        }
    }

    fn signal(&mut self, loc: &Loc, key: Key, state: &mut State) {
        let (from, to, event) = key;
        match self.target.sync {
            Sync::Events { ids } if event < ids && from != to => {}
            Sync::Events { .. } | Sync::Drain { .. } => self.report(loc, Rule::Foreign),
        }
        let wait = waits(key);
        let waited = state.over.get(&wait).is_none_or(|over| over & bit(from) != 0);
        let stands: Vec<Touch> = state
            .over
            .iter()
            .filter(|(touch, over)| touch.pipe == from || *over & bit(from) != 0)
            .map(|(touch, _)| *touch)
            .collect();
        if state.set.insert(key, stands).is_some() || !waited {
            self.report(loc, Rule::SetTwice { from, to, event });
        }
    }

    fn wait(&mut self, loc: &Loc, key: Key, state: &mut State) {
        let (from, to, event) = key;
        let Some(stands) = state.set.remove(&key) else {
            self.report(loc, Rule::NotSet { from, to, event });
            return;
        };
        // Scalar code starts everything, so what it waited for is over for all that comes later.
        let who = if to == Pipe::Scalar { ALL } else { bit(to) };
        for touch in stands {
            if let Some(over) = state.over.get_mut(&touch) {
                *over |= who;
            }
        }
        let over = if to == Pipe::Scalar { ALL } else { 0 };
        state.done(waits(key), over);
    }
}

/// That a flag was waited for, as something that its reader does.
const fn waits((from, to, event): Key) -> Touch {
    Touch { pipe: to, region: Region::Flag(from, to, event), write: true }
}
