//! What a device says about itself, and how fast it reads: what a benchmark prints beside its figures.

use std::time::Duration;

/// Something a device says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What, in a word or two: `driver`, `clock of the cores`.
    pub name: &'static str,
    /// The value with its unit.
    pub value: String,
}

impl Fact {
    pub(crate) fn new(name: &'static str, value: impl std::fmt::Display) -> Fact {
        Fact { name, value: value.to_string() }
    }
}

/// How fast a device reads its own memory.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRate {
    /// Bytes of the buffer that was read.
    pub bytes: u64,
    /// Passes over it.
    pub passes: usize,
    /// Bytes per second of the fastest pass: the ceiling.
    pub best: f64,
    /// Bytes per second of the median pass.
    pub median: f64,
    /// How it was measured, for people.
    pub method: String,
}

impl ReadRate {
    /// The rates of passes over `bytes` bytes; `None` if none took any time.
    pub(crate) fn of(bytes: u64, mut passes: Vec<Duration>, method: String) -> Option<ReadRate> {
        passes.retain(|pass| !pass.is_zero());
        passes.sort_unstable();
        let rate = |pass: &Duration| bytes as f64 / pass.as_secs_f64();
        let (best, median) = (rate(passes.first()?), rate(&passes[passes.len() / 2]));
        Some(ReadRate { bytes, passes: passes.len(), best, median, method })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_passes() {
        let passes = [4, 0, 1, 2].map(Duration::from_secs).to_vec();
        let rate = ReadRate::of(8, passes, "by hand".to_owned()).unwrap();
        assert_eq!((rate.passes, rate.best, rate.median), (3, 8.0, 4.0));
        assert_eq!(ReadRate::of(8, vec![Duration::ZERO], String::new()), None);
    }
}
