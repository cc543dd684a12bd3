//! Synchronisation, derived from what statements touch.
//!
//! Two statements *conflict* if they touch one byte, or one view, and one of them writes. Whatever comes second must not start before the
//! first is over. Where pipes run on their own, the second is preceded by a flag from the pipe of the first to its own, or, on one pipe,
//! by a barrier; flags and waits stand in one block, so that they are balanced on every path. The flag is set as early as it may
//! be: right after the first statement if that is in the same block, else where the block begins. What a wait orders it
//! orders for all that comes later, and for what the other pipe had waited for itself.
//!
//! Loops are gone through until nothing changes: what a turn leaves unordered meets the statements of the next.

use std::collections::BTreeSet;

use crate::ir::{Access, BufferData, CoreKernel, Pipe, Place, Stmt, StmtKind};
use crate::place::Placed;
use crate::target::{Sync, Target};

/// Bytes of local memory, or a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    Local(u64, u64),
    View(u32),
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
            (Region::Local(..), Region::View(_)) | (Region::View(_), Region::Local(..)) => false,
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
            sync.block(&body, &mut state, &Ids::new())
        }
        Sync::Drain { copies_wait: true } => body,
        Sync::Drain { copies_wait: false } => {
            let mut state = BTreeSet::new();
            drains(&kernel, target, &body, &mut state)
        }
    };
    kernel
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
}

type Ids = BTreeSet<(Pipe, Pipe, u32)>;

/// What one walk over a block finds.
#[derive(Default)]
struct Walk {
    /// States before each statement: where a flag may be set, and where the statement starts.
    set: Vec<State>,
    entry: Vec<State>,
    flags: Vec<Flag>,
    barriers: Vec<(usize, Pipe)>,
    /// Which statement of the block touched what last.
    last: Vec<(Touch, usize)>,
}

