//! Core programs in their interpreter.

use judge::{ArgValue, Case, Outputs};
use lower_dma::interp::{self, Arg, Options, Schedule, Stats, Trap};
use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;
use lower_dma::{Error, text};
use tile_ir::{Access, Elem, Kernel, Loc, Module};

/// Every kind of schedule.
pub const SCHEDULES: [Schedule; 4] = [Schedule::Eager, Schedule::Late, Schedule::Random(1), Schedule::Random(2)];

/// A module of one kernel.
fn module(kernel: &Kernel) -> Module {
    Module { name: "one".to_owned(), kernels: vec![kernel.clone()] }
}

/// The core program of a kernel.
///
/// # Errors
/// The first of the lowering's.
pub fn lower(kernel: &Kernel, target: &Target) -> Result<CoreKernel, Error> {
    let nothing = |detail: &str| Error::Broken {
        target: target.name,
        kernel: kernel.name.clone(),
        detail: detail.to_owned(),
        loc: Loc::Unknown,
    };
    match lower_dma::lower(&module(kernel), target) {
        Ok(mut lowered) => lowered.kernels.pop().ok_or_else(|| nothing("the lowering gives no kernel")),
        Err(errors) => Err(errors.into_iter().next().unwrap_or_else(|| nothing("the lowering fails without an error"))),
    }
}

/// How a run of the interpreter ended.
pub(crate) type Run = Result<Stats, Box<Trap>>;

/// Launches `core` with the arguments of `case`, which stay as they are: what it wrote, and how it ended. An error if `case` is not
/// one of the kernel.
pub(crate) fn run(
    core: &CoreKernel,
    target: &Target,
    case: &Case,
    options: &Options,
) -> Result<(Outputs, Run), String> {
    let mut written = case.outputs();
    let mut buffers = written.0.iter_mut();
    let args = case.args.iter().map(|arg| match &arg.value {
        ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Ok(Arg::In(&buffer.bytes)),
        ArgValue::View { access: Access::Write, .. } => {
            let (_, buffer) = buffers.next().ok_or("a written view without a buffer")?;
            // Integers have no bits to spare, so their unwritten elements cannot be told from data.
            let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
            let bytes = &mut buffer.bytes;
            Ok(if unwritten { Arg::Out(bytes) } else { Arg::InOut(bytes) })
        }
        ArgValue::Float(value) => Ok(Arg::F32(*value)),
        ArgValue::Int { elem: Elem::I64, value } => Ok(Arg::I64(*value as i64)),
        ArgValue::Int { value, .. } => Ok(Arg::I32(*value as u32 as i32)),
    });
    let mut args = args.collect::<Result<Vec<_>, String>>()?;
    let result = interp::run(core, target, &mut args, options);
    drop(args);
    Ok((written, result))
}

/// What `core` writes in the interpreter of core programs, and what it did.
///
/// # Errors
/// The trap.
pub fn core_outputs(
    core: &CoreKernel,
    target: &Target,
    case: &Case,
    schedule: Schedule,
) -> Result<(Outputs, Stats), String> {
    let (written, result) = run(core, target, case, &Options { schedule, ..Options::default() })?;
    Ok((written, result.map_err(|trap| trap.to_string())?))
}

/// Runs `core` in the interpreter of core programs under each of `schedules`, and compares with the tile interpreter on `kernel`; what the last
/// run did.
///
/// # Errors
/// The trap, or what differs, with the schedule.
///
/// # Panics
/// If the tile interpreter traps on `kernel`.
pub fn interpret_cores(
    kernel: &Kernel,
    core: &CoreKernel,
    target: &Target,
    case: &Case,
    schedules: &[Schedule],
) -> Result<Stats, String> {
    let expected = kernel_testing::expected(kernel, case);
    let mut last = Stats::default();
    for &schedule in schedules {
        let (found, stats) =
            core_outputs(core, target, case, schedule).map_err(|problem| format!("{schedule:?}: {problem}"))?;
        let comparison = judge::compare(case, &expected, &found);
        if !comparison.passed() {
            return Err(format!("{schedule:?}: {comparison}"));
        }
        last = stats;
    }
    Ok(last)
}

/// The tile program and the core program as texts.
pub fn told(kernel: &Kernel, core: &CoreKernel) -> String {
    format!("{}\n{}", tile_ir::print_module(&module(kernel)).unwrap_or_default(), text::print(core))
}
