//! Who touched a byte of a core's memory last, and whether the next one to touch it comes after.

use super::clock::Clock;
use super::op::Stream;
use super::ranges::Ranges;

/// An access of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    stream: Stream,
    /// Number among the operations of its stream.
    number: u32,
    /// The call in the text.
    site: usize,
}

/// Last accesses of a byte: its writer, and since then the last reader of each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    write: Option<Mark>,
    reads: [Option<Mark>; 4],
}

/// An access of another stream that nothing orders before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hazard {
    /// First byte.
    pub(super) address: usize,
    /// Stream of the earlier access.
    pub(super) stream: Stream,
    /// Whether the earlier access is a write.
    pub(super) wrote: bool,
    pub(super) site: usize,
}

/// An operation that touches memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) stream: Stream,
    pub(super) clock: Clock,
    pub(super) site: usize,
}

impl Touch {
    fn after(&self, mark: Mark) -> bool {
        self.clock[mark.stream as usize] >= mark.number
    }

    fn mark(&self) -> Mark {
        Mark { stream: self.stream, number: self.clock[self.stream as usize], site: self.site }
    }
}

/// The accesses of a core.
#[derive(Debug, Default)]
pub(super) struct Hazards {
    cells: Ranges<Cell>,
}

impl Hazards {
    /// Records an access of a range, or gives what it is not ordered after.
    pub(super) fn touch(&mut self, start: usize, end: usize, touch: Touch, write: bool) -> Result<(), Hazard> {
        self.cells.update(start, end, |address, cell| {
            let hazard = |mark: Mark, wrote| Hazard { address, stream: mark.stream, wrote, site: mark.site };
            if let Some(mark) = cell.write.filter(|mark| !touch.after(*mark)) {
                return Err(hazard(mark, true));
            }
            if !write {
                cell.reads[touch.stream as usize] = Some(touch.mark());
                return Ok(());
            }
            if let Some(mark) = cell.reads.into_iter().flatten().find(|mark| !touch.after(*mark)) {
                return Err(hazard(mark, false));
            }
            *cell = Cell { write: Some(touch.mark()), reads: [None; 4] };
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bang::clock::Clocks;

    #[test]
    fn each_kind_of_hazard_is_seen_and_ends_with_a_wait() {
        for (first, second) in [(true, false), (false, true), (true, true)] {
            let (mut clocks, mut hazards) = (Clocks::default(), Hazards::default());
            let mut touch = |clocks: &mut Clocks, stream, start, write, site| {
                let clock = clocks.start(stream, &[]);
                hazards.touch(start, start + 8, Touch { stream, clock, site }, write)
            };
            touch(&mut clocks, Stream::Io, 0, first, 1).unwrap();
            let expected = Hazard { address: 4, stream: Stream::Io, wrote: first, site: 1 };
            assert_eq!(touch(&mut clocks, Stream::Compute, 4, second, 2), Err(expected));
            touch(&mut clocks, Stream::Compute, 8, second, 2).unwrap();
            touch(&mut clocks, Stream::Io, 0, second, 3).unwrap();
            clocks.sync(1, 4);
            touch(&mut clocks, Stream::Compute, 0, second, 4).unwrap();
        }
    }

    #[test]
    fn readers_need_no_order() {
        let (mut clocks, mut hazards) = (Clocks::default(), Hazards::default());
        for stream in Stream::ALL {
            let clock = clocks.start(stream, &[]);
            hazards.touch(0, 8, Touch { stream, clock, site: 0 }, false).unwrap();
        }
    }
}
