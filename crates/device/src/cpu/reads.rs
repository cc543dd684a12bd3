//! How fast the processor's threads read memory, and what the system says about the processor.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::facts::{Fact, ReadRate};

/// Passes over the buffer.
const PASSES: usize = 10;

/// `threads` threads together read one buffer of about `bytes` bytes, each its own part from start to end.
pub(super) fn measure(threads: usize, bytes: u64) -> Result<Option<ReadRate>, Error> {
    let out_of_memory = || Error::OutOfMemory { bytes };
    let count = usize::try_from(bytes / 8).map_err(|_| out_of_memory())?.max(threads * 64);
    let mut words: Vec<u64> = Vec::new();
    words.try_reserve_exact(count).map_err(|_| out_of_memory())?;
    words.extend((0..count as u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    let part = count.div_ceil(threads);
    let barrier = Barrier::new(words.chunks(part).len());
    // Each thread says when each of its passes began and ended.
    let mut spans: Vec<Vec<(Instant, Instant)>> = Vec::new();
    std::thread::scope(|scope| {
        let barrier = &barrier;
        let read = |words: &[u64]| {
            let mut spans = Vec::new();
            for _ in 0..PASSES {
                barrier.wait();
                let start = Instant::now();
                std::hint::black_box(sum(std::hint::black_box(words)));
                spans.push((start, Instant::now()));
            }
            spans
        };
        let workers: Vec<_> = words.chunks(part).map(|words| scope.spawn(move || read(words))).collect();
        spans = workers.into_iter().filter_map(|worker| worker.join().ok()).collect();
    });
    let pass = |pass: usize| -> Option<Duration> {
        let start = spans.iter().map(|spans| spans[pass].0).min()?;
        Some(spans.iter().map(|spans| spans[pass].1).max()? - start)
    };
    let method = format!("{threads} threads, each reading its own part of a buffer from start to end");
    Ok(ReadRate::of(count as u64 * 8, (0..PASSES).filter_map(pass).collect(), method))
}

/// What Linux says about the processor; nothing elsewhere.
pub(super) fn facts(threads: usize) -> Vec<Fact> {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&text, "model name").next().map(|model| Fact::new("processor", model));
    model.into_iter().chain([Fact::new("threads", threads)]).collect()
}

/// The clock of the fastest core now, where Linux says it.
pub(super) fn condition() -> Vec<Fact> {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let fastest = value(&text, "cpu MHz").filter_map(|clock| clock.parse::<f64>().ok()).reduce(f64::max);
    fastest.map(|clock| Fact::new("clock", format!("{clock:.0} MHz"))).into_iter().collect()
}

fn value<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(move |pair| pair.0.trim() == key)
        .map(|pair| pair.1.trim())
}

/// Adds all words up; wide loads where the processor has them.
fn sum(words: &[u64]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { sum_avx2(words) };
    }
    sum_plain(words)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_avx2(words: &[u64]) -> u64 {
    sum_plain(words)
}

#[inline(always)]
fn sum_plain(words: &[u64]) -> u64 {
    let (blocks, rest) = words.as_chunks::<32>();
    let mut sums = [0u64; 32];
    for block in blocks {
        for (sum, word) in sums.iter_mut().zip(block) {
            *sum = sum.wrapping_add(*word);
        }
    }
    sums.iter().chain(rest).fold(0, |total, &word| total.wrapping_add(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree() {
        let words: Vec<u64> = (0..1000).map(|i| i * i).collect();
        assert_eq!(sum(&words), words.iter().sum::<u64>());
    }

    #[test]
    fn rate_is_plausible() {
        let rate = measure(2, 1 << 22).unwrap().unwrap();
        assert!(rate.best > 1e8 && rate.best < 1e14 && rate.median <= rate.best, "{rate:?}");
        assert_eq!(rate.bytes, 1 << 22);
        assert!(measure(3, 0).unwrap().is_some());
        assert!(measure(1, u64::MAX).is_err());
    }

    #[test]
    fn values_of_cpuinfo() {
        let text = "processor\t: 0\nmodel name\t: A B\ncpu MHz\t\t: 2100.5\nprocessor\t: 1\ncpu MHz\t\t: 2600.1\n";
        assert_eq!(value(text, "model name").collect::<Vec<_>>(), ["A B"]);
        assert_eq!(value(text, "cpu MHz").collect::<Vec<_>>(), ["2100.5", "2600.1"]);
    }
}
