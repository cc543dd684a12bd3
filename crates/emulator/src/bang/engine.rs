//! One core while it runs one task: it takes calls of the text, checks them in the order of the text, and runs them when the
//! schedule says.
//!
//! Checking and running are apart. Whatever is not ordered is found by [`Clocks`] and [`Hazards`] when the call is made, so that it does
//! not depend on the schedule. Running late or early is a second line: what those miss shows as wrong numbers.

use std::collections::VecDeque;

use super::Arch;
use super::admit::{Refusal, admit, room};
use super::clock::{Clock, Clocks};
use super::defined::Defined;
use super::exec;
use super::hazards::{Hazard, Hazards, Touch};
use super::op::{Call, Op, Space, Span, Stream};
use super::spaces::{Place, Spaces};
use super::tasks::{By, Race, Tasks};
use super::{FaultKind, Schedule};
use crate::run::mix;

/// A fault before its lines are looked up.
#[derive(Debug)]
pub(super) struct RawFault {
    pub(super) refusal: Refusal,
    pub(super) site: usize,
    /// The other access: task, what it did, where.
    pub(super) other: Option<(u32, String, usize)>,
}

/// What is recorded about memory.
#[derive(Debug)]
pub(super) struct Shadow {
    /// `None` in tests that look at what goes wrong without.
    hazards: Option<Hazards>,
    defined: Defined,
    clocks: Clocks,
}

impl Shadow {
    /// For arrays of so many bytes in all.
    pub(super) fn new(bytes: usize) -> Shadow {
        Shadow { hazards: Some(Hazards::default()), defined: Defined::new(bytes), clocks: Clocks::default() }
    }
}

/// A core and its task.
pub(super) struct Core<'a> {
    pub(super) arch: Arch,
    pub(super) spaces: &'a Spaces,
    pub(super) tasks: u32,
    pub(super) task: u32,
    /// Lowest address of the loaded text; calls are known by their distance from it, which copies of the text share.
    pub(super) base: usize,
    pub(super) shadow: Option<Shadow>,
    pub(super) global: &'a Tasks,
    schedule: Schedule,
    random: u64,
    /// What IO, Move and Compute have not run yet, and what each operation waits for.
    queues: [VecDeque<(Op, Clock)>; 3],
    /// Operations that each of them has run.
    done: [u32; 3],
}

