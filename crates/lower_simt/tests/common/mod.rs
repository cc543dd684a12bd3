//! Runs lane programs on judged cases and compares with the tile interpreter.

use judge::{ArgValue, Case, Expected, Outputs};
use lower_simt::interp::{self, Arg, Options, Trap};
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;
use tile_ir::{Access, Elem, Kernel};

/// Launches `lane` with the arguments of `case`, which stay as they are. Elements nobody writes keep their poison.
pub(crate) fn run_lanes(
    lane: &LaneKernel,
    target: &Target,
    case: &Case,
    options: &Options,
) -> Result<Outputs, Box<Trap>> {
    let mut written = case.outputs();
    let mut buffers = written.0.iter_mut();
    let mut args: Vec<Arg<'_>> = case
        .args
        .iter()
        .map(|arg| match &arg.value {
            ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Arg::In(&buffer.bytes),
            ArgValue::View { access: Access::Write, .. } => {
                let (_, buffer) = buffers.next().expect("one output per written view");
                // Integers have no bits to spare, so their unwritten elements cannot be told from data.
                let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
                if unwritten { Arg::Out(&mut buffer.bytes) } else { Arg::InOut(&mut buffer.bytes) }
            }
            ArgValue::Float(value) => Arg::F32(*value),
            ArgValue::Int { elem: Elem::I64, value } => Arg::I64(*value as i64),
            ArgValue::Int { value, .. } => Arg::I32(*value as u32 as i32),
        })
        .collect();
    interp::run(lane, target, &mut args, options)?;
    drop(args);
    Ok(written)
}

/// Runs one case on `lane` and on `kernel`; what differs, or the trap.
pub(crate) fn check_case(kernel: &Kernel, lane: &LaneKernel, target: &Target, case: &Case) -> Result<(), String> {
    let truth = judge::run_interpreter(kernel, case).map_err(|trap| format!("the tile interpreter: {trap}"))?;
    let found = run_lanes(lane, target, case, &Options::default()).map_err(|trap| trap.to_string())?;
    let comparison = judge::compare(case, &Expected::from_outputs(case, &truth), &found);
    if comparison.passed() { Ok(()) } else { Err(comparison.to_string()) }
}

/// Runs `lane` and `kernel` on inputs made from each seed.
pub(crate) fn check(kernel: &Kernel, lane: &LaneKernel, target: &Target, seeds: &[u64]) -> Result<(), String> {
    for &seed in seeds {
        let case = judge::generate(kernel, seed).map_err(|error| error.to_string())?;
        check_case(kernel, lane, target, &case).map_err(|problem| format!("{}, seed {seed}: {problem}", kernel.name))?;
    }
    Ok(())
}
