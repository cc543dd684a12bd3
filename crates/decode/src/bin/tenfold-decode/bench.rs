//! The benchmark's table.

use std::process::ExitCode;
use std::thread::available_parallelism;

use ::decode::{Error, bench, measure_read_bandwidth};
use device::Judge;

use crate::args::{Bench, Common};

/// Runs the command.
pub(crate) fn run(common: &Common, args: &Bench) -> Result<ExitCode, Error> {
    let (model, mut engine) = crate::open(common)?;
    let result = bench(&mut engine, args.context, args.tokens)?;
    let threads = common.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    // The ceiling of kernels that the processor runs; an accelerator reads its own memory.
    let ceiling = match engine.judge() {
        Judge::NativeCpu => Some(measure_read_bandwidth(threads, result.bytes_per_token)?),
        Judge::Hardware | Judge::Emulated => None,
    };

    let name = crate::model_name(common, &model);
    match ceiling {
        Some(_) => println!("{name} on {} ({}), {threads} threads", engine.device_name(), engine.judge()),
        None => println!("{name} on {} ({})", engine.device_name(), engine.judge()),
    }
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
    println!(
        "{:.2} tok/s over {} tokens after a context of {}, {} launches per token",
        result.tokens_per_second(),
        result.tokens,
        args.context,
        engine.plan().launches_per_token()
    );
    println!(
        "{:.1} MB per token (weights with norms and head, one row of the embedding, keys and values of the context)",
        result.bytes_per_token as f64 / 1e6
    );
    let rate = result.bytes_per_second();
    match ceiling {
        Some(ceiling) => println!(
            "{:.2} GB/s, {:.0}% of the {:.2} GB/s that {threads} threads read from a buffer of that size",
            rate / 1e9,
            rate / ceiling * 100.0,
            ceiling / 1e9
        ),
        None => println!("{:.2} GB/s; the read ceiling of this device is not measured", rate / 1e9),
    }
    Ok(ExitCode::SUCCESS)
}