impl<'a> Core<'a> {
    pub(super) fn new(
        arch: Arch,
        spaces: &'a Spaces,
        [tasks, task]: [u32; 2],
        shadow: Option<Shadow>,
        global: &'a Tasks,
        schedule: Schedule,
    ) -> Core<'a> {
        // Without a shadow nobody tells when scalar code reads a vector's result.
        let schedule = if shadow.is_some() { schedule } else { Schedule::Eager };
        let seed = match schedule {
            Schedule::Eager | Schedule::Late => 0,
            Schedule::Random(seed) => seed,
        };
        let random = mix(seed ^ mix(u64::from(task) + 1));
        Core {
            arch,
            spaces,
            tasks,
            task,
            base: 0,
            shadow,
            global,
            schedule,
            random,
            queues: Default::default(),
            done: [0; 3],
        }
    }

    /// A number of the task, by the index in the header.
    pub(super) fn number(&self, index: u32) -> u32 {
        match index {
            0 => self.task,
            3 => self.tasks,
            4 | 5 => 1,
            6 => self.task / 4,
            8 => self.task % 4,
            9 => 4,
            // The task's place along Y and Z, and `clusterDim`, which is 0 in a launch of type Block.
            _ => 0,
        }
    }

    /// Takes a call; the result of an operation that has one.
    pub(super) fn call(&mut self, call: Call, site: usize) -> Result<u32, RawFault> {
        match call {
            Call::Sync(producers, consumers) => {
                if let Some(shadow) = &mut self.shadow {
                    shadow.clocks.sync(producers, consumers);
                }
                Ok(0)
            }
            Call::Op(op) => {
                self.admit(&op).map_err(|refusal| RawFault { refusal, site, other: None })?;
                let clock = self.record(&op, site)?;
                Ok(self.issue(op, clock))
            }
        }
    }

    /// Limits and bounds.
    fn admit(&self, op: &Op) -> Result<(), Refusal> {
        admit(op)?;
        let (to, reads) = op.spans();
        for span in reads {
            self.spaces.span(span, false)?;
        }
        for span in to.into_iter().chain(room(op)) {
            self.spaces.span(span, true)?;
        }
        Ok(())
    }

    /// Whether the core waits for an operation before it goes on.
    fn waits(op: &Op) -> bool {
        match op {
            Op::Copy(copy) => !copy.asynchronous,
            Op::Sum { .. } => true,
            Op::Move { .. }
            | Op::Write { .. }
            | Op::Map { .. }
            | Op::Zip { .. }
            | Op::Scalar { .. }
            | Op::Cycle { .. }
            | Op::Fusion { .. }
            | Op::Convert { .. }
            | Op::ReduceSum { .. }
            | Op::Pool { .. }
            | Op::Arg { .. }
            | Op::Transpose { .. } => false,
        }
    }

    /// Order, definedness, other tasks. Gives the operation's clock, if there are clocks.
    fn record(&mut self, op: &Op, site: usize) -> Result<Option<Clock>, RawFault> {
        let Some(shadow) = &mut self.shadow else { return Ok(None) };
        let stream = op.stream();
        let after: &[Stream] = match (Core::waits(op), stream) {
            (true, _) => &[Stream::Compute, Stream::Scalar],
            (false, Stream::Compute) => &[Stream::Scalar],
            (false, Stream::Io | Stream::Move | Stream::Scalar) => &[],
        };
        let clock = shadow.clocks.start(stream, after);
        if Core::waits(op) {
            shadow.clocks.wait_for(clock);
        }
        let touch = Touch { stream, clock, site };
        let (to, reads) = op.spans();
        let mut places = Vec::with_capacity(reads.len());
        for span in &reads {
            places.push(self.touch(*span, touch, false)?);
        }
        let place = to.map(|to| self.touch(to, touch, true)).transpose()?;
        let Some(shadow) = &mut self.shadow else { return Ok(None) };
        let leaves = match (op, to.map(|to| to.space)) {
            (Op::Sum { .. }, _) | (_, Some(Space::Gdram)) => true,
            (_, Some(Space::Nram | Space::Wram) | None) => false,
        };
        if leaves {
            for (span, from) in reads.iter().zip(&places) {
                if let Some(gap) = shadow.defined.gap_of(self.spaces, *from, *span) {
                    let target = if to.is_some() { "GDRAM" } else { "scalar code" };
                    return Err(undefined(self.spaces, gap, target, site));
                }
            }
        }
        shadow.defined.apply(self.spaces, op, place, &places);
        Ok(Some(clock))
    }

    /// Records that a span is touched.
    fn touch(&mut self, span: Span, touch: Touch, write: bool) -> Result<Place, RawFault> {
        let raw = |refusal| RawFault { refusal, site: touch.site, other: None };
        let place = self.spaces.span(span, write).map_err(raw)?;
        for start in span.segments() {
            self.touch_range(place, start, start + span.bytes as usize, touch, write)?;
        }
        Ok(place)
    }

    fn touch_range(
        &mut self,
        place: Place,
        start: usize,
        end: usize,
        touch: Touch,
        write: bool,
    ) -> Result<(), RawFault> {
        let verb = if write { "writes" } else { "reads" };
        match place {
            Place::Stack | Place::Constant => return Ok(()),
            Place::Buffer(index) if !self.spaces.buffers[index].writable => return Ok(()),
            Place::Buffer(_) => {
                let by = By { task: self.task, site: touch.site };
                if let Err(Race { address, other, wrote }) = self.global.touch(start, end, by, write) {
                    let message = format!("{verb} {}", self.spaces.name(address));
                    let rule = "there is no order between tasks of a launch; what depends on another task is a launch of its own";
                    let refusal = Refusal { kind: FaultKind::TaskRace, message, rule };
                    let what = if wrote { "which is written" } else { "which is read" };
                    let other = Some((other.task, what.to_owned(), other.site));
                    return Err(RawFault { refusal, site: touch.site, other });
                }
            }
            Place::Array(_) => {}
        }
        let Some(hazards) = self.shadow.as_mut().and_then(|shadow| shadow.hazards.as_mut()) else { return Ok(()) };
        hazards.touch(start, end, touch, write).map_err(|hazard| {
            let Hazard { address, stream, wrote, site } = hazard;
            let message = format!("{} {verb} {}", touch.stream.name(), self.spaces.name(address));
            let rule =
                "streams are ordered by `__sync` functions only; `__memcpy_async` does not wait and is not waited for";
            let refusal = Refusal { kind: FaultKind::Hazard, message, rule };
            let what = format!("which {} {}", stream.name(), if wrote { "writes" } else { "reads" });
            RawFault { refusal, site: touch.site, other: Some((self.task, what, site)) }
        })
    }

    /// A load or store of scalar code.
    pub(super) fn access(&mut self, address: usize, size: u64, write: bool, site: usize) -> Result<(), RawFault> {
        let refuse =
            |kind, message, rule| Err(RawFault { refusal: Refusal { kind, message, rule }, site, other: None });
        let Some(place) = self.spaces.place(address as i128, address as i128 + i128::from(size)) else {
            let kind = if write { FaultKind::WriteOutOfBounds } else { FaultKind::ReadOutOfBounds };
            let message = format!("{size} bytes at {}", self.spaces.name(address));
            return refuse(kind, message, "an access lies in one array or buffer");
        };
        match place {
            Place::Stack => return Ok(()),
            Place::Array(_) | Place::Buffer(_) | Place::Constant => {}
        }
        if matches!(size, 2 | 4 | 8) && !(address as u64).is_multiple_of(size) {
            let message = format!("{size} bytes at {}", self.spaces.name(address));
            return refuse(FaultKind::Misaligned, message, "a scalar is aligned to its size");
        }
        if self.spaces.space(place) == Some(Space::Wram) {
            return refuse(FaultKind::Space, self.spaces.name(address), "scalar code does not reach WRAM");
        }
        if write {
            self.spaces.written(place, address).map_err(|refusal| RawFault { refusal, site, other: None })?;
        }
        let nram = self.spaces.space(place) == Some(Space::Nram);
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        let after: &[Stream] = if nram { &[Stream::Compute] } else { &[] };
        let clock = shadow.clocks.start(Stream::Scalar, after);
        let touch = Touch { stream: Stream::Scalar, clock, site };
        self.touch_range(place, address, address + size as usize, touch, write)?;
        self.run_until(clock);
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        if write {
            shadow.defined.set(self.spaces, place, address, size, true);
        } else if let Some(gap) = shadow.defined.gap(self.spaces, place, address, size) {
            return Err(undefined(self.spaces, gap, "scalar code", site));
        }
        Ok(())
    }

    /// Runs an operation or queues it.
    fn issue(&mut self, op: Op, clock: Option<Clock>) -> u32 {
        let stream = op.stream() as usize;
        let Some(clock) = clock else {
            // SAFETY: `admit` has checked the memory of its spans.
            return unsafe { exec::run(&op, self.arch) };
        };
        if Core::waits(&op) {
            let mut before = clock;
            before[stream] -= 1;
            self.run_until(before);
            self.done[stream] += 1;
            // SAFETY: as above.
            return unsafe { exec::run(&op, self.arch) };
        }
        self.queues[stream].push_back((op, clock));
        match self.schedule {
            Schedule::Eager => self.run_until(clock),
            Schedule::Late => {}
            Schedule::Random(_) => {
                for queue in 0..self.queues.len() {
                    while let Some((_, clock)) = self.queues[queue].front().filter(|_| self.random & 1 == 0) {
                        let clock = *clock;
                        self.run_until(clock);
                        self.toss();
                    }
                    self.toss();
                }
            }
        }
        0
    }

    fn toss(&mut self) {
        self.random = mix(self.random.wrapping_add(0x9e37_79b9_7f4a_7c15));
    }

    /// Runs what a clock has, and what that waits for, but no more.
    fn run_until(&mut self, clock: Clock) {
        let mut needed = clock;
        loop {
            let mut over = true;
            for queue in 0..self.queues.len() {
                while self.done[queue] < needed[queue] {
                    let Some((op, clock)) = self.queues[queue].front().copied() else { break };
                    let ready = (0..self.done.len()).all(|other| other == queue || self.done[other] >= clock[other]);
                    if !ready {
                        // Whatever it waits for was issued before it, so this ends.
                        over = false;
                        for (needed, other) in needed.iter_mut().zip(clock).take(self.done.len()) {
                            *needed = (*needed).max(other);
                        }
                        break;
                    }
                    self.queues[queue].pop_front();
                    self.done[queue] += 1;
                    // SAFETY: `admit` has checked the memory of its spans when it was issued.
                    unsafe { exec::run(&op, self.arch) };
                }
            }
            if over {
                return;
            }
        }
    }

    /// The task ends, and waits for what its streams still have.
    pub(super) fn finish(&mut self) {
        self.run_until([u32::MAX; 4]);
    }
}

fn undefined(spaces: &Spaces, gap: usize, target: &str, site: usize) -> RawFault {
    let message = format!("{} reaches {target}", spaces.name(gap));
    let rule = "NRAM and WRAM are not initialised and do not live across tasks and launches";
    RawFault { refusal: Refusal { kind: FaultKind::Uninitialised, message, rule }, site, other: None }
}

#[cfg(test)]
mod tests;
