//! Lowers tile programs, runs core programs under several schedules, compares with the tile interpreter.

#![allow(dead_code, reason = "each test binary uses a part")]

use judge::{ArgValue, Buffer, Case, CaseArg, Expected, Outputs};
use lower_dma::interp::{self, Arg, Options, Schedule, Stats};
use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;
use lower_dma::{Error, text};
use tile_ir::testing::{OwnedArg, random_args};
use tile_ir::{Access, Elem, Kernel, Module, ParamKind};

/// Every kind of schedule.
pub(crate) const SCHEDULES: [Schedule; 4] = [Schedule::Eager, Schedule::Late, Schedule::Random(1), Schedule::Random(2)];

/// The core program of a kernel.
pub(crate) fn lower(kernel: &Kernel, target: &Target) -> Result<CoreKernel, Error> {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    let mut lowered = lower_dma::lower(&module, target).map_err(|mut errors| errors.remove(0))?;
    Ok(lowered.kernels.remove(0))
}

/// Launches `core` with the arguments of `case`, which stay as they are.
pub(crate) fn run(
    core: &CoreKernel,
    target: &Target,
    case: &Case,
    schedule: Schedule,
) -> Result<(Outputs, Stats), String> {
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
    let options = Options { schedule, ..Options::default() };
    let stats = interp::run(core, target, &mut args, &options).map_err(|trap| trap.to_string())?;
    drop(args);
    Ok((written, stats))
}

/// Runs one case on `core` and on `kernel`; what differs, or the trap.
pub(crate) fn check(
    kernel: &Kernel,
    core: &CoreKernel,
    target: &Target,
    case: &Case,
    schedules: &[Schedule],
) -> Result<Stats, String> {
    let truth = judge::run_interpreter(kernel, case).map_err(|trap| format!("the tile interpreter: {trap}"))?;
    let expected = Expected::from_outputs(case, &truth);
    let mut last = Stats::default();
    for &schedule in schedules {
        let (found, stats) = run(core, target, case, schedule).map_err(|problem| format!("{schedule:?}: {problem}"))?;
        let comparison = judge::compare(case, &expected, &found);
        if !comparison.passed() {
            return Err(format!("{schedule:?}: {comparison}"));
        }
        last = stats;
    }
    Ok(last)
}

/// Inputs on which random kernels do not trap: floats in `[-1, 1)`, integers of their whole range, written views with contents.
pub(crate) fn random_case(kernel: &Kernel, seed: u64) -> Case {
    let args = kernel.params.iter().zip(random_args(kernel, seed)).map(|(param, arg)| {
        let value = match (&param.kind, arg) {
            (ParamKind::View(view), OwnedArg::Buffer(buffer)) => ArgValue::View {
                buffer: Buffer { elem: view.elem, shape: view.shape, bytes: buffer.bytes },
                access: view.access,
            },
            (_, OwnedArg::F32(value)) => ArgValue::Float(value),
            (_, OwnedArg::I32(value)) => ArgValue::Int { elem: Elem::I32, value: u64::from(value as u32) },
            (_, OwnedArg::I64(value)) => ArgValue::Int { elem: Elem::I64, value: value as u64 },
            (ParamKind::Scalar(_), OwnedArg::Buffer(_)) => unreachable!("a scalar's argument is a number"),
        };
        CaseArg { name: param.name.clone(), value }
    });
    Case { family: kernel.family.clone(), seed, args: args.collect() }
}

/// The text of a core program, with the tile program.
pub(crate) fn told(kernel: &Kernel, core: &CoreKernel) -> String {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    format!("{}\n{}", tile_ir::print_module(&module).unwrap_or_default(), text::print(core))
}
