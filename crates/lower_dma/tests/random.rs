//! Random kernels: lowered, proven, and run under several schedules against the tile interpreter.

mod common;

use common::{SCHEDULES, check, lower, random_case, told};
use lower_dma::Error;
use lower_dma::target::Target;
use lower_dma::testing::TARGETS;
use tile_ir::testing::kernel_from_seed;

/// Whether the target takes the kernel of this seed.
fn one(seed: u64, target: &Target) -> Result<bool, String> {
    let kernel = kernel_from_seed(seed);
    let core = match lower(&kernel, target) {
        Ok(core) => core,
        Err(Error::Unsupported { .. } | Error::Limit { .. }) => return Ok(false),
        Err(error) => {
            let module = tile_ir::Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
            let text = tile_ir::print_module(&module).unwrap_or_default();
            return Err(format!("{} seed {seed}: {}\n{text}", target.name, error.report()));
        }
    };
    for args in [1, 2] {
        let case = random_case(&kernel, args);
        check(&kernel, &core, target, &case, &SCHEDULES)
            .map_err(|problem| format!("{} seed {seed}: {problem}\n{}", target.name, told(&kernel, &core)))?;
    }
    Ok(true)
}

#[test]
fn random_kernels_compute_what_the_tile_program_says() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count) = (number("TENFOLD_SEED", 0), number("TENFOLD_KERNELS", 150));
    let (mut taken, mut failed) = (0, Vec::new());
    for seed in first..first + count {
        for target in &TARGETS {
            let result = std::panic::catch_unwind(|| one(seed, target));
            match result.unwrap_or_else(|_| Err(format!("{} seed {seed}: panic", target.name))) {
                Ok(accepted) => taken += u64::from(accepted),
                Err(problem) => failed.push(problem),
            }
        }
    }
    let lines: Vec<String> =
        failed.iter().map(|problem| problem.lines().take(4).collect::<Vec<_>>().join(" ")).collect();
    let all = count * TARGETS.len() as u64;
    assert!(
        failed.is_empty(),
        "{} of {all} fail, {taken} pass:\n{}\nthe first:\n{}",
        lines.len(),
        lines.join("\n"),
        failed[0]
    );
    assert!(taken > all / 2, "only {taken} of {all} were lowered");
}
