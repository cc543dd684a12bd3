//! Lowers tile programs, runs their text in the emulator under several schedules, compares with the tile interpreter.

#![allow(dead_code, reason = "each test binary uses a part")]

use emit::Source;
use emulator::{Arg, Checks, Language, Launch, Program};
use judge::{ArgValue, Buffer, Case, CaseArg, Expected, Outputs};
use lower_dma::ir::CoreKernel;
use lower_dma::{Error, text};
use mlir_to_pto::limits::TARGET;
use tile_ir::testing::{OwnedArg, random_args};
use tile_ir::{Access, Elem, Kernel, Module, ParamKind};

/// At once, as late as possible, and two random times.
pub(crate) const SEEDS: [u64; 4] = [0, 1, 2, 77];

/// Whether the environment asks for the long runs (`TENFOLD_FULL=1`).
pub(crate) fn full() -> bool {
    std::env::var_os("TENFOLD_FULL").is_some_and(|value| value == "1")
}

/// The core program of a kernel.
pub(crate) fn lower(kernel: &Kernel) -> Result<CoreKernel, Error> {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    let mut lowered = lower_dma::lower(&module, &TARGET).map_err(|mut errors| errors.remove(0))?;
    Ok(lowered.kernels.remove(0))
}

/// A text, compiled with all checks.
pub(crate) struct Text {
    pub(crate) source: Source,
    program: Program,
}

impl Text {
    /// Prints and compiles a core program.
    pub(crate) fn new(core: &CoreKernel) -> Result<Text, String> {
        let source = mlir_to_pto::print(core).map_err(|error| error.report().to_string())?;
        match Program::compile(Language::Pto, &source.text, &source.kernel.entry, Checks::Memory) {
            Ok(program) => Ok(Text { source, program }),
            Err(error @ (emulator::Error::Missing { .. } | emulator::Error::Io { .. })) => panic!("{error}"),
            Err(error) => Err(format!("{error}\n{:#?}\n{}", error.diagnostics(), numbered(&source.text))),
        }
    }

    /// Launches it on copies of the arguments of `case`.
    fn run(&self, case: &Case, seed: u64) -> Result<Outputs, String> {
        let mut inputs: Vec<(Vec<u128>, usize)> = Vec::new();
        for arg in &case.args {
            if let ArgValue::View { buffer, .. } = &arg.value {
                inputs.push((words(&buffer.bytes), buffer.bytes.len()));
            }
        }
        let mut buffers = inputs.iter_mut();
        let args: Vec<Arg> = case
            .args
            .iter()
            .map(|arg| match &arg.value {
                ArgValue::View { access, .. } => {
                    let (words, bytes) = buffers.next().expect("a buffer per view");
                    let (address, bytes) = (words.as_mut_ptr().cast(), *bytes as u64);
                    Arg::Buffer { address, bytes, writable: *access == Access::Write }
                }
                ArgValue::Float(value) => Arg::F32(*value),
                ArgValue::Int { elem: Elem::I64, value } => Arg::U64(*value),
                ArgValue::Int { value, .. } => Arg::U32(*value as u32),
            })
            .collect();
        let grid = self.source.kernel.workgroups.expect("cores are told");
        let launch = Launch { grid, threads: 1, dynamic_shared: 0, args: &args, workers: 1, seed };
        self.program.launch(&launch).map_err(|fault| format!("{fault} at line {:?}", fault.line))?;
        let mut found = case.outputs();
        let views = case.args.iter().filter(|arg| matches!(arg.value, ArgValue::View { .. }));
        for (arg, (words, _)) in views.zip(&inputs) {
            if let Some(buffer) = found.get_mut(&arg.name) {
                for (chunk, word) in buffer.bytes.chunks_mut(16).zip(words) {
                    chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
                }
            }
        }
        Ok(found)
    }

    /// Runs one case under `seeds`; what differs from the tile interpreter, or the fault.
    pub(crate) fn check(&self, kernel: &Kernel, case: &Case, seeds: &[u64]) -> Result<(), String> {
        let truth = judge::run_interpreter(kernel, case).map_err(|trap| format!("the tile interpreter: {trap}"))?;
        let expected = Expected::from_outputs(case, &truth);
        for &seed in seeds {
            let found = self.run(case, seed).map_err(|problem| format!("seed {seed}: {problem}"))?;
            let comparison = judge::compare(case, &expected, &found);
            if !comparison.passed() {
                return Err(format!("seed {seed}: {comparison}"));
            }
        }
        Ok(())
    }
}

/// Bytes at a multiple of 16, as buffers are given to kernels.
fn words(bytes: &[u8]) -> Vec<u128> {
    let word = |chunk: &[u8]| {
        let mut word = [0; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        u128::from_ne_bytes(word)
    };
    bytes.chunks(16).map(word).collect()
}

pub(crate) fn numbered(text: &str) -> String {
    text.lines().enumerate().map(|(index, line)| format!("{:4} {line}\n", index + 1)).collect()
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

/// A core program, with the tile program.
pub(crate) fn told(kernel: &Kernel, core: &CoreKernel) -> String {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    format!("{}\n{}", tile_ir::print_module(&module).unwrap_or_default(), text::print(core))
}
