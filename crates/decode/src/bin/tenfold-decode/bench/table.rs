//! The table.

use ::decode::{Bench, BenchOptions, Engine, Fill};
use device::Fact;

use super::record::Record;

/// What is measured, and on what.
pub(super) fn header(model: &str, engine: &Engine, facts: &[Fact], options: &BenchOptions) {
    println!("{model} on {} ({})", engine.device_name(), engine.judge());
    if !facts.is_empty() {
        let facts: Vec<String> = facts.iter().map(|fact| format!("{} {}", fact.name, fact.value)).collect();
        println!("{}", facts.join(", "));
    }
    let cache = match options.fill {
        Fill::Synthetic => "cache filled by a formula",
        Fill::Run => "cache filled by running the prompt",
    };
    let ahead = match options.ahead {
        0 => " before the next step is sent".to_owned(),
        ahead => format!(", up to {ahead} steps later where the device runs ahead"),
    };
    println!(
        "{cache} (seed {}); {} runs of {} tokens after {} to warm up; greedy, every token brought to the host{}",
        options.seed, options.runs, options.tokens, options.warmup, ahead
    );
}

/// Each kernel at one context.
pub(super) fn kernels(result: &Bench) {
    let clock = if result.kernels_by_device_clock {
        "by the device's own clock"
    } else {
        "so with the cost of a launch and a wait"
    };
    println!("\nkernels at a context of {}, each launch waited for, {clock}", result.context);
    println!("{:<24} {:>8} {:>10} {:>7} {:>10} {:>8}", "kernel", "launches", "µs/token", "share", "KB/token", "GB/s");
    let total: f64 = result.kernels.iter().map(|kernel| kernel.seconds).sum();
    for kernel in &result.kernels {
        println!(
            "{:<24} {:>8} {:>10.1} {:>6.1}% {:>10.1} {:>8.2}",
            kernel.name,
            kernel.launches,
            kernel.seconds * 1e6,
            kernel.seconds / total * 100.0,
            kernel.bytes as f64 / 1e3,
            kernel.bytes as f64 / kernel.seconds / 1e9,
        );
    }
}

/// Heads of the columns of [`context`].
pub(super) fn columns() {
    println!(
        "\n{:>7} {:>9} {:>9} {:>9} {:>9} {:>11} {:>8} {:>9}",
        "context", "ms/token", "p10", "p90", "tok/s", "MB weights", "MB cache", "GB/s"
    );
}

/// A context's line. `tok/s` is that of the median time.
pub(super) fn context(result: &Bench) {
    let times = result.ms_per_token;
    println!(
        "{:>7} {:>9.4} {:>9.4} {:>9.4} {:>9.2} {:>11.1} {:>8.1} {:>9.2}{}",
        result.context,
        times.median,
        times.p10,
        times.p90,
        result.tok_s_of_median,
        result.bytes_per_token.weights as f64 / 1e6,
        result.bytes_per_token.cache as f64 / 1e6,
        result.gb_per_s,
        if result.same_tokens { "" } else { "  RUNS WROTE DIFFERENT TOKENS" },
    );
}

/// The ceilings, what each context has of them, and what the device said of itself.
pub(super) fn footer(record: &Record<'_>) {
    println!("\n{} launches per token", record.launches_per_token);
    match &record.read_ceiling {
        Some(ceiling) => println!(
            "read ceiling {:.2} GB/s, the best of {} passes over {:.1} MB (median {:.2}): {}",
            ceiling.gb_per_s,
            ceiling.passes,
            ceiling.bytes as f64 / 1e6,
            ceiling.median_gb_per_s,
            ceiling.method
        ),
        None => println!("the read ceiling of this device is not measured"),
    }
    if let Some(nominal) = record.nominal_gb_per_s {
        println!("the memory is built for {nominal:.0} GB/s");
    }
    for row in &record.results {
        let mut parts = Vec::new();
        if let Some(times) = row.bench.device_ms_per_token {
            parts.push(format!("{:.4} ms/token by the device's clock, over whole runs", times.median));
        }
        if let (Some(share), Some(limit)) = (row.share_of_ceiling, row.tok_s_at_ceiling) {
            parts.push(format!("{:.1}% of the read ceiling, which is {limit:.1} tok/s", share * 100.0));
        }
        parts
            .extend(row.share_of_nominal.map(|share| format!("{:.1}% of what the memory is built for", share * 100.0)));
        parts.extend(row.bench.condition.iter().map(|(name, value)| format!("{name} {value}")));
        if !parts.is_empty() {
            println!("context {}: {}", row.bench.context, parts.join(", "));
        }
    }
}
