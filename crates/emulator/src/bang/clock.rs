//! What is ordered before what on one core.
//!
//! Each stream runs its operations one after another. An operation also waits for what its stream was told to wait for before it was
//! issued; nothing else orders two streams. A clock says, for each stream, how many of its operations are known to be over:
//! access `i` of stream `s` is before an operation whose clock has at least `i` at `s`.
//!
//! Two things are ordered without being told to: the compiler lets scalar code and the Compute stream wait for each other where
//! both touch NRAM, and `__memcpy` without `_async` waits for both and is waited for by everything (source: Cambricon BANG C
//! Developer Guide 4.7.2, instruction pipelines of each function and the synchronisation functions).

use super::op::Stream;

/// Operations known to be over, by stream.
pub(super) type Clock = [u32; 4];

fn join(into: &mut Clock, other: Clock) {
    for (mine, theirs) in into.iter_mut().zip(other) {
        *mine = (*mine).max(theirs);
    }
}

/// The clocks of a core.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Of the last operation of each stream, itself included.
    last: [Clock; 4],
    /// What each stream waits for from now on.
    waits: [Clock; 4],
}

impl Clocks {
    /// The clock of a stream's next operation, which also waits for all of the streams `after`.
    pub(super) fn start(&mut self, stream: Stream, after: &[Stream]) -> Clock {
        let at = stream as usize;
        let mut clock = self.waits[at];
        join(&mut clock, self.last[at]);
        for other in after {
            join(&mut clock, self.last[*other as usize]);
        }
        clock[at] += 1;
        self.last[at] = clock;
        clock
    }

    /// Everything from now on waits for an operation.
    pub(super) fn wait_for(&mut self, clock: Clock) {
        for wait in &mut self.waits {
            join(wait, clock);
        }
    }

    /// Consumers wait for all that producers have been given; bits in the order of [`Stream::ALL`].
    pub(super) fn sync(&mut self, producers: u64, consumers: u64) {
        let of = |bits: u64| Stream::ALL.into_iter().filter(move |stream| bits >> (*stream as usize) & 1 != 0);
        for producer in of(producers) {
            for consumer in of(consumers) {
                let last = self.last[producer as usize];
                join(&mut self.waits[consumer as usize], last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(earlier: (Stream, Clock), later: Clock) -> bool {
        let (stream, clock) = earlier;
        later[stream as usize] >= clock[stream as usize]
    }

    #[test]
    fn streams_are_ordered_by_synchronisation_only() {
        let mut clocks = Clocks::default();
        let copy = (Stream::Io, clocks.start(Stream::Io, &[]));
        assert!(before(copy, clocks.start(Stream::Io, &[])), "one stream is in order");
        assert!(!before(copy, clocks.start(Stream::Compute, &[])));
        clocks.sync(0b0001, 0b0100);
        assert!(before(copy, clocks.start(Stream::Compute, &[])));
        assert!(!before(copy, clocks.start(Stream::Move, &[])), "Move was no consumer");
        assert!(!before(copy, clocks.start(Stream::Scalar, &[])));
    }

    #[test]
    fn order_is_transitive() {
        let mut clocks = Clocks::default();
        let copy = (Stream::Io, clocks.start(Stream::Io, &[]));
        clocks.sync(0b0001, 0b0100);
        clocks.start(Stream::Compute, &[]);
        clocks.sync(0b0100, 0b0010);
        assert!(before(copy, clocks.start(Stream::Move, &[])), "through Compute");
    }
}
