//! Random kernels: lowered, printed, and their text run in the emulator against the tile interpreter.

mod common;

use common::{SEEDS, Text, full, lower, numbered, random_case, told};
use lower_dma::Error;
use mlir_to_pto::limits::TARGET;
use tile_ir::Kernel;
use tile_ir::testing::{kernel_from_seed, stream_from_seed};

/// Whether the target takes a kernel; its text is run if `execute`.
fn one(kernel: &Kernel, execute: bool) -> Result<bool, String> {
    let core = match lower(kernel) {
        Ok(core) => core,
        Err(Error::Unsupported { .. } | Error::Limit { .. }) => return Ok(false),
        Err(error) => return Err(format!("lowering: {}", error.report())),
    };
    lower_dma::verify::verify(&core, &TARGET).map_err(|errors| format!("{errors:?}\n{}", told(kernel, &core)))?;
    if !execute {
        mlir_to_pto::print(&core).map_err(|error| format!("{}\n{}", error.report(), told(kernel, &core)))?;
        return Ok(true);
    }
    let text = Text::new(&core).map_err(|problem| format!("{problem}\n{}", told(kernel, &core)))?;
    for args in [1, 2] {
        let case = random_case(kernel, args);
        text.check(kernel, &case, &SEEDS)
            .map_err(|problem| format!("{problem}\n{}\n{}", told(kernel, &core), numbered(&text.source.text)))?;
    }
    Ok(true)
}

#[test]
fn random_kernels_compute_what_the_tile_program_says() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count) = (number("TENFOLD_SEED", 0), number("TENFOLD_KERNELS", 300));
    let (mut taken, mut failed, mut all) = (0, Vec::new(), 0);
    for seed in first..first + count {
        let stride = if full() || count < 100 { 1 } else { 10 };
        let mut run = |name: &str, kernel: Kernel| {
            all += 1;
            match one(&kernel, seed % stride == 0) {
                Ok(accepted) => taken += u64::from(accepted),
                Err(problem) => failed.push(format!("{name} {seed}: {problem}")),
            }
        };
        run("kernel", kernel_from_seed(seed));
        if seed % 4 == 0 {
            run("stream", stream_from_seed(seed));
        }
    }
    let lines: Vec<String> =
        failed.iter().map(|problem| problem.lines().take(4).collect::<Vec<_>>().join(" ")).collect();
    assert!(
        failed.is_empty(),
        "{} of {all} fail, {taken} pass:\n{}\nthe first:\n{}",
        lines.len(),
        lines.join("\n"),
        failed[0]
    );
    assert!(taken > all / 2, "only {taken} of {all} were lowered");
}
