//! Random kernels.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;
use tile_ir::Kernel;
use tile_ir::testing::{kernel_from_seed, stream_from_seed};

/// Seeds of the arguments of each kernel.
pub const ARGS: [u64; 2] = [1, 2];

/// Random kernels with these seeds, a quarter as many streaming ones, and those of `regressions`. `check` gets each with its seed and
/// says whether the target takes it, or what is wrong.
///
/// # Panics
/// If one fails, or the target refuses more than half of them.
pub fn sweep(seeds: Range<u64>, regressions: &[u64], check: impl Fn(&Kernel, u64) -> Result<bool, String> + Sync) {
    let any = seeds.clone().chain(regressions.iter().copied()).map(|seed| (kernel_from_seed(seed), seed));
    let kernels: Vec<(Kernel, u64)> = any.chain(seeds.step_by(4).map(|seed| (stream_from_seed(seed), seed))).collect();
    let count = kernels.len();
    // With the name of the kernel, which the panic does not tell.
    let caught = |(kernel, seed): &(Kernel, u64)| {
        let result = catch_unwind(AssertUnwindSafe(|| check(kernel, *seed)));
        result.unwrap_or_else(|_| Err(format!("{} {seed}: panic", kernel.name)))
    };
    let results: Vec<Result<bool, String>> = kernels.par_iter().map(caught).collect();
    let (mut taken, mut failed) = (0, Vec::new());
    for result in results {
        match result {
            Ok(accepted) => taken += usize::from(accepted),
            Err(problem) => failed.push(problem),
        }
    }
    let lines: Vec<&str> = failed.iter().filter_map(|problem| problem.lines().next()).collect();
    assert!(
        failed.is_empty(),
        "{} of {count} kernels fail:\n{}\nthe first:\n{}",
        lines.len(),
        lines.join("\n"),
        failed[0]
    );
    assert!(taken > count / 2, "only {taken} of {count} kernels were lowered");
}
