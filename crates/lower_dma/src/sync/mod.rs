//! Synchronisation, derived from what statements touch.
//!
//! Two statements *conflict* if they touch one byte, or one view, and one of them writes. Whatever comes second must not start before the
//! first is over. Where pipes run on their own, the second is preceded by a flag from the pipe of the first to its own, or, on one pipe,
//! by a barrier; flags and waits stand in one block, so that they are balanced on every path. The flag is set as early as it may
//! be: right after the first statement if that is in the same block, else where the block begins. What a wait orders it
//! orders for all that comes later, and for what the other pipe had waited for itself.
//!
//! Loops are gone through until nothing changes: what a turn leaves unordered meets the statements of the next.

mod drains;
mod needed;

use std::collections::BTreeSet;

pub(crate) use drains::alone;

use crate::ir::{Access, BufferData, CoreKernel, Pipe, Place, Stmt, StmtKind};
use crate::place::Placed;
use crate::target::{Sync, Target};

/// Bytes of local memory, or a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    Local(u64, u64),
    View(u32),
    /// A flag, which must be waited for before it is set again.
    Flag(Pipe, Pipe, u32),
}

/// Something done that others must not run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touch {
    pub(crate) pipe: Pipe,
    pub(crate) region: Region,
    pub(crate) write: bool,
}

impl Touch {
    pub(crate) fn conflicts(&self, other: &Touch) -> bool {
        if !self.write && !other.write {
            return false;
        }
        match (self.region, other.region) {
            (Region::Local(a, b), Region::Local(c, d)) => a < d && c < b,
            (Region::View(a), Region::View(b)) => a == b,
            (Region::Local(..), Region::View(_) | Region::Flag(..))
            | (Region::View(_), Region::Local(..) | Region::Flag(..))
            | (Region::Flag(..), _) => false,
        }
    }
}

/// What a statement touches itself.
pub(crate) fn touches(stmt: &Stmt, kernel: &CoreKernel, target: &Target) -> Vec<Touch> {
    let Some(pipe) = stmt.pipe() else { return Vec::new() };
    let step = |data: &BufferData| target.step(data.elem);
    let accesses = stmt.accesses(kernel, step);
    accesses
        .into_iter()
        .map(|Access { place, write }| {
            let region = match place {
                Place::View(view) => Region::View(view.0),
                Place::Local(buffer, from, to) => {
                    let data = kernel.buffer(buffer);
                    let start = data.address + target.bytes(data.elem, from);
                    Region::Local(start, data.address + target.bytes(data.elem, to))
                }
            };
            Touch { pipe, region, write }
        })
        .collect()
}

/// A set of pipes.
type Pipes = u8;

const fn bit(pipe: Pipe) -> Pipes {
    1 << pipe.index()
}

/// What has been done and for whom it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    done: Vec<(Touch, Pipes)>,
}

impl State {
    fn join(&mut self, other: &State) {
        for &(touch, over) in &other.done {
            match self.done.iter_mut().find(|(mine, _)| *mine == touch) {
                Some((_, mine)) => *mine &= over,
                None => self.done.push((touch, over)),
            }
        }
        self.done.sort_unstable();
    }

    /// Adds something that starts now.
    fn start(&mut self, touch: Touch) {
        // Scalar code is over before it goes on, for itself.
        let over = if touch.pipe == Pipe::Scalar { bit(Pipe::Scalar) } else { 0 };
        match self.done.iter_mut().find(|(mine, _)| *mine == touch) {
            Some((_, mine)) => *mine = over,
            None => self.done.push((touch, over)),
        }
    }

    /// What is over for `from` where it sets a flag is over for `to`, which waits for it. `at` is the state there, `again` says what
    /// has been done once more since.
    fn ordered(&mut self, at: &State, from: Pipe, to: Pipe, again: impl Fn(&Touch) -> bool) {
        for (touch, over) in &mut self.done {
            let known = at.done.iter().find(|(other, _)| other == touch).map(|(_, over)| *over);
            let covered = known.is_some_and(|known| touch.pipe == from || known & bit(from) != 0);
            if covered && !again(touch) {
                *over |= if to == Pipe::Scalar { everyone() } else { bit(to) };
            }
        }
    }

    /// Drops what is over for everybody.
    fn tidy(&mut self) {
        self.done.retain(|(_, over)| *over != everyone());
        self.done.sort_unstable();
    }
}

const fn everyone() -> Pipes {
    0b1111
}

