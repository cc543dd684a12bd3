//! Measuring: the time of a token at several contexts, of each kernel, and the read bandwidth that bounds them.
mod context;
mod stats;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::engine::Engine;
use crate::error::Error;

pub use context::{Context, Fill};
pub use stats::Times;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// Contexts; if empty, those of 128, 512, 1024 and 2048 that fit, and the longest that does.
    pub contexts: Vec<Context>,
    /// Tokens timed in each run.
    pub tokens: u64,
    /// Runs timed.
    pub runs: u64,
    /// Runs before those, not timed.
    pub warmup: u64,
    /// How the cache comes to hold the context.
    pub fill: Fill,
    /// Of the prompt and of a synthetic cache.
    pub seed: u64,
    /// Steps sent before the token of an earlier one is known to the host: see [`Engine::greedy`].
    pub ahead: u64,
}

/// What was measured at one context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bench {
    /// Tokens in the cache before the first one timed.
    pub context: u64,
    /// Tokens of each run.
    pub tokens: u64,
    /// Runs timed.
    pub runs: u64,
    /// From having a token on the host to having the next one there.
    pub ms_per_token: Times,
    /// By the device's own clock: from before the first launch of a run to behind its last, over its tokens; of the runs.
    /// `None` if it has no clock.
    pub device_ms_per_token: Option<Times>,
    /// Tokens per second of the median time.
    pub tok_s_of_median: f64,
    /// Tokens per second of a whole run, the median of the runs.
    pub tok_s: f64,
    /// The token after the context and those after it, eight at most.
    pub first_tokens: Vec<u32>,
    /// Whether every run, warm-up too, wrote the same tokens.
    pub same_tokens: bool,
    /// Bytes that a token reads, on average over the tokens of a run.
    pub bytes_per_token: Bytes,
    /// The bytes of a token over its median time.
    pub gb_per_s: f64,
    /// What the device said of itself right after the last run.
    pub condition: BTreeMap<String, String>,
    /// Kernels, in the order of their first launch, each launch waited for: with the cost of a launch and of a wait, unless
    /// the device's own clock was read.
    pub kernels: Vec<KernelTime>,
    /// Whether the device's own clock was read for them.
    pub kernels_by_device_clock: bool,
    /// Every single time in milliseconds, in the order of measurement.
    pub samples_ms: Vec<f64>,
    /// The device's time per token in milliseconds, of every run; empty if it has no clock.
    pub device_samples_ms: Vec<f64>,
}

/// Bytes that one token reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// Every weight of the step and the head, norms included; one row of the embedding.
    pub weights: u64,
    /// Keys and values of the context.
    pub cache: u64,
    /// Both.
    pub total: u64,
}

/// Time of one kernel, summed over its launches of a token and averaged over tokens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelTime {
    /// The kernel.
    pub name: String,
    /// Launches per token, rounded up.
    pub launches: usize,
    /// Seconds per token.
    pub seconds: f64,
    /// Bytes per token that its `read` and `weights` views read.
    pub bytes: u64,
}

/// Measures every context, ascending; `done` is told each result as it comes.
///
/// At each context: runs of `tokens` tokens from the same start, launches back to back, every token brought to the host while
/// the next steps run; then one more run in which each launch is waited for and timed.
///
/// # Errors
/// Nothing to measure, a context that the cache cannot hold, or whatever [`Engine`] refuses.
pub fn bench(engine: &mut Engine, options: &BenchOptions, done: &mut dyn FnMut(&Bench)) -> Result<Vec<Bench>, Error> {
    if options.tokens == 0 || options.runs == 0 {
        return Err(Error::input("no tokens are to be measured"));
    }
    let contexts = context::resolve(&options.contexts, options.tokens, engine)?;
    match options.fill {
        Fill::Synthetic => context::fill_synthetic(engine, options.seed)?,
        Fill::Run => engine.reset(),
    }
    let mut results = Vec::new();
    let mut known = 0;
    for &context in &contexts {
        let first = context::begin(engine, options.fill, context, known, options.seed)?;
        known = context;
        let result = measure(engine, options, context, first)?;
        done(&result);
        results.push(result);
    }
    Ok(results)
}

