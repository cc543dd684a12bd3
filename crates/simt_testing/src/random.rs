//! Random kernels.

use kernel_testing::random::ARGS;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;
use lower_simt::verify::verify;
use tile_ir::{Kernel, Module};

use crate::{Backend, Program, interpret_lanes, random_case};

/// Kernels outside the usual ranges that once failed: a carried tile kept wider than its next value, and vector loads
/// used outside the guard they were made under.
const REGRESSIONS: [u64; 3] = [5432, 5575, 7833];

/// The lane program of a kernel, or `None` if the target refuses it.
///
/// # Errors
/// The lowering failed for another reason.
pub fn lower(kernel: &Kernel, target: &Target) -> Result<Option<LaneKernel>, String> {
    let module = Module { name: "random".to_owned(), kernels: vec![kernel.clone()] };
    match lower_simt::lower(&module, target) {
        Ok(mut lowered) => lowered.kernels.pop().map(Some).ok_or_else(|| "no kernel".to_owned()),
        Err(errors) => {
            let refused = |error: &Error| matches!(error, Error::Unsupported { .. } | Error::Limit { .. });
            if errors.iter().all(refused) { Ok(None) } else { Err(format!("{errors:?}")) }
        }
    }
}

/// One kernel: lowered, verified, run by the lane interpreter and, if `execute`, as printed text. Whether the target takes it.
///
/// # Errors
/// The first check that fails, with the kernel's name and `seed`, and the lane program.
pub fn check(kernel: &Kernel, seed: u64, backend: &Backend, execute: bool) -> Result<bool, String> {
    let name = &kernel.name;
    let lane = lower(kernel, backend.target).map_err(|problem| format!("{name} {seed}, lowering: {problem}"))?;
    let Some(lane) = lane else {
        return Ok(false);
    };
    let told = |step: &str, problem: String| {
        let module = Module { name: "random".to_owned(), kernels: vec![kernel.clone()] };
        let tiles = tile_ir::print_module(&module).unwrap_or_default();
        format!("{name} {seed}, {step}: {problem}\n{tiles}\n{}", lower_simt::text::print(&lane))
    };
    verify(&lane, backend.target).map_err(|errors| told("verifier", format!("{errors:?}")))?;
    for case in ARGS.map(|args| random_case(kernel, args)) {
        interpret_lanes(kernel, &lane, backend.target, &case).map_err(|problem| told("lane interpreter", problem))?;
    }
    if execute {
        let program = Program::new(&lane, backend).map_err(|problem| told("printer", problem))?;
        for case in ARGS.map(|args| random_case(kernel, args)) {
            program.check(kernel, &case).map_err(|problem| told("text", format!("{problem}\n{}", program.text())))?;
        }
    }
    Ok(true)
}

/// Random kernels with these seeds, a quarter as many streaming ones, and the regressions; every `stride`-th and all regressions executed as
/// printed text.
///
/// # Panics
/// If one fails, or the target refuses more than half of them.
pub fn sweep(seeds: std::ops::Range<u64>, stride: u64, backend: &Backend) {
    kernel_testing::random::sweep(seeds, &REGRESSIONS, |kernel, seed| {
        check(kernel, seed, backend, seed.is_multiple_of(stride) || REGRESSIONS.contains(&seed))
    });
}