/// Puts flags, barriers and waits into a program without any.
#[must_use]
pub fn synchronise(placed: Placed, target: &Target) -> CoreKernel {
    let Placed(mut kernel) = placed;
    let body = std::mem::take(&mut kernel.body);
    kernel.body = match target.sync {
        Sync::Events { ids } => {
            let sync = Events { kernel: &kernel, target, ids };
            let mut state = State::default();
            sync.block(&body, &mut state)
        }
        Sync::Drain { copies_wait: true } => body,
        Sync::Drain { copies_wait: false } => {
            let mut state = BTreeSet::new();
            drains::drains(&kernel, target, &body, &mut state)
        }
    };
    needed::needed(kernel, target)
}

struct Events<'a> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    ids: u32,
}

/// A flag wanted between two places of a block.
#[derive(Clone, Copy, Debug)]
struct Flag {
    from: Pipe,
    to: Pipe,
    /// Before which statement it is set, and waited for.
    set: usize,
    wait: usize,
    event: u32,
}

/// What one walk over a block finds.
#[derive(Default)]
struct Walk {
    /// States before each statement: where a flag may be set, and where the statement starts.
    set: Vec<State>,
    entry: Vec<State>,
    flags: Vec<Flag>,
    barriers: Vec<(usize, Pipe)>,
    /// Before which statements everything is waited for.
    fences: Vec<usize>,
    /// Which statement of the block touched what last.
    last: Vec<(Touch, usize)>,
    /// Flags that are used at or inside each statement.
    used: BTreeSet<(usize, Pipe, Pipe, u32)>,
}

impl Walk {
    fn touched(&mut self, touch: Touch, at: usize) {
        match self.last.iter_mut().find(|(mine, _)| *mine == touch) {
            Some((_, mine)) => *mine = at,
            None => self.last.push((touch, at)),
        }
    }
}

