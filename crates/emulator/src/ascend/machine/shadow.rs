//! Who touched each byte last, and whether it has a value.
//!
//! Two instructions that touch a byte, one of them to write it, must be ordered by [`super::clock`]; the copy engines and the vector unit
//! order nothing by themselves. In UB every byte is also known to have a value or not. One without may be moved
//! and computed with, as lanes that nobody uses are, but may not decide anything or reach global memory.

use std::collections::HashMap;

use super::clock::Time;
use super::{PIPES, Pipe};
use crate::FaultKind;
use crate::ascend::Refused;
use crate::ascend::rules::UB;
use crate::ascend::span::Run;

/// Bytes whose marks are compared at once.
const GROUP: usize = 64;
/// A byte of which every bit has a value.
const DEFINED: u8 = 0xff;

/// Bytes of GM that are watched from their first access on.
const PAGE: usize = 1024;

/// An instruction that has touched something.
#[derive(Clone, Copy, Debug)]
struct Done {
    pipe: Pipe,
    number: u32,
    site: usize,
}

/// The instruction that touches something now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) pipe: Pipe,
    pub(crate) number: u32,
    pub(crate) time: Time,
    pub(crate) site: usize,
}

/// For each byte the last write and the last read of each pipe, as places in the list of instructions; 0 is none.
#[derive(Debug)]
struct Marks {
    writes: Vec<u32>,
    reads: [Vec<u32>; PIPES],
}

impl Marks {
    fn new(bytes: usize) -> Marks {
        Marks { writes: vec![0; bytes], reads: std::array::from_fn(|_| vec![0; bytes]) }
    }

    /// The first byte of `range` that instruction `now` races for, with the other instruction and whether that was a write.
    fn touch(
        &mut self,
        done: &[Done],
        range: std::ops::Range<usize>,
        write: bool,
        now: &Now,
    ) -> Result<(), (usize, Done, bool)> {
        let mark = (done.len() - 1) as u32;
        let races = |marks: &[u32], wrote: bool| {
            // Its own accesses are in order.
            let mut last = mark;
            for (group, marks) in marks.chunks(GROUP).enumerate() {
                // Most bytes were touched together with their neighbours.
                if marks.iter().fold(0, |unlike, mark| unlike | (mark ^ last)) == 0 {
                    continue;
                }
                for (index, other) in marks.iter().enumerate() {
                    if *other == last {
                        continue;
                    }
                    last = *other;
                    if last == mark || last == 0 {
                        continue;
                    }
                    let Some(other) = done.get(last as usize) else { continue };
                    if other.number > now.time[other.pipe as usize] {
                        return Err((group * GROUP + index, *other, wrote));
                    }
                }
            }
            Ok(())
        };
        races(&self.writes[range.clone()], true)?;
        match write {
            true => {
                for reads in &self.reads {
                    races(&reads[range.clone()], false)?;
                }
                self.writes[range].fill(mark);
            }
            false => self.reads[now.pipe as usize][range].fill(mark),
        }
        Ok(())
    }
}

/// What one core has touched.
#[derive(Debug)]
pub(crate) struct Shadow {
    done: Vec<Done>,
    ub: Marks,
    /// No byte of UB from here on was touched.
    untouched: usize,
    gm: HashMap<usize, Marks>,
    /// A bit for each bit of UB: masks of comparisons have values bit by bit.
    defined: Vec<u8>,
}

impl Shadow {
    pub(crate) fn new() -> Shadow {
        Shadow { done: vec![], ub: Marks::new(UB), untouched: 0, gm: HashMap::new(), defined: vec![0; UB] }
    }

    /// A core starts: nothing is touched, nothing in UB has a value.
    pub(crate) fn start(&mut self) {
        self.done.clear();
        // Place 0 is none.
        self.done.push(Done { pipe: Pipe::S, number: 0, site: 0 });
        for marks in std::iter::once(&mut self.ub.writes).chain(&mut self.ub.reads) {
            marks[..self.untouched].fill(0);
        }
        self.gm.clear();
        self.defined[..self.untouched].fill(0);
        self.untouched = 0;
    }

    /// Instruction `now` begins; its accesses follow.
    pub(crate) fn begin(&mut self, now: &Now) {
        self.done.push(Done { pipe: now.pipe, number: now.number, site: now.site });
    }

    pub(crate) fn ub(&mut self, run: Run, write: bool, now: &Now) -> Result<(), Refused> {
        self.untouched = self.untouched.max(run.end());
        self.ub
            .touch(&self.done, run.at..run.end(), write, now)
            .map_err(|(index, other, wrote)| hazard(format!("byte {} of UB", run.at + index), write, now, other, wrote))
    }