impl Events<'_> {
    /// The block with its synchronisation. `taken` flags are set while it runs.
    fn block(&self, block: &[Stmt], state: &mut State, taken: &Ids) -> Vec<Stmt> {
        let walk = self.walk(block, state);
        self.assemble(block, walk, taken)
    }

    /// What a block needs, and the state after it.
    fn walk(&self, block: &[Stmt], state: &mut State) -> Walk {
        let mut walk = Walk::default();
        for (at, stmt) in block.iter().enumerate() {
            let own = self.all(stmt);
            walk.set.push(state.clone());
            self.order(at, &own, state, &mut walk);
            walk.entry.push(state.clone());
            self.pass(stmt, state);
            for touch in own {
                match walk.last.iter_mut().find(|(mine, _)| *mine == touch) {
                    Some((_, mine)) => *mine = at,
                    None => walk.last.push((touch, at)),
                }
            }
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
        for touch in own {
            loop {
                let conflict = state
                    .done
                    .iter()
                    .find(|(other, over)| over & bit(touch.pipe) == 0 && other.conflicts(touch))
                    .map(|(other, _)| *other);
                let Some(other) = conflict else { break };
                if other.pipe == touch.pipe {
                    walk.barriers.push((at, touch.pipe));
                    for (mine, over) in &mut state.done {
                        if mine.pipe == touch.pipe {
                            *over |= bit(touch.pipe);
                        }
                    }
                    continue;
                }
                // After the last statement of the block that did it, or where the block begins.
                let last = |touch: &Touch| walk.last.iter().find(|(mine, _)| mine == touch).map(|(_, at)| *at);
                let set = last(&other).map_or(0, |at| at + 1);
                let known = if set == at { state.clone() } else { walk.set[set].clone() };
                state.ordered(&known, other.pipe, touch.pipe, |touch| last(touch).is_some_and(|at| at >= set));
                walk.flags.push(Flag { from: other.pipe, to: touch.pipe, set, wait: at });
            }
        }
    }

    /// What a statement does to the state.
    fn pass(&self, stmt: &Stmt, state: &mut State) {
        match &stmt.kind {
            StmtKind::For { body, .. } => {
                let mut end = self.at_entry(&[body], state);
                *state = end.clone();
                self.walk(body, &mut end);
                state.join(&end);
            }
            StmtKind::While { before, body, .. } => {
                *state = self.at_entry(&[before, body], state);
                self.walk(before, state);
            }
            StmtKind::If { then, otherwise, .. } => {
                let mut other = state.clone();
                self.walk(then, state);
                self.walk(otherwise, &mut other);
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
            | StmtKind::Drain(_) => {
                for touch in touches(stmt, self.kernel, self.target) {
                    state.start(touch);
                }
            }
        }
        state.tidy();
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

    /// The block with flags of numbers that are free where they are needed.
    fn assemble(&self, block: &[Stmt], walk: Walk, taken: &Ids) -> Vec<Stmt> {
        let Walk { entry, mut flags, barriers, .. } = walk;
        // The innermost and shortest first; the last number is for flags that are waited for where they are set.
        let mut numbered: Vec<(Flag, u32)> = Vec::new();
        flags.sort_by_key(|flag| (flag.wait, flag.set));
        for mut flag in flags {
            let free = |flag: &Flag, numbered: &[(Flag, u32)]| {
                (0..self.ids.saturating_sub(1)).find(|&id| {
                    let meets = |other: &Flag| {
                        (other.from, other.to) == (flag.from, flag.to) && other.set <= flag.wait && flag.set <= other.wait
                    };
                    !taken.contains(&(flag.from, flag.to, id))
                        && !numbered.iter().any(|(other, number)| *number == id && meets(other))
                })
            };
            let id = if flag.set == flag.wait { None } else { free(&flag, &numbered) };
            let id = id.unwrap_or_else(|| {
                flag.set = flag.wait;
                self.ids - 1
            });
            numbered.push((flag, id));
        }
        let mut out = Vec::new();
        for (at, stmt) in block.iter().enumerate() {
            let loc = &stmt.loc;
            let put = |kind| Stmt { kind, loc: loc.clone() };
            let long = |flag: &Flag| flag.set != flag.wait;
            for (flag, event) in numbered.iter().filter(|(flag, _)| flag.set == at && long(flag)) {
                out.push(put(StmtKind::Signal { from: flag.from, to: flag.to, event: *event }));
            }
            for (flag, event) in numbered.iter().filter(|(flag, _)| flag.wait == at) {
                let (from, to, event) = (flag.from, flag.to, *event);
                if !long(flag) {
                    out.push(put(StmtKind::Signal { from, to, event }));
                }
                out.push(put(StmtKind::Await { from, to, event }));
            }
            for (_, pipe) in barriers.iter().filter(|(place, _)| *place == at) {
                out.push(put(StmtKind::Barrier(*pipe)));
            }
            let mut inner = taken.clone();
            for (flag, id) in &numbered {
                if long(flag) && flag.set <= at && flag.wait > at {
                    inner.insert((flag.from, flag.to, *id));
                }
            }
            out.push(self.inside(stmt, &entry[at], &inner));
        }
        out
    }

    /// A statement with the blocks inside it synchronised.
    fn inside(&self, stmt: &Stmt, state: &State, taken: &Ids) -> Stmt {
        let mut new = stmt.clone();
        match &mut new.kind {
            StmtKind::For { body, .. } => {
                let mut entry = self.at_entry(&[body], state);
                *body = self.block(body, &mut entry, taken);
            }
            StmtKind::While { before, body, .. } => {
                let mut entry = self.at_entry(&[before, body], state);
                *before = self.block(before, &mut entry, taken);
                *body = self.block(body, &mut entry, taken);
            }
            StmtKind::If { then, otherwise, .. } => {
                *then = self.block(then, &mut state.clone(), taken);
                *otherwise = self.block(otherwise, &mut state.clone(), taken);
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
            | StmtKind::Drain(_) => {}
        }
        new
    }
}

/// Where the core waits: a pipe whose unfinished copies conflict with what comes next is waited for.
fn drains(kernel: &CoreKernel, target: &Target, block: &[Stmt], open: &mut BTreeSet<Touch>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for stmt in block {
        let mut own = BTreeSet::new();
        stmt.for_each(&mut |stmt| own.extend(touches(stmt, kernel, target)));
        for pipe in [Pipe::In, Pipe::Out, Pipe::Vector] {
            let waits = |other: &Touch| {
                own.iter().any(|touch| {
                    // One pipe is in order; scalar code waits for the vector unit by itself.
                    let alone = touch.pipe == other.pipe
                        || (touch.pipe == Pipe::Scalar && other.pipe == Pipe::Vector);
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