impl Events<'_> {
    /// The block with its synchronisation.
    fn block(&self, block: &[Stmt], state: &mut State) -> Vec<Stmt> {
        let walk = self.walk(block, state);
        self.assemble(block, &walk)
    }

    /// The flag with a number that is free from where it is set to where it is waited for, and was waited for before.
    fn free(&self, flag: Flag, known: &State, walk: &Walk) -> Option<Flag> {
        (0..self.ids).map(|event| Flag { event, ..flag }).find(|flag| {
            let key = (flag.from, flag.to, flag.event);
            let wait = Touch { pipe: flag.to, region: Region::Flag(flag.from, flag.to, flag.event), write: true };
            let waited = known.done.iter().all(|(touch, over)| *touch != wait || over & bit(flag.from) != 0);
            let meets = |other: &Flag| {
                (other.from, other.to, other.event) == key && other.set <= flag.wait && flag.set <= other.wait
            };
            let inside = |&&(at, from, to, event): &&(usize, Pipe, Pipe, u32)| {
                (from, to, event) == key && flag.set <= at && at <= flag.wait
            };
            waited && !walk.flags.iter().any(meets) && !walk.used.iter().any(|use_| inside(&use_))
        })
    }

    /// What a block needs, and the state after it.
    fn walk(&self, block: &[Stmt], state: &mut State) -> Walk {
        let mut walk = Walk::default();
        for (at, stmt) in block.iter().enumerate() {
            let own = self.all(stmt);
            walk.set.push(state.clone());
            self.order(at, &own, state, &mut walk);
            walk.entry.push(state.clone());
            let inner = self.pass(stmt, state);
            for (_, from, to, event) in inner {
                walk.used.insert((at, from, to, event));
                if to != Pipe::Scalar {
                    walk.touched(Touch { pipe: to, region: Region::Flag(from, to, event), write: true }, at);
                }
            }
            own.into_iter().for_each(|touch| walk.touched(touch, at));
        }
        walk
    }

    /// What a statement and those inside it touch.
    fn all(&self, stmt: &Stmt) -> Vec<Touch> {
        let mut list = BTreeSet::new();
        stmt.for_each(&mut |stmt| list.extend(touches(stmt, self.kernel, self.target)));
        list.into_iter().collect()
    }

    /// Orders what comes before statement `at` with what it touches.
    fn order(&self, at: usize, own: &[Touch], state: &mut State, walk: &mut Walk) {
        // Flags first: what another pipe had waited for may make a barrier needless.
        let froms = [Pipe::Out, Pipe::Vector, Pipe::In, Pipe::Scalar];
        let pairs = froms.iter().flat_map(|&from| Pipe::ALL.map(|to| (from, to)));
        let (same, other): (Vec<_>, Vec<_>) = pairs.partition(|(from, to)| from == to);
        for (from, to) in other.into_iter().chain(same) {
            let conflicts: Vec<Touch> = state
                .done
                .iter()
                .filter(|(other, over)| other.pipe == from && over & bit(to) == 0)
                .filter(|(other, _)| own.iter().any(|touch| touch.pipe == to && other.conflicts(touch)))
                .map(|(other, _)| *other)
                .collect();
            if conflicts.is_empty() {
                continue;
            }
            if from == to {
                walk.barriers.push((at, to));
                for (mine, over) in &mut state.done {
                    if mine.pipe == to {
                        *over |= bit(to);
                    }
                }
                continue;
            }
            // After the last statement of the block that did one of them, or where the block begins.
            let last = |touch: &Touch| walk.last.iter().find(|(mine, _)| mine == touch).map(|(_, at)| *at);
            let set = conflicts.iter().filter_map(last).max().map_or(0, |at| at + 1);
            let known = if set == at { state.clone() } else { walk.set[set].clone() };
            let late = Flag { from, to, set: at, wait: at, event: 0 };
            let free = self.free(Flag { set, ..late }, &known, walk).or_else(|| self.free(late, state, walk));
            let Some(flag) = free else {
                // Every flag may still wait for its reader.
                walk.fences.push(at);
                state.done.clear();
                continue;
            };
            let known = if flag.set == at { state.clone() } else { known };
            let again: Vec<Touch> =
                walk.last.iter().filter(|(_, at)| *at >= flag.set).map(|(touch, _)| *touch).collect();
            state.ordered(&known, from, to, |touch| again.contains(touch));
            walk.used.insert((at, from, to, flag.event));
            // What scalar code waited for is over for all that it starts later.
            if to != Pipe::Scalar {
                let wait = Touch { pipe: to, region: Region::Flag(from, to, flag.event), write: true };
                state.start(wait);
                walk.touched(wait, at);
            }
            walk.flags.push(flag);
        }
    }

    /// What a statement does to the state; the flags that are used inside it.
    fn pass(&self, stmt: &Stmt, state: &mut State) -> BTreeSet<(usize, Pipe, Pipe, u32)> {
        let mut used = BTreeSet::new();
        match &stmt.kind {
            StmtKind::For { body, .. } => {
                let mut end = self.at_entry(&[body], state);
                *state = end.clone();
                used = self.walk(body, &mut end).used;
                state.join(&end);
            }
            StmtKind::While { before, body, .. } => {
                *state = self.at_entry(&[before, body], state);
                used = self.walk(before, state).used;
                used.extend(self.walk(body, &mut state.clone()).used);
            }
            StmtKind::If { then, otherwise, .. } => {
                let mut other = state.clone();
                used = self.walk(then, state).used;
                used.extend(self.walk(otherwise, &mut other).used);
                state.join(&other);
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
            | StmtKind::Fence => {
                for touch in touches(stmt, self.kernel, self.target) {
                    state.start(touch);
                }
            }
        }
        state.tidy();
        used
    }

    /// The state at the start of every turn.
    fn at_entry(&self, blocks: &[&Vec<Stmt>], state: &State) -> State {
        let mut entry = state.clone();
        loop {
            let mut end = entry.clone();
            for block in blocks {
                self.walk(block, &mut end);
            }
            let mut next = entry.clone();
            next.join(&end);
            if next == entry {
                return entry;
            }
            entry = next;
        }
    }

    /// The block with what the walk found.
    fn assemble(&self, block: &[Stmt], walk: &Walk) -> Vec<Stmt> {
        let mut out = Vec::new();
        for (at, stmt) in block.iter().enumerate() {
            let mut put = |kind| out.push(Stmt { kind, loc: stmt.loc.clone() });
            let early = |flag: &&Flag| flag.set == at && flag.wait != at;
            for Flag { from, to, event, .. } in walk.flags.iter().filter(early).copied() {
                put(StmtKind::Signal { from, to, event });
            }
            for Flag { from, to, event, set, .. } in walk.flags.iter().filter(|flag| flag.wait == at).copied() {
                if set == at {
                    put(StmtKind::Signal { from, to, event });
                }
                put(StmtKind::Await { from, to, event });
            }
            for (_, pipe) in walk.barriers.iter().filter(|(place, _)| *place == at) {
                put(StmtKind::Barrier(*pipe));
            }
            if walk.fences.contains(&at) {
                put(StmtKind::Fence);
            }
            out.push(self.inside(stmt, &walk.entry[at]));
        }
        out
    }

    /// A statement with the blocks inside it synchronised.
    fn inside(&self, stmt: &Stmt, state: &State) -> Stmt {
        let mut new = stmt.clone();
        match &mut new.kind {
            StmtKind::For { body, .. } => {
                let mut entry = self.at_entry(&[body], state);
                *body = self.block(body, &mut entry);
            }
            StmtKind::While { before, body, .. } => {
                let mut entry = self.at_entry(&[before, body], state);
                *before = self.block(before, &mut entry);
                *body = self.block(body, &mut entry);
            }
            StmtKind::If { then, otherwise, .. } => {
                *then = self.block(then, &mut state.clone());
                *otherwise = self.block(otherwise, &mut state.clone());
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
            | StmtKind::Fence => {}
        }
        new
    }
}
