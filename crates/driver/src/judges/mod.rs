//! The judges: who says that a kernel computes the right numbers.
//!
//! For one kernel and one seed, all run on the same random case:
//! - *reference*: the interpreter against f64 mathematics that knows nothing of the IR;
//! - *cpu*: the compiled code against the interpreter;
//! - *emulator*: the printed text, run under the rules of its target, against the interpreter;
//! - *vulkan*: the module on this machine's Vulkan device against the interpreter;
//! - *stock*: MLIR's own lowering and code generator against the interpreter.
//!
//! The vendors' compilers judge the printed text itself, once per kernel.
//!
//! A judge that cannot run says why and counts as skipped, never as passed.

pub mod family;
pub mod faults;
mod on_stock;
mod record;
mod vendors;

use std::fmt;

use bundle::manifest;
use decode::judge::{Guards, LaunchError, launch};
use device::{Device, Program};
use judge::{Case, Comparison, Expected, Outputs};
use tile_ir::Kernel;
use tile_mlir::stock::StockKernel;

use crate::targets::Target;

pub use on_stock::{Refusal, compile as compile_stock, run as run_on_stock};
pub use record::{CASES_FILE, record};
pub use vendors::{Vendors, findings};

/// Who judged a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judge {
    /// Interpreter against f64 mathematics.
    Reference,
    /// Compiled code against the interpreter.
    Cpu,
    /// The printed text, executed on an emulator with every check, against the interpreter.
    Emulator,
    /// The module on a Vulkan device against the interpreter.
    Vulkan,
    /// Stock MLIR against the interpreter.
    Stock,
}

impl Judge {
    /// The judge that runs what `target` made.
    pub const fn of_device(target: Target) -> Judge {
        match target {
            Target::Msl
            | Target::Cuda
            | Target::Musa
            | Target::Ascendc
            | Target::Pto
            | Target::Bang
            | Target::Gaudi
            | Target::Nki
            | Target::Aie => Judge::Emulator,
            Target::Spirv => Judge::Vulkan,
            Target::Cpu => Judge::Cpu,
        }
    }

    /// The judges of `target`. Stock MLIR knows nothing of targets: it is asked once, with the CPU.
    pub const fn of(target: Target) -> &'static [Judge] {
        match target {
            Target::Msl
            | Target::Cuda
            | Target::Musa
            | Target::Ascendc
            | Target::Pto
            | Target::Bang
            | Target::Gaudi
            | Target::Nki
            | Target::Aie => &[Judge::Reference, Judge::Emulator],
            Target::Spirv => &[Judge::Reference, Judge::Vulkan],
            Target::Cpu => &[Judge::Reference, Judge::Cpu, Judge::Stock],
        }
    }

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Judge::Reference => "reference",
            Judge::Cpu => "cpu",
            Judge::Emulator => "emulator",
            Judge::Vulkan => "vulkan",
            Judge::Stock => "stock",
        }
    }
}

/// What a judge said.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Within tolerance; the largest relative L2 error of the outputs.
    Passed(f64),
    /// Wrong, or it did not run although it should have.
    Failed(String),
    /// Could not judge.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed(relative) => write!(f, "ok {relative:.1e}"),
            Outcome::Failed(why) => write!(f, "FAILED: {why}"),
            Outcome::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// One judgement.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The kernel's name.
    pub kernel: String,
    /// Seed of the random case.
    pub seed: u64,
    /// Who.
    pub judge: Judge,
    /// What.
    pub outcome: Outcome,
}

/// A case and what the interpreter made of it.
pub struct Interpreted {
    /// The inputs.
    pub case: Case,
    /// The interpreter's outputs.
    pub outputs: Outputs,
    /// The same, as what other judges are compared with.
    pub expected: Vec<Expected>,
}

/// Makes the random case of `kernel` and `seed` and interprets it.
///
/// # Errors
/// No case can be made, or the interpreter traps: both as text for a verdict.
pub fn interpret(kernel: &Kernel, seed: u64) -> Result<Interpreted, String> {
    let case = judge::generate(kernel, seed).map_err(|error| error.to_string())?;
    let outputs = judge::run_interpreter(kernel, &case).map_err(|error| error.to_string())?;
    let expected = Expected::from_outputs(&case, &outputs);
    Ok(Interpreted { case, outputs, expected })
}

/// The interpreter against f64 mathematics.
pub fn by_reference(run: &Interpreted) -> Outcome {
    if !judge::has_reference(&run.case.family) {
        return Outcome::Skipped(format!("no f64 reference of `{}`", run.case.family));
    }
    match judge::reference(&run.case) {
        Ok(truth) => from_comparison(&judge::compare(&run.case, &truth, &run.outputs)),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// A device against the interpreter; a rule that the launch broke is put at the user's line with the line maps of
/// `manifest`.
pub fn by_device(
    device: &mut dyn Device,
    program: &Program,
    kernel: &Kernel,
    run: &Interpreted,
    manifest: &[manifest::Kernel],
) -> Outcome {
    let Some(loaded) = program.kernel(&kernel.family) else {
        return Outcome::Failed(format!("the bundle has no kernel `{}`", kernel.family));
    };
    match launch(device, loaded, &run.case, Guards::Bytes) {
        Ok(outputs) => from_comparison(&judge::compare(&run.case, &run.expected, &outputs)),
        Err(LaunchError::Device(error)) => Outcome::Failed(faults::report(error, manifest).to_string()),
        Err(error @ (LaunchError::PastEnd { .. } | LaunchError::Input { .. })) => Outcome::Failed(error.to_string()),
    }
}

/// Stock MLIR against the interpreter. `kernel` is what was interpreted; `stock` is its compilation.
pub fn by_stock(stock: &Result<StockKernel, Refusal>, kernel: &Kernel, run: &Interpreted) -> Outcome {
    let outputs = match stock {
        Ok(stock) => run_on_stock(stock, kernel, &run.case),
        Err(Refusal::Skip(why)) => Err(Refusal::Skip(why.clone())),
        Err(Refusal::Fail(why)) => Err(Refusal::Fail(why.clone())),
    };
    match outputs {
        Ok(outputs) => from_comparison(&judge::compare(&run.case, &run.expected, &outputs)),
        Err(Refusal::Skip(why)) => Outcome::Skipped(why),
        Err(Refusal::Fail(why)) => Outcome::Failed(why),
    }
}

fn from_comparison(comparison: &Comparison) -> Outcome {
    if comparison.passed() { Outcome::Passed(comparison.relative()) } else { Outcome::Failed(comparison.to_string()) }
}
