//! Who touched a byte last, and when.
//!
//! Two accesses of one byte by two threads, at least one of them a write, must have a barrier between them: of the group, or of the
//! subgroup if both are in it. Barriers are counted per worker and per kind of memory; that lanes of a subgroup may run in
//! lock step counts for nothing.

use crate::run::LANES;

/// An access.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Touch {
    /// Program number plus one; 0 if there was none.
    pub(crate) program: u64,
    pub(crate) thread: u32,
    /// Barriers of the group before it.
    epoch: u32,
    /// Barriers of the subgroup before it.
    step: u32,
    /// Address behind the access.
    pub(crate) site: usize,
}

impl Touch {
    /// An access by program `program` as a whole.
    pub(crate) fn of_program(program: u64, site: usize) -> Touch {
        Touch { program: program + 1, site, ..Touch::default() }
    }

    fn subgroup(self) -> u32 {
        self.thread / LANES as u32
    }

    /// Whether nothing orders `self` before `now`.
    fn races(self, now: Touch) -> bool {
        if self.program == 0 {
            return false;
        }
        if self.program != now.program {
            return true;
        }
        self.epoch == now.epoch
            && self.thread != now.thread
            && (self.subgroup() != now.subgroup() || self.step == now.step)
    }
}

/// Last accesses of a byte. Two readers of each of two subgroups are enough: any later writer races with one of them if it races with
/// any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    write: Touch,
    reads: [Touch; 4],
}

impl Cell {
    /// Whether program `program` has written it, by the number in [`Touch`].
    pub(crate) fn written_by(&self, program: u64) -> bool {
        self.write.program == program
    }

    /// Nobody has written it.
    pub(crate) fn forget_write(&mut self) {
        self.write = Touch::default();
    }

    /// Something that is no thread has written it, in order before `now`.
    pub(crate) fn arrive(&mut self, now: Touch) {
        self.write = Touch { epoch: now.epoch.wrapping_sub(1), ..now };
    }

    /// Records an access, or gives the one it races with and whether that was a write.
    pub(crate) fn touch(&mut self, now: Touch, write: bool) -> Result<(), (Touch, bool)> {
        if self.write.races(now) {
            return Err((self.write, true));
        }
        if write {
            if let Some(read) = self.reads.iter().find(|read| read.races(now)) {
                return Err((*read, false));
            }
            self.write = now;
        } else {
            self.read(now);
        }
        Ok(())
    }

    /// As [`Cell::touch`], for shared arrays: what other programs did there does not count.
    pub(crate) fn touch_own(&mut self, now: Touch, write: bool) -> Result<(), (Touch, bool)> {
        for touch in std::iter::once(&mut self.write).chain(&mut self.reads) {
            if touch.program != now.program {
                *touch = Touch::default();
            }
        }
        self.touch(now, write)
    }

    fn read(&mut self, now: Touch) {
        for pair in [0, 2] {
            let first = self.reads[pair];
            if first.program == now.program && first.epoch == now.epoch {
                if first.subgroup() != now.subgroup() {
                    continue;
                }
                if first.step == now.step {
                    if first.thread != now.thread {
                        self.reads[pair + 1] = now;
                    }
                    return;
                }
            } else if first.program != 0 && first.program != now.program {
                // A reader of another program: kept, since any writer but that program's races with it.
                continue;
            }
            self.reads[pair] = now;
            self.reads[pair + 1] = Touch::default();
            return;
        }
    }
}

/// Counts barriers.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    program: u64,
    /// Group barriers over buffers and over shared arrays.
    epochs: [u32; 2],
    /// The same of each subgroup.
    steps: Vec<[u32; 2]>,
}

impl Clock {
    pub(crate) fn start(&mut self, program: u64, threads: usize) {
        self.program = program + 1;
        self.steps.resize(threads.div_ceil(LANES), [0; 2]);
        self.group_barrier(3);
    }

    pub(crate) fn group_barrier(&mut self, scope: u32) {
        for (bit, epoch) in self.epochs.iter_mut().enumerate() {
            *epoch += (scope >> bit) & 1;
        }
    }

    pub(crate) fn subgroup_barrier(&mut self, subgroup: usize, scope: u32) {
        for (bit, step) in self.steps[subgroup].iter_mut().enumerate() {
            *step += (scope >> bit) & 1;
        }
    }

    fn now(&self, memory: usize, thread: u32, site: usize) -> Touch {
        let step = self.steps[thread as usize / LANES][memory];
        Touch { program: self.program, thread, epoch: self.epochs[memory], step, site }
    }

    /// An access of a buffer.
    pub(crate) fn global(&self, thread: u32, site: usize) -> Touch {
        self.now(0, thread, site)
    }

    /// Barriers of the group so far, over shared arrays.
    pub(crate) fn shared_epoch(&self) -> u32 {
        self.epochs[1]
    }

    /// An access of a shared array. Shared memory of programs has nothing in common.
    pub(crate) fn shared(&self, thread: u32, site: usize) -> Touch {
        self.now(1, thread, site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        let mut clock = Clock::default();
        clock.start(0, 128);
        clock
    }

    #[test]
    fn barriers_order() {
        let mut clock = clock();
        let mut cell = Cell::default();
        cell.touch(clock.shared(1, 0), true).unwrap();
        assert!(cell.touch(clock.shared(2, 0), false).is_err());
        clock.group_barrier(1);
        assert!(cell.touch(clock.shared(2, 0), false).is_err(), "the barrier was over buffers only");
        clock.group_barrier(2);
        cell.touch(clock.shared(2, 0), false).unwrap();
        cell.touch(clock.shared(40, 0), false).unwrap();
        assert!(cell.touch(clock.shared(2, 0), true).is_err(), "thread 40 read it");
    }

    #[test]
    fn subgroup_barriers_order_their_subgroup() {
        let mut clock = clock();
        let mut cell = Cell::default();
        cell.touch(clock.shared(1, 0), true).unwrap();
        clock.subgroup_barrier(0, 2);
        cell.touch(clock.shared(2, 0), false).unwrap();
        assert!(cell.touch(clock.shared(33, 0), false).is_err());
    }

    #[test]
    fn any_reader_races_with_a_later_writer() {
        for writer in 0..128 {
            for readers in [[3, 3, 3], [3, 4, 5], [3, 40, 70], [3, 4, 40], [40, 3, 4], [70, 40, 3]] {
                let clock = clock();
                let mut cell = Cell::default();
                for reader in readers {
                    cell.touch(clock.global(reader, 0), false).unwrap();
                }
                let races = readers.iter().any(|reader| *reader != writer);
                assert_eq!(cell.touch(clock.global(writer, 0), true).is_err(), races, "{writer} after {readers:?}");
            }
        }
    }

    #[test]
    fn programs_race() {
        let mut clock = clock();
        let mut cell = Cell::default();
        for program in [1, 2, 3] {
            clock.start(program, 128);
            cell.touch(clock.global(5, 0), false).unwrap();
        }
        for program in [1, 2, 3, 4] {
            clock.start(program, 128);
            assert!(cell.touch(clock.global(5, 0), true).is_err());
        }
    }
}
