//! Which instructions have ended when another one starts.
//!
//! The instructions of each pipe are numbered. For each pipe the clock knows, of every pipe, up to which number instructions have
//! ended before the next one of this pipe starts. A flag carries what its source knows and has done so far to the pipe that waits
//! for it. The scalar unit hands out all instructions, so what it has waited for has ended before anything that comes later.

use super::{PIPES, Pipe};
use crate::FaultKind;
use crate::ascend::{Refused, Rules};

/// Numbers of instructions that have ended, by pipe.
pub(crate) type Time = [u32; PIPES];

/// Event ids of a pair of pipes.
pub(crate) const EVENTS: usize = 8;

/// A flag that is set.
#[derive(Clone, Copy, Debug)]
struct Flag {
    time: Time,
    site: usize,
}

/// Order among the instructions of one core.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    issued: Time,
    known: [Time; PIPES],
    flags: [[[Option<Flag>; EVENTS]; PIPES]; PIPES],
    /// The last wait of each flag, as an instruction of the pipe that waits.
    waits: [[[u32; EVENTS]; PIPES]; PIPES],
}

fn join(time: &mut Time, other: &Time) {
    for (time, other) in time.iter_mut().zip(other) {
        *time = (*time).max(*other);
    }
}

impl Clock {
    /// What has ended before the next instruction of `pipe` starts.
    fn before(&self, pipe: Pipe) -> Time {
        let mut time = self.known[pipe as usize];
        // Of its own accesses of memory, which end later than they are handed out, it knows what came back with a flag.
        join(&mut time, &self.known[Pipe::S as usize]);
        if pipe == Pipe::S {
            time[Pipe::S as usize] = self.issued[Pipe::S as usize];
        }
        time
    }

    /// The next instruction of `pipe`: its number, and what has ended before it.
    pub(crate) fn issue(&mut self, pipe: Pipe) -> (u32, Time) {
        let time = self.before(pipe);
        let number = &mut self.issued[pipe as usize];
        *number += 1;
        (*number, time)
    }

    /// All instructions of `pipe` end before its next one starts.
    pub(crate) fn barrier(&mut self, pipe: Pipe) {
        self.known[pipe as usize][pipe as usize] = self.issued[pipe as usize];
    }

    /// Everything ends before anything starts.
    pub(crate) fn barrier_all(&mut self) {
        self.known = [self.issued; PIPES];
    }

    pub(crate) fn set(&mut self, from: Pipe, to: Pipe, event: usize, site: usize) -> Result<(), Refused> {
        let mut time = self.before(from);
        // A pipe may run ahead of the one that waits, and set a flag that is still set.
        if to != Pipe::S && time[to as usize] < self.waits[from as usize][to as usize][event] {
            let message = format!(
                "{} is set again, and nothing tells {} that {} has waited for it",
                named(from, to, event),
                from.name(),
                to.name()
            );
            return Err(Refused::new(FaultKind::Flag, message));
        }
        time[from as usize] = self.issued[from as usize];
        let flag = &mut self.flags[from as usize][to as usize][event];
        if let Some(first) = flag {
            let message = format!("{} sets a flag that is set", named(from, to, event));
            return Err(Refused::new(FaultKind::Flag, message).with("it was set", first.site));
        }
        *flag = Some(Flag { time, site });
        Ok(())
    }

    pub(crate) fn wait(&mut self, from: Pipe, to: Pipe, event: usize) -> Result<(), Refused> {
        let Some(flag) = self.flags[from as usize][to as usize][event].take() else {
            let message = format!("{} waits for a flag that nobody has set before it", named(from, to, event));
            return Err(Refused::new(FaultKind::Flag, message));
        };
        join(&mut self.known[to as usize], &flag.time);
        let number = &mut self.issued[to as usize];
        *number += 1;
        self.waits[from as usize][to as usize][event] = *number;
        Ok(())
    }

    /// All that `from` has done ends before the next instruction of `to` starts: flags that a function sets by itself.
    pub(crate) fn order(&mut self, from: Pipe, to: Pipe) {
        let mut time = self.before(from);
        time[from as usize] = self.issued[from as usize];
        join(&mut self.known[to as usize], &time);
    }

    /// Events of a pair of pipes that are set, as bits.
    pub(crate) fn pending(&self, from: Pipe, to: Pipe) -> u8 {
        let flags = self.flags[from as usize][to as usize].iter().enumerate();
        flags.fold(0, |bits, (event, flag)| bits | (u8::from(flag.is_some()) << event))
    }