/// Measures one context, whose rows the cache holds; `first` is the token after it.
fn measure(engine: &mut Engine, options: &BenchOptions, context: u64, first: u32) -> Result<Bench, Error> {
    let tokens = options.tokens;
    let (mut times, mut rates, mut on_device) = (Vec::new(), Vec::new(), Vec::new());
    let mut text: Option<Vec<u32>> = None;
    let mut same_tokens = true;
    for run in 0..options.warmup.saturating_add(options.runs) {
        engine.set_position(context)?;
        let mut made = vec![first];
        let begin = engine.mark()?;
        let start = Instant::now();
        let mut before = start;
        engine.greedy(first, tokens, options.ahead, &mut |token| {
            let now = Instant::now();
            if run >= options.warmup {
                times.push(now - before);
            }
            before = now;
            made.push(token);
            ControlFlow::Continue(())
        })?;
        let end = engine.mark()?;
        if run >= options.warmup {
            rates.push(tokens as f64 / (before - start).as_secs_f64());
            if let (Some(begin), Some(end)) = (&begin, &end) {
                on_device.push(engine.between(begin, end)? / u32::try_from(tokens).unwrap_or(u32::MAX));
            }
        }
        same_tokens &= text.as_ref().is_none_or(|text| *text == made);
        text = Some(made);
    }
    let condition = engine.condition().into_iter().map(|fact| (fact.name.to_owned(), fact.value)).collect();
    let kernels = kernels(engine, tokens, context, first)?;

    let plan = engine.plan();
    let average = |bytes: &dyn Fn(u64) -> u64| (0..tokens).map(|i| bytes(context + i)).sum::<u64>() / tokens;
    let weights = plan.weight_bytes_per_token();
    let total = average(&|position| plan.bytes_per_token(position));
    let ms_per_token = Times::of(&times);
    let seconds = ms_per_token.median / 1e3;
    rates.sort_unstable_by(f64::total_cmp);
    Ok(Bench {
        context,
        tokens,
        runs: options.runs,
        ms_per_token,
        device_ms_per_token: (!on_device.is_empty()).then(|| Times::of(&on_device)),
        tok_s_of_median: 1.0 / seconds,
        tok_s: stats::median(&rates),
        first_tokens: text.unwrap_or_default().into_iter().take(8).collect(),
        same_tokens,
        bytes_per_token: Bytes { weights, cache: total - weights, total },
        gb_per_s: total as f64 / seconds / 1e9,
        condition,
        kernels,
        kernels_by_device_clock: engine.clock() == device::Clock::Device,
        samples_ms: milliseconds(&times),
        device_samples_ms: milliseconds(&on_device),
    })
}

fn milliseconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
}

/// One run in which each launch is waited for.
fn kernels(engine: &mut Engine, tokens: u64, context: u64, first: u32) -> Result<Vec<KernelTime>, Error> {
    engine.set_position(context)?;
    let mut token = first;
    let mut kernels: Vec<KernelTime> = Vec::new();
    for position in context..context + tokens {
        let mut times = Vec::new();
        token = engine.next_timed(token, &mut |time| times.push(time))?;
        let plan = engine.plan();
        for (launch, time) in plan.launches_at(position).zip(times) {
            let at = kernels.iter().position(|kernel| kernel.name == launch.kernel).unwrap_or_else(|| {
                kernels.push(KernelTime { name: launch.kernel.clone(), launches: 0, seconds: 0.0, bytes: 0 });
                kernels.len() - 1
            });
            let kernel = &mut kernels[at];
            kernel.launches += 1;
            kernel.seconds += time.as_secs_f64() / tokens as f64;
            kernel.bytes += plan.bytes_read(launch, position);
        }
    }
    for kernel in &mut kernels {
        kernel.launches = kernel.launches.div_ceil(tokens as usize);
        kernel.bytes /= tokens;
    }
    Ok(kernels)
}
