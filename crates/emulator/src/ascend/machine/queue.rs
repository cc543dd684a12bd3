//! When instructions are carried out: any order that flags and barriers leave open is an order that the hardware may choose.
//!
//! *Eager* carries an instruction out where the text calls for it. *Late* puts it off until something waits for it, and takes the last
//! one of a run of instructions that nothing separates first; *random* draws from a seed how far each pipe gets and which of such
//! instructions is first.

use std::collections::VecDeque;

use super::clock::EVENTS;
use super::{PIPES, Pipe};
use crate::ascend::op::Instruction;
use crate::run::mix;

/// How instructions are put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Eager,
    Late,
    /// The state of the generator.
    Random(u64),
}

impl Schedule {
    /// Seed 0 is eager, 1 late.
    pub(crate) fn of(seed: u64, core: u64) -> Schedule {
        match seed {
            0 => Schedule::Eager,
            1 => Schedule::Late,
            _ => Schedule::Random(mix(seed ^ mix(core + 1))),
        }
    }

    /// A number below `count`.
    fn draw(&mut self, count: usize) -> usize {
        match self {
            Schedule::Eager => 0,
            Schedule::Late => count - 1,
            Schedule::Random(state) => {
                *state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
                (*state >> 16) as usize % count
            }
        }
    }
}

/// What a pipe has to do.
#[derive(Debug)]
enum Entry {
    Run(Instruction),
    Barrier,
    Set(Pipe, usize),
    Wait(Pipe, usize),
}

/// Work that is put off.
#[derive(Debug)]
pub(crate) struct Queues {
    schedule: Schedule,
    queues: [VecDeque<Entry>; PIPES],
    flags: [[[bool; EVENTS]; PIPES]; PIPES],
}

impl Queues {
    pub(crate) fn new(schedule: Schedule) -> Queues {
        Queues { schedule, queues: Default::default(), flags: [[[false; EVENTS]; PIPES]; PIPES] }
    }

    /// Takes an instruction; gives those that are carried out now.
    pub(crate) fn push(&mut self, instruction: Instruction, now: &mut Vec<Instruction>) {
        if self.schedule == Schedule::Eager {
            now.push(instruction);
            return;
        }
        self.queues[instruction.pipe as usize].push_back(Entry::Run(instruction));
        if let Schedule::Random(_) = self.schedule {
            for _ in 0..self.schedule.draw(3) {
                let pipe = Pipe::ALL[self.schedule.draw(PIPES)];
                self.step(pipe, now);
            }
        }
    }

    pub(crate) fn barrier(&mut self, pipe: Pipe) {
        if self.schedule != Schedule::Eager {
            self.queues[pipe as usize].push_back(Entry::Barrier);
        }
    }

    pub(crate) fn set(&mut self, from: Pipe, to: Pipe, event: usize) {
        match self.schedule {
            Schedule::Eager => {}
            Schedule::Late | Schedule::Random(_) if from == Pipe::S => {
                self.flags[from as usize][to as usize][event] = true;
            }
            Schedule::Late | Schedule::Random(_) => self.queues[from as usize].push_back(Entry::Set(to, event)),
        }
    }

    /// A pipe waits; where it is the scalar unit, what it waits for is done now.
    pub(crate) fn wait(&mut self, from: Pipe, to: Pipe, event: usize, now: &mut Vec<Instruction>) {
        if self.schedule == Schedule::Eager {
            return;
        }
        if to != Pipe::S {
            self.queues[to as usize].push_back(Entry::Wait(from, event));
            return;
        }
        self.until(from, to, event, now);
    }

    /// Works until the flag is set, and takes it.
    fn until(&mut self, from: Pipe, to: Pipe, event: usize, now: &mut Vec<Instruction>) {
        while !self.flags[from as usize][to as usize][event] {
            if !self.force(from, now) {
                // The clock has refused a flag that nobody sets.
                return;
            }
        }
        self.flags[from as usize][to as usize][event] = false;
    }

    /// All work that is left.
    pub(crate) fn drain(&mut self, now: &mut Vec<Instruction>) {
        while self.queues.iter().any(|queue| !queue.is_empty()) {
            let first = self.schedule.draw(PIPES);
            let pipes = (0..PIPES).map(|index| Pipe::ALL[(first + index) % PIPES]);
            let done = pipes.fold(false, |done, pipe| done | self.step(pipe, now));
            if !done {
                return;
            }
        }
    }

    /// One entry of a pipe, with all that it waits for.
    fn force(&mut self, pipe: Pipe, now: &mut Vec<Instruction>) -> bool {
        if let Some(Entry::Wait(from, event)) = self.queues[pipe as usize].front() {
            let (from, event) = (*from, *event);
            self.until(from, pipe, event, now);
            self.queues[pipe as usize].pop_front();
            return true;
        }
        self.step(pipe, now)
    }

    /// One entry of a pipe, if it need not wait.
    fn step(&mut self, pipe: Pipe, now: &mut Vec<Instruction>) -> bool {
        let queue = &mut self.queues[pipe as usize];
        let open = queue.iter().take_while(|entry| matches!(entry, Entry::Run(_))).count();
        if open > 0 {
            let index = self.schedule.draw(open);
            if let Some(Entry::Run(instruction)) = queue.remove(index) {
                now.push(instruction);
            }
            return true;
        }
        match queue.front() {
            None => return false,
            Some(Entry::Run(_) | Entry::Barrier) => {}
            Some(Entry::Set(to, event)) => {
                let flag = &mut self.flags[pipe as usize][*to as usize][*event];
                // Set and not yet waited for: the pipe that waits is behind.
                if std::mem::replace(flag, true) {
                    return false;
                }
            }
            Some(Entry::Wait(from, event)) => {
                let flag = &mut self.flags[*from as usize][pipe as usize][*event];
                if !std::mem::replace(flag, false) {
                    return false;
                }
            }
        }
        queue.pop_front();
        true
    }
}
