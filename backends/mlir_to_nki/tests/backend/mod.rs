//! This backend, for the tests: lower, print, execute, compare.

#![allow(dead_code, reason = "each test takes what it needs")]

mod kernels;

use device::{Emulated, EmulatedOptions};
use emit::Source;
use emulator::Checks;
use judge::{Case, Outputs};
use lower_nki::Error;
use lower_nki::ir::Program;
use tile_ir::{Kernel, Module};

/// Runs a text once with every access checked; what it wrote.
///
/// # Errors
/// What the emulator refuses.
pub(crate) fn run(source: &Source, case: &Case) -> Result<Outputs, String> {
    let options = EmulatedOptions { checks: Checks::Memory, threads: Some(1), seed: 0, cache: None };
    let run = || {
        let mut device = Emulated::named("nki-emu", options)?;
        let kernel = kernel_testing::load(&mut device, source)?;
        kernel_testing::launch(&mut device, &kernel, case)
    };
    run().map_err(|error: device::Error| error.to_string())
}

/// The program of a kernel.
///
/// # Errors
/// The first of the lowering's.
pub(crate) fn lower(kernel: &Kernel) -> Result<Program, Error> {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    match lower_nki::lower(&module) {
        Ok(mut lowered) => Ok(lowered.remove(0)),
        Err(mut errors) => Err(errors.remove(0)),
    }
}

/// A kernel as text; `None` where the target refuses it.
///
/// # Errors
/// A mistake of the lowering's.
pub(crate) fn text(kernel: &Kernel) -> Result<Option<Source>, String> {
    let told = |error: &Error| {
        let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
        format!("{}\n{}", error.report(), tile_ir::print_module(&module).unwrap_or_default())
    };
    match lower(kernel) {
        Ok(program) => mlir_to_nki::print(&program).map(Some).map_err(|error| told(&error)),
        Err(Error::Unsupported { .. } | Error::Limit { .. }) => Ok(None),
        Err(error @ (Error::Invalid(_) | Error::Broken { .. })) => Err(told(&error)),
    }
}

/// Runs a text and compares with the tile interpreter.
///
/// # Errors
/// What went wrong, with both texts.
pub(crate) fn check(kernel: &Kernel, source: &Source, case: &Case) -> Result<(), String> {
    let told = |problem: String| {
        let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
        let tiles = tile_ir::print_module(&module).unwrap_or_default();
        format!("{} {}: {problem}\n{tiles}\n{}", kernel.name, case.seed, source.text)
    };
    let found = run(source, case).map_err(&told)?;
    kernel_testing::compare(kernel, case, &found).map_err(told)
}

/// The hand-made kernels that the target takes: those of all backends and this one's.
pub(crate) fn hand() -> Vec<Kernel> {
    let shared = kernel_testing::kernels(tile_ir::UnaryOp::ALL, 24);
    // The conversions of all backends have views of 64 bits.
    let taken = shared.into_iter().filter(|kernel| lower(kernel).is_ok());
    taken.chain(kernels::own()).collect()
}
