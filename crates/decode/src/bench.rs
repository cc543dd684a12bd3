//! Measuring: tokens per second, seconds per kernel, and the read bandwidth that bounds them.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::error::Error;

/// What a benchmark measured.
#[derive(Clone, Debug)]
pub struct Bench {
    /// Tokens measured.
    pub tokens: u64,
    /// Seconds per token, launches back to back.
    pub seconds_per_token: f64,
    /// Bytes read per token, on average: see [`crate::Plan::bytes_per_token`].
    pub bytes_per_token: u64,
    /// Kernels, in the order of their first launch, each launch timed alone.
    pub kernels: Vec<KernelTime>,
}

/// Time of one kernel, summed over its launches of a token and averaged over tokens.
#[derive(Clone, Debug)]
pub struct KernelTime {
    /// The kernel.
    pub name: String,
    /// Launches per token.
    pub launches: usize,
    /// Seconds per token.
    pub seconds: f64,
    /// Bytes per token that its `read` and `weights` views read.
    pub bytes: u64,
}

impl Bench {
    /// Tokens per second.
    pub fn tokens_per_second(&self) -> f64 {
        1.0 / self.seconds_per_token
    }

    /// Bytes read per second.
    pub fn bytes_per_second(&self) -> f64 {
        self.bytes_per_token as f64 / self.seconds_per_token
    }
}

/// Decodes `tokens` tokens after a context of `context` tokens, twice: back to back, then with each launch timed.
///
/// # Errors
/// A context that the cache cannot hold, or whatever [`Engine`] refuses.
pub fn bench(engine: &mut Engine, context: u64, tokens: u64) -> Result<Bench, Error> {
    if tokens == 0 {
        return Err(Error::input("no tokens are to be measured"));
    }
    let context = context.max(1);
    engine.check_room(context.saturating_add(tokens))?;

    let mut token = fill(engine, context)?;
    let start = Instant::now();
    for _ in 0..tokens {
        token = engine.next(token)?;
    }
    let seconds_per_token = start.elapsed().as_secs_f64() / tokens as f64;

    let mut token = fill(engine, context)?;
    let mut times = vec![Duration::ZERO; engine.plan().launches_per_token()];
    for _ in 0..tokens {
        token = engine.next_timed(token, &mut |launch, time| times[launch] += time)?;
    }

    let plan = engine.plan();
    let mut kernels: Vec<KernelTime> = Vec::new();
    for (launch, time) in plan.step.iter().chain(&plan.logits).chain(&plan.argmax).zip(times) {
        let at = kernels.iter().position(|kernel| kernel.name == launch.kernel).unwrap_or_else(|| {
            kernels.push(KernelTime { name: launch.kernel.clone(), launches: 0, seconds: 0.0, bytes: 0 });
            kernels.len() - 1
        });
        let kernel = &mut kernels[at];
        kernel.launches += 1;
        kernel.seconds += time.as_secs_f64() / tokens as f64;
        kernel.bytes += (0..tokens).map(|i| plan.bytes_read(launch, context + i)).sum::<u64>() / tokens;
    }
    let bytes_per_token = (0..tokens).map(|i| plan.bytes_per_token(context + i)).sum::<u64>() / tokens;
    Ok(Bench { tokens, seconds_per_token, bytes_per_token, kernels })
}

/// Starts a context of some tokens and returns the next one.
fn fill(engine: &mut Engine, context: u64) -> Result<u32, Error> {
    engine.reset();
    let vocab = engine.config().vocab;
    let token = |i: u64| (i * 7919 % vocab) as u32;
    for i in 1..context {
        engine.feed(token(i))?;
    }
    engine.next(token(context))
}

/// Bytes per second that `threads` threads together read from one buffer of `bytes` bytes, each its own part, from
/// start to end, the best of several passes.
///
/// Take the bytes that a token reads: caches then help (or not) the measure as they help decoding.
///
/// # Errors
/// Not enough memory, or no threads.
pub fn measure_read_bandwidth(threads: usize, bytes: u64) -> Result<f64, Error> {
    const PASSES: usize = 10;
    if threads == 0 {
        return Err(Error::input("reading needs a thread"));
    }
    let count = usize::try_from(bytes / 8).unwrap_or(usize::MAX).max(threads * 64);
    let mut words: Vec<u64> = Vec::new();
    words.try_reserve_exact(count).map_err(|_| Error::input(format!("not enough memory for {bytes} bytes")))?;
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
    let seconds = (0..PASSES).filter_map(|pass| {
        let start = spans.iter().map(|spans| spans[pass].0).min()?;
        let end = spans.iter().map(|spans| spans[pass].1).max()?;
        Some((end - start).as_secs_f64())
    });
    let best = seconds.fold(f64::INFINITY, f64::min);
    Ok((count * 8) as f64 / best)
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
    fn bandwidth_is_plausible() {
        let bandwidth = measure_read_bandwidth(2, 1 << 22).unwrap();
        assert!(bandwidth > 1e8 && bandwidth < 1e14, "{bandwidth}");
        assert!(measure_read_bandwidth(0, 1).is_err());
        assert!(measure_read_bandwidth(3, 0).is_ok());
    }
}
