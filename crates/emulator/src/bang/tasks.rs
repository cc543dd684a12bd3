//! Accesses of written buffers by all tasks of a launch. Nothing orders two tasks of a launch of type Block.

use std::sync::{Mutex, PoisonError};

use super::ranges::Ranges;

/// A task and the call that it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct By {
    pub(super) task: u32,
    pub(super) site: usize,
}

/// Who wrote a byte, and two of its readers: any later writer races with one of them if it races with any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    write: Option<By>,
    reads: [Option<By>; 2],
}

/// An access of another task that races.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Race {
    pub(super) address: usize,
    pub(super) other: By,
    pub(super) wrote: bool,
}

/// Last accesses of every written buffer.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    cells: Mutex<Ranges<Cell>>,
}

impl Tasks {
    /// Records an access, or gives the one it races with.
    pub(super) fn touch(&self, start: usize, end: usize, by: By, write: bool) -> Result<(), Race> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let foreign = |other: &By| other.task != by.task;
        cells.update(start, end, |address, cell| {
            if let Some(other) = cell.write.filter(foreign) {
                return Err(Race { address, other, wrote: true });
            }
            if write {
                if let Some(other) = cell.reads.into_iter().flatten().find(foreign) {
                    return Err(Race { address, other, wrote: false });
                }
                cell.write = Some(by);
                return Ok(());
            }
            let known = cell.reads.iter().flatten().any(|other| other.task == by.task);
            if let (false, Some(free)) = (known, cell.reads.iter_mut().find(|read| read.is_none())) {
                *free = Some(by);
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_races_with_any_other_task() {
        for readers in [vec![1], vec![1, 2], vec![2, 1, 3]] {
            for writer in 1..5 {
                let tasks = Tasks::default();
                for task in &readers {
                    tasks.touch(0, 64, By { task: *task, site: 0 }, false).unwrap();
                }
                let result = tasks.touch(60, 68, By { task: writer, site: 0 }, true);
                assert_eq!(result.is_err(), readers.iter().any(|reader| *reader != writer), "{writer} {readers:?}");
            }
        }
        let tasks = Tasks::default();
        tasks.touch(0, 8, By { task: 1, site: 5 }, true).unwrap();
        tasks.touch(8, 16, By { task: 2, site: 6 }, true).unwrap();
        let race = Race { address: 4, other: By { task: 1, site: 5 }, wrote: true };
        assert_eq!(tasks.touch(4, 8, By { task: 2, site: 7 }, false), Err(race));
    }
}