    /// Refuses flags that nobody has waited for.
    pub(crate) fn end(&self) -> Result<(), Refused> {
        for from in Pipe::ALL {
            for to in Pipe::ALL {
                for (event, flag) in self.flags[from as usize][to as usize].iter().enumerate() {
                    if let Some(flag) = flag {
                        let message =
                            format!("{}: the kernel ends and nobody has waited for the flag", named(from, to, event));
                        return Err(Refused::new(FaultKind::Flag, message).at(flag.site));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The event id of a call, if the text may use it.
pub(crate) fn event(id: u64, rules: &Rules) -> Result<usize, Refused> {
    match id < u64::from(rules.events) {
        true => Ok(id as usize),
        false => {
            let last = rules.events - 1;
            let message = format!("event {}; a kernel may use 0 to {last}", id as i64);
            Err(Refused::new(FaultKind::Flag, message))
        }
    }
}

fn named(from: Pipe, to: Pipe, event: usize) -> String {
    format!("event {event} from {} to {}", from.name(), to.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_carry_what_their_source_knows() {
        let mut clock = Clock::default();
        let (load, _) = clock.issue(Pipe::Mte2);
        assert_eq!(clock.issue(Pipe::V).1[Pipe::Mte2 as usize], 0, "no flag");
        clock.set(Pipe::Mte2, Pipe::V, 0, 0).unwrap();
        clock.wait(Pipe::Mte2, Pipe::V, 0).unwrap();
        let (_, time) = clock.issue(Pipe::V);
        assert_eq!(time[Pipe::Mte2 as usize], load);
        assert_eq!(time[Pipe::V as usize], 0, "no barrier among instructions of V");
        clock.set(Pipe::V, Pipe::Mte3, 0, 0).unwrap();
        clock.wait(Pipe::V, Pipe::Mte3, 0).unwrap();
        let (_, time) = clock.issue(Pipe::Mte3);
        assert_eq!([time[Pipe::Mte2 as usize], time[Pipe::V as usize]], [load, 3], "by way of V");
    }

    #[test]
    fn barriers_and_the_scalar_unit_order() {
        let mut clock = Clock::default();
        let (first, _) = clock.issue(Pipe::V);
        clock.barrier(Pipe::V);
        assert_eq!(clock.issue(Pipe::V).1[Pipe::V as usize], first);
        assert_eq!(clock.issue(Pipe::Mte3).1[Pipe::V as usize], 0);
        clock.set(Pipe::V, Pipe::S, 1, 0).unwrap();
        clock.wait(Pipe::V, Pipe::S, 1).unwrap();
        assert_eq!(clock.issue(Pipe::Mte3).1[Pipe::V as usize], 2, "the scalar unit has waited");
        let (write, _) = clock.issue(Pipe::S);
        assert_eq!(clock.issue(Pipe::V).1[Pipe::S as usize], 0, "a scalar write needs a flag");
        clock.set(Pipe::S, Pipe::Mte2, 0, 0).unwrap();
        clock.wait(Pipe::S, Pipe::Mte2, 0).unwrap();
        assert_eq!(clock.issue(Pipe::V).1[Pipe::S as usize], 0, "the flag was for another pipe");
        clock.set(Pipe::Mte2, Pipe::S, 0, 0).unwrap();
        clock.wait(Pipe::Mte2, Pipe::S, 0).unwrap();
        assert_eq!(clock.issue(Pipe::V).1[Pipe::S as usize], write, "the scalar unit has waited for who waited for it");
        let (write, _) = clock.issue(Pipe::S);
        clock.barrier_all();
        assert_eq!(clock.issue(Pipe::V).1[Pipe::S as usize], write);
    }

    #[test]
    fn flags_are_set_and_waited_for_in_turn() {
        let mut clock = Clock::default();
        assert_eq!(clock.wait(Pipe::V, Pipe::Mte3, 0).unwrap_err().kind, FaultKind::Flag);
        clock.set(Pipe::V, Pipe::Mte3, 0, 0).unwrap();
        assert!(clock.set(Pipe::V, Pipe::Mte3, 0, 0).is_err());
        clock.set(Pipe::V, Pipe::Mte3, 1, 0).unwrap();
        assert!(clock.end().is_err());
        clock.wait(Pipe::V, Pipe::Mte3, 0).unwrap();
        clock.wait(Pipe::V, Pipe::Mte3, 1).unwrap();
        clock.end().unwrap();
        let early = clock.set(Pipe::V, Pipe::Mte3, 0, 0).unwrap_err();
        assert_eq!(early.kind, FaultKind::Flag, "pipe V may be ahead of pipe MTE3");
        clock.set(Pipe::Mte3, Pipe::V, 0, 0).unwrap();
        clock.wait(Pipe::Mte3, Pipe::V, 0).unwrap();
        clock.set(Pipe::V, Pipe::Mte3, 0, 0).unwrap();
    }
}
