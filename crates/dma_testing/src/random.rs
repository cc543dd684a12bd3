//! Random kernels.

use std::ops::Range;

use kernel_testing::random::ARGS;
use lower_dma::Error;
use lower_dma::target::Target;
use lower_dma::verify::verify;
use tile_ir::{Kernel, Module};

use crate::{Backend, Program, SCHEDULES, interpret_cores, lower, random_case, told};

/// One kernel: lowered, verified, run by the interpreter of core programs and, with a backend, as printed text. Whether the target takes it.
fn check(kernel: &Kernel, seed: u64, target: &Target, text: Option<&Backend>) -> Result<bool, String> {
    let name = format!("{} {} {seed}", target.name, kernel.name);
    let core = match lower(kernel, target) {
        Ok(core) => core,
        Err(Error::Unsupported { .. } | Error::Limit { .. }) => return Ok(false),
        Err(error @ (Error::Invalid(_) | Error::Broken { .. })) => {
            let module = Module { name: "random".to_owned(), kernels: vec![kernel.clone()] };
            let tiles = tile_ir::print_module(&module).unwrap_or_default();
            return Err(format!("{name}, lowering: {}\n{tiles}", error.report()));
        }
    };
    let failed = |step: &str, problem: String| format!("{name}, {step}: {problem}\n{}", told(kernel, &core));
    verify(&core, target).map_err(|errors| failed("verifier", format!("{errors:?}")))?;
    for case in ARGS.map(|args| random_case(kernel, args)) {
        interpret_cores(kernel, &core, target, &case, &SCHEDULES).map_err(|problem| failed("interpreter", problem))?;
    }
    if let Some(backend) = text {
        // What the text of a target lacks.
        if let Err(Error::Unsupported { .. } | Error::Limit { .. }) = (backend.print)(&core) {
            return Ok(false);
        }
        let program = Program::new(&core, backend).map_err(|problem| failed("printer", problem))?;
        for case in ARGS.map(|args| random_case(kernel, args)) {
            let checked = program.check(kernel, &case);
            checked.map_err(|problem| failed("text", format!("{problem}\n{}", program.text())))?;
        }
    }
    Ok(true)
}

/// Random kernels with these seeds and a quarter as many streaming ones: lowered, proven, run by the interpreter of core programs, every
/// `stride`-th as printed text.
///
/// # Panics
/// If one fails, or the target refuses more than half of them.
pub fn sweep(seeds: Range<u64>, stride: u64, backend: &Backend) {
    kernel_testing::random::sweep(seeds, &[], |kernel, seed| {
        check(kernel, seed, backend.target, seed.is_multiple_of(stride).then_some(backend))
    });
}

/// As [`sweep`], without text.
///
/// # Panics
/// As there.
pub fn interpreted(seeds: Range<u64>, target: &Target) {
    kernel_testing::random::sweep(seeds, &[], |kernel, seed| check(kernel, seed, target, None));
}
