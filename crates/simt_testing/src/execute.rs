//! Runs lane programs: by the lane interpreter, and as what a backend prints.

mod emulated;

use emit::Source;
use judge::{ArgValue, Case, Outputs};
use kernel_testing::compare;
use lower_simt::interp::{self, Options, Stats, Trap};
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;
use tile_ir::{Access, Elem, Kernel};

use crate::{Backend, Runs};
use emulated::Emulated;

/// Runs `lane` in the lane interpreter, and compares with the tile interpreter on `kernel`.
///
/// # Errors
/// The trap, or what differs.
///
/// # Panics
/// If the tile interpreter traps on `kernel`.
pub fn interpret_lanes(kernel: &Kernel, lane: &LaneKernel, target: &Target, case: &Case) -> Result<(), String> {
    compare(kernel, case, &lane_outputs(lane, target, case)?)
}

/// What `lane` writes in the lane interpreter.
///
/// # Errors
/// The trap.
pub fn lane_outputs(lane: &LaneKernel, target: &Target, case: &Case) -> Result<Outputs, String> {
    let (written, result) = run_lanes(lane, target, case, &Options::default())?;
    result.map_err(|trap| trap.to_string())?;
    Ok(written)
}

/// How a run of the lane interpreter ended.
pub(crate) type Run = Result<Stats, Box<Trap>>;

/// Runs `lane` in the lane interpreter: what it wrote, and how it ended. An error if `case` is not one of the kernel.
pub(crate) fn run_lanes(
    lane: &LaneKernel,
    target: &Target,
    case: &Case,
    options: &Options,
) -> Result<(Outputs, Run), String> {
    let mut written = case.outputs();
    let mut buffers = written.0.iter_mut();
    let args = case.args.iter().map(|arg| match &arg.value {
        ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Ok(interp::Arg::In(&buffer.bytes)),
        ArgValue::View { access: Access::Write, .. } => {
            let (_, buffer) = buffers.next().ok_or("a written view without a buffer")?;
            // Integers have no bits to spare, so their unwritten elements cannot be told from data.
            let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
            let bytes = &mut buffer.bytes;
            Ok(if unwritten { interp::Arg::Out(bytes) } else { interp::Arg::InOut(bytes) })
        }
        ArgValue::Float(value) => Ok(interp::Arg::F32(*value)),
        ArgValue::Int { elem: Elem::I64, value } => Ok(interp::Arg::I64(*value as i64)),
        ArgValue::Int { value, .. } => Ok(interp::Arg::I32(*value as u32 as i32)),
    });
    let mut args = args.collect::<Result<Vec<_>, String>>()?;
    let result = interp::run(lane, target, &mut args, options);
    drop(args);
    Ok((written, result))
}

/// A printed kernel, ready to run.
#[derive(Debug)]
pub struct Program {
    source: Source,
    runner: Runner,
}

/// Who runs it.
#[derive(Debug)]
enum Runner {
    Emulator(Emulated),
    /// The device of this name, which loads it for each run.
    Device(&'static str),
}

impl Program {
    /// Prints `lane`, and compiles it where the emulator runs it, with all checks.
    ///
    /// # Errors
    /// The printer's or the compiler's messages.
    ///
    /// # Panics
    /// If there is no compiler.
    pub fn new(lane: &LaneKernel, backend: &Backend) -> Result<Program, String> {
        let source = (backend.print)(lane).map_err(|error| error.report().to_string())?;
        let runner = match backend.runs {
            Runs::Emulated(language) => Runner::Emulator(Emulated::new(language, &source)?),
            Runs::On(device) => Runner::Device(device),
        };
        Ok(Program { source, runner })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Executes the kernel, and compares with the tile interpreter on `kernel`.
    ///
    /// # Errors
    /// The fault, or what differs.
    ///
    /// # Panics
    /// If the tile interpreter traps on `kernel`, or there is no such device.
    pub fn check(&self, kernel: &Kernel, case: &Case) -> Result<(), String> {
        compare(kernel, case, &self.run(case)?)
    }

    /// Executes the text: what it wrote, or the fault.
    pub(crate) fn run(&self, case: &Case) -> Result<Outputs, String> {
        match &self.runner {
            Runner::Emulator(program) => program.run(&self.source.kernel, case),
            Runner::Device(device) => kernel_testing::run(device, &self.source, case),
        }
    }
}
