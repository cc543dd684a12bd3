//! Comparison with the tile interpreter.

use judge::{Case, Expected, Outputs};
use tile_ir::Kernel;

/// What the tile interpreter computes.
///
/// # Panics
/// If it traps on `kernel`.
pub fn expected(kernel: &Kernel, case: &Case) -> Vec<Expected> {
    let truth = judge::run_interpreter(kernel, case)
        .unwrap_or_else(|trap| panic!("kernel `{}` traps in the tile interpreter: {trap}", kernel.name));
    Expected::from_outputs(case, &truth)
}

/// Compares the outputs of a run with what the tile interpreter computes.
///
/// # Errors
/// What differs.
///
/// # Panics
/// If the tile interpreter traps on `kernel`.
pub fn compare(kernel: &Kernel, case: &Case, found: &Outputs) -> Result<(), String> {
    let comparison = judge::compare(case, &expected(kernel, case), found);
    if comparison.passed() { Ok(()) } else { Err(comparison.to_string()) }
}
