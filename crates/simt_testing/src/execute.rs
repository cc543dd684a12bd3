//! Runs lane programs: by the lane interpreter, and as the text that a backend prints.

use emit::Source;
use emulator::{Arg, Checks, Launch};
use judge::{ArgValue, Case, Expected, Outputs};
use lower_simt::interp::{self, Options, Stats, Trap};
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;
use tile_ir::{Access, Elem, Kernel};

use crate::Backend;

/// What the tile interpreter computes.
///
/// # Panics
/// If it traps on `kernel`.
pub(crate) fn expected(kernel: &Kernel, case: &Case) -> Vec<Expected> {
    let truth = judge::run_interpreter(kernel, case)
        .unwrap_or_else(|trap| panic!("kernel `{}` traps in the tile interpreter: {trap}", kernel.name));
    Expected::from_outputs(case, &truth)
}

/// What differs between the outputs of a run and what the tile interpreter computes.
fn compare(kernel: &Kernel, case: &Case, found: &Outputs) -> Result<(), String> {
    let comparison = judge::compare(case, &expected(kernel, case), found);
    if comparison.passed() { Ok(()) } else { Err(comparison.to_string()) }
}

/// Runs `lane` in the lane interpreter, and compares with the tile interpreter on `kernel`.
///
/// # Errors
/// The trap, or what differs.
///
/// # Panics
/// If the tile interpreter traps on `kernel`.
pub fn interpret_lanes(kernel: &Kernel, lane: &LaneKernel, target: &Target, case: &Case) -> Result<(), String> {
    let (written, result) = run_lanes(lane, target, case, &Options::default())?;
    result.map_err(|trap| trap.to_string())?;
    compare(kernel, case, &written)
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

/// A printed kernel, compiled by the emulator with all checks.
#[derive(Debug)]
pub struct Program {
    source: Source,
    program: emulator::Program,
}

impl Program {
    /// Prints and compiles `lane`.
    ///
    /// # Errors
    /// The printer's or the compiler's messages.
    ///
    /// # Panics
    /// If there is no compiler.
    pub fn new(lane: &LaneKernel, backend: &Backend) -> Result<Program, String> {
        let source = (backend.print)(lane).map_err(|error| error.report().to_string())?;
        let entry = &source.kernel.entry;
        match emulator::Program::compile(backend.language, &source.text, entry, Checks::Memory) {
            Ok(program) => Ok(Program { source, program }),
            Err(error @ (emulator::Error::Missing { .. } | emulator::Error::Io { .. })) => panic!("{error}"),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Executes the text, and compares with the tile interpreter on `kernel`.
    ///
    /// # Errors
    /// The fault, or what differs.
    ///
    /// # Panics
    /// If the tile interpreter traps on `kernel`.
    pub fn check(&self, kernel: &Kernel, case: &Case) -> Result<(), String> {
        compare(kernel, case, &self.run(case)?)
    }

    /// Executes the text: what it wrote, or the fault.
    pub(crate) fn run(&self, case: &Case) -> Result<Outputs, String> {
        let mut inputs: Vec<(Words, usize)> = Vec::new();
        for arg in &case.args {
            if let ArgValue::View { buffer, .. } = &arg.value {
                inputs.push((Words::new(&buffer.bytes), buffer.bytes.len()));
            }
        }
        let mut buffers = inputs.iter_mut();
        let args = case.args.iter().map(|arg| match &arg.value {
            ArgValue::View { access, .. } => {
                let (words, bytes) = buffers.next().ok_or("a view without a buffer")?;
                Ok(Arg::Buffer {
                    address: words.0.as_mut_ptr().cast(),
                    bytes: *bytes as u64,
                    writable: *access == Access::Write,
                })
            }
            ArgValue::Float(value) => Ok(Arg::F32(*value)),
            ArgValue::Int { elem: Elem::I64, value } => Ok(Arg::U64(*value)),
            ArgValue::Int { value, .. } => Ok(Arg::U32(*value as u32)),
        });
        let args = args.collect::<Result<Vec<_>, String>>()?;
        let manifest = &self.source.kernel;
        let launch = Launch {
            grid: manifest.grid,
            threads: manifest.block[0] as u32,
            dynamic_shared: manifest.budgets.get("dynamic_shared").copied().unwrap_or(0),
            args: &args,
            workers: 1,
            seed: case.seed,
        };
        self.program.launch(&launch).map_err(|fault| fault.to_string())?;
        let mut found = case.outputs();
        let views = case.args.iter().filter(|arg| matches!(arg.value, ArgValue::View { .. }));
        for (arg, (words, _)) in views.zip(&inputs) {
            if let Some(buffer) = found.get_mut(&arg.name) {
                words.copy_to(&mut buffer.bytes);
            }
        }
        Ok(found)
    }
}

/// Bytes at a multiple of 16, as buffers are given to kernels.
struct Words(Vec<u128>);

impl Words {
    fn new(bytes: &[u8]) -> Words {
        let word = |chunk: &[u8]| {
            let mut word = [0; 16];
            word[..chunk.len()].copy_from_slice(chunk);
            u128::from_ne_bytes(word)
        };
        Words(bytes.chunks(16).map(word).collect())
    }

    fn copy_to(&self, bytes: &mut [u8]) {
        for (chunk, word) in bytes.chunks_mut(16).zip(&self.0) {
            chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
        }
    }
}
