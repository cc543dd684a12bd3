//! What the pipes do, and when.

use tile_ir::{Elem, Loc, ViewId};

use super::Schedule;
use super::local::{Num, encode};
use super::machine::{Machine, Memory, Result};
use super::queue::{At, Entry, Work, eligible};
use super::trap::TrapKind;
use super::vector::{number, vector};
use crate::ir::Pipe;
use crate::target::Sync;

impl Machine<'_, '_> {
    pub(super) fn set(&mut self, from: Pipe, to: Pipe, event: u32) -> Result<()> {
        if self.flags.insert((from, to, event)) { Ok(()) } else { Err(TrapKind::SetTwice) }
    }

    pub(super) fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    pub(super) fn start(&mut self, pipe: Pipe, work: Work, loc: &Loc) -> Result<()> {
        self.queues[pipe.index()].push(Entry { work, loc: loc.clone() });
        if self.target.sync == (Sync::Drain { copies_wait: true }) {
            while !self.queues[pipe.index()].is_empty() {
                self.step(Some(pipe))?;
            }
        }
        self.moved()
    }

    /// Something was started or a flag was set: the schedule may run what it likes.
    pub(super) fn moved(&mut self) -> Result<()> {
        let turns = match self.options.schedule {
            Schedule::Eager => u64::MAX,
            Schedule::Late => 0,
            Schedule::Random(_) => self.next_random() % 3,
        };
        for _ in 0..turns {
            if self.queues.iter().all(Vec::is_empty) || !self.advance(None)? {
                break;
            }
        }
        Ok(())
    }

    /// Runs one entry; who waits wants those of `wanted` to get on.
    pub(super) fn step(&mut self, wanted: Option<Pipe>) -> Result<()> {
        if self.advance(wanted)? { Ok(()) } else { Err(TrapKind::Deadlock) }
    }

    /// Runs one entry, if one may run.
    pub(super) fn advance(&mut self, wanted: Option<Pipe>) -> Result<bool> {
        let in_order = matches!(self.target.sync, Sync::Drain { .. });
        let mut ready: Vec<(Pipe, usize)> = Vec::new();
        for pipe in Pipe::ALL {
            let is_set = |from, event| self.flags.contains(&(from, pipe, event));
            let list = eligible(&self.queues[pipe.index()], in_order, is_set);
            ready.extend(list.into_iter().map(|at| (pipe, at)));
        }
        let chosen = match self.options.schedule {
            Schedule::Eager => ready.first().copied(),
            Schedule::Late => {
                let own = ready.iter().rev().find(|(pipe, _)| Some(*pipe) == wanted);
                own.or_else(|| ready.last()).copied()
            }
            Schedule::Random(_) if ready.is_empty() => None,
            Schedule::Random(_) => Some(ready[(self.next_random() % ready.len() as u64) as usize]),
        };
        let Some((pipe, at)) = chosen else { return Ok(false) };
        let entry = self.queues[pipe.index()].remove(at);
        self.perform(pipe, entry)?;
        Ok(true)
    }

    pub(super) fn perform(&mut self, pipe: Pipe, entry: Entry) -> Result<()> {
        let here = std::mem::replace(&mut self.loc, entry.loc.clone());
        match entry.work {
            Work::Copy { inward, at, view, first, view_pitch, pad } => {
                self.copy(inward, &at, view, first, view_pitch, pad.map(number))?;
            }
            Work::Vector { op, dst, args } => vector(&mut self.local, op, &dst, &args)?,
            Work::Write { at, value } => self.local.set(at.elem, at.base, at.first, Some(value)),
            Work::Signal { to, event } => self.set(pipe, to, event)?,
            Work::Await { from, event } => {
                self.flags.remove(&(from, pipe, event));
            }
            Work::Barrier => {}
        }
        self.loc = here;
        Ok(())
    }

    pub(super) fn copy(
        &mut self,
        inward: bool,
        at: &At,
        view: ViewId,
        first: u64,
        pitch: u64,
        pad: Option<Num>,
    ) -> Result<()> {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let size = elem.bytes() as usize;
        let moved = at.rows * at.cols * elem.bytes();
        for row in 0..at.rows {
            for col in 0..at.cols {
                let index = first + row * pitch + col;
                if inward {
                    let value = self.global(view, index as i64)?;
                    self.local.set(at.elem, at.base, at.index(row, col), value);
                } else {
                    let value = self.local.get(at.elem, at.base, at.index(row, col));
                    let value = value.ok_or(TrapKind::Undefined("stored"))?;
                    let Memory::Write(bytes, defined) = &mut self.views[view.index()] else {
                        return Err(TrapKind::Type);
                    };
                    let (encoded, _) = encode(elem, value);
                    let range = index as usize * size..(index as usize + 1) * size;
                    bytes[range.clone()].copy_from_slice(&encoded[..size]);
                    defined[range].fill(true);
                }
            }
            if inward {
                for col in at.cols..at.wide {
                    self.local.set(at.elem, at.base, at.index(row, col), pad);
                }
            }
        }
        let count = if inward { &mut self.stats.bytes_in } else { &mut self.stats.bytes_out };
        count[view.index()] += moved;
        Ok(())
    }

    /// The core ends when all pipes are empty and no flag is left.
    pub(super) fn finish(&mut self) -> Result<()> {
        while self.queues.iter().any(|queue| !queue.is_empty()) {
            self.step(None)?;
        }
        if self.flags.is_empty() { Ok(()) } else { Err(TrapKind::LeftSet) }
    }
}