    /// An access of GM; `name` tells what lies at an address.
    pub(crate) fn gm(
        &mut self,
        run: Run,
        write: bool,
        now: &Now,
        name: impl Fn(usize) -> String,
    ) -> Result<(), Refused> {
        let mut at = run.at;
        while at < run.end() {
            let (page, first) = (at / PAGE, at % PAGE);
            let count = (PAGE - first).min(run.end() - at);
            let marks = self.gm.entry(page).or_insert_with(|| Marks::new(PAGE));
            marks
                .touch(&self.done, first..first + count, write, now)
                .map_err(|(index, other, wrote)| hazard(name(at + index), write, now, other, wrote))?;
            at += count;
        }
        Ok(())
    }

    /// The instruction that last wrote one of these bytes of GM.
    pub(crate) fn gm_writer(&self, run: Run) -> Option<usize> {
        (run.at..run.end()).find_map(|at| {
            let mark = self.gm.get(&(at / PAGE))?.writes[at % PAGE];
            self.done.get(mark as usize).filter(|_| mark != 0).map(|done| done.site)
        })
    }

    /// The first byte of `runs` without a value.
    pub(crate) fn undefined(&self, runs: &[Run]) -> Option<usize> {
        runs.iter().find_map(|run| {
            let bytes = &self.defined[run.at..run.end()];
            let whole = |bytes: &&[u8]| bytes.iter().fold(DEFINED, |all, bits| all & bits) == DEFINED;
            let (group, bytes) = bytes.chunks(GROUP).enumerate().find(|(_, bytes)| !whole(bytes))?;
            bytes.iter().position(|bits| *bits != DEFINED).map(|index| run.at + group * GROUP + index)
        })
    }

    pub(crate) fn define(&mut self, runs: &[Run], defined: bool) {
        for run in runs {
            self.defined[run.at..run.end()].fill(if defined { DEFINED } else { 0 });
        }
    }

    /// For each element of `size` bytes in `runs`: whether it has a value.
    pub(crate) fn elements(&self, runs: &[Run], size: usize) -> Vec<bool> {
        let bytes = runs.iter().flat_map(|run| &self.defined[run.at..run.end()]).copied().collect::<Vec<_>>();
        bytes.chunks(size).map(|bytes| bytes.iter().all(|bits| *bits == DEFINED)).collect()
    }

    /// Sets for each element of `size` bytes in `runs` whether it has a value.
    pub(crate) fn define_elements(&mut self, runs: &[Run], size: usize, defined: &[bool]) {
        let places = runs.iter().flat_map(|run| run.at..run.end());
        for (index, at) in places.enumerate() {
            let defined = defined.get(index / size).copied().unwrap_or(false);
            self.defined[at] = if defined { DEFINED } else { 0 };
        }
    }

    /// For `count` bits of masks, whose rows of `row` bits start a byte: whether each has a value.
    pub(crate) fn bits(&self, runs: &[Run], count: usize, row: usize) -> Vec<bool> {
        let bytes: Vec<u8> = runs.iter().flat_map(|run| &self.defined[run.at..run.end()]).copied().collect();
        let (row, pitch) = (row.max(1), row.div_ceil(8));
        let bit = |index: usize| {
            let (row, place) = (index / row * pitch, index % row);
            bytes.get(row + place / 8).is_some_and(|bits| (bits >> (place % 8)) & 1 == 1)
        };
        (0..count).map(bit).collect()
    }

    /// Sets for each bit of masks, a run for each row of `row` bits, whether it has a value.
    pub(crate) fn define_bits(&mut self, runs: &[Run], defined: &[bool], row: usize) {
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(DEFINED, |byte, (place, defined)| byte & !(u8::from(!defined) << place))
        };
        for (run, bits) in runs.iter().zip(defined.chunks(row.max(1))) {
            for (at, bits) in (run.at..run.end()).zip(bits.chunks(8)) {
                self.defined[at] = byte(bits);
            }
        }
    }
}

fn hazard(place: String, write: bool, now: &Now, other: Done, wrote: bool) -> Refused {
    let verb = if write { "writes" } else { "reads" };
    let what = if wrote { "wrote it" } else { "read it" };
    let need = match (other.pipe, now.pipe) {
        (other, now) if other == now => format!("a barrier of {}", now.name()),
        (other, now) => format!("a flag from {} to {}", other.name(), now.name()),
    };
    let message = format!("{} {verb} {place} without {need}", now.pipe.name());
    Refused::new(FaultKind::Hazard, message).with(format!("{} {what}", other.pipe.name()), other.site)
}
