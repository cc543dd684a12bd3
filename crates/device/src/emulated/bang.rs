//! Kernels of BANG C: one text for two archs, on both of which it must be right.
//!
//! With every access checked a launch runs on each arch, from the same memory; the later one's results stay, and the earlier one's must
//! be the same to the bit. Otherwise only one of them would be compared with anything: a value that one arch saturates and
//! the other does not would go unseen. For whole models it runs on one arch.

use std::path::Path;

use bundle::manifest::{ArgKind, Kernel};
use emulator::bang::{Arch, Error, Launch, Program, Schedule};
use emulator::{Arg, Checks};

use super::Fault;
use crate::error::Error as DeviceError;
use crate::memory::Memory;

/// The arch of whole models.
const USUAL: Arch = Arch::Mtp592;

/// A kernel for tasks.
#[derive(Debug)]
pub(super) struct Tasks {
    /// By arch, in the order in which they run.
    programs: Vec<Program>,
    tasks: u32,
}

/// When streams do what they were given.
fn schedule(seed: u64) -> Schedule {
    match seed {
        0 => Schedule::Eager,
        1 => Schedule::Late,
        seed => Schedule::Random(seed),
    }
}

impl Tasks {
    /// Compiles a text for the archs that it is to run on.
    pub(super) fn compile(
        cache: Option<&Path>,
        text: &str,
        entry: &str,
        checks: Checks,
        tasks: u32,
    ) -> Result<Tasks, Error> {
        let programs = match checks {
            Checks::Memory => Vec::from(Program::compile_all(cache, text, entry, checks)?),
            Checks::Barriers => vec![match cache {
                Some(cache) => Program::compile_cached(cache, USUAL, text, entry, checks)?,
                None => Program::compile(USUAL, text, entry, checks)?,
            }],
        };
        Ok(Tasks { programs, tasks })
    }

    /// Runs all tasks; `args` are those of `kernel`, and valid.
    pub(super) fn launch(&self, kernel: &Kernel, args: &[Arg], workers: usize, seed: u64) -> Result<(), Fault> {
        let Some((last, earlier)) = self.programs.split_last() else {
            return Err((None, "the kernel was compiled for no arch".to_owned()));
        };
        let mut results = Vec::new();
        for program in earlier {
            let copies = Copies::new(args).map_err(|error| (None, error.to_string()))?;
            self.run(program, &copies.args, workers, seed)?;
            results.push((program.arch(), copies));
        }
        self.run(last, args, workers, seed)?;
        results.iter().try_for_each(|(arch, copies)| copies.compare(kernel, args, *arch, last.arch()))
    }

    fn run(&self, program: &Program, args: &[Arg], workers: usize, seed: u64) -> Result<(), Fault> {
        let launch = Launch { tasks: self.tasks, args, workers, schedule: schedule(seed) };
        program.launch(&launch).map_err(|fault| (fault.line, format!("{}: {fault}", program.arch())))
    }
}

/// Arguments whose written buffers are copies.
struct Copies {
    args: Vec<Arg>,
    /// By argument.
    memory: Vec<Option<Memory>>,
}

/// The bytes of a buffer of a launch.
///
/// # Safety
/// They are valid and nobody writes them.
unsafe fn bytes<'a>(address: *mut u8, bytes: u64) -> &'a [u8] {
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(address.cast_const(), bytes as usize) }
}

impl Copies {
    fn new(args: &[Arg]) -> Result<Copies, DeviceError> {
        let mut copies = Copies { args: args.to_vec(), memory: Vec::new() };
        for arg in &mut copies.args {
            let memory = match arg {
                Arg::Buffer { address, bytes: size, writable: true } => {
                    let mut memory = Memory::zeroed(*size)?;
                    // SAFETY: the device's own buffer, at least as large as the view; no kernel runs now.
                    memory.as_mut_slice().copy_from_slice(unsafe { bytes(*address, *size) });
                    *address = memory.pointer();
                    Some(memory)
                }
                Arg::Buffer { writable: false, .. } | Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => None,
            };
            copies.memory.push(memory);
        }
        Ok(copies)
    }

    /// Compares what was written on two archs: here on `own`, into `args` on `other`.
    fn compare(&self, kernel: &Kernel, args: &[Arg], own: Arch, other: Arch) -> Result<(), Fault> {
        for ((declared, arg), memory) in kernel.args.iter().zip(args).zip(&self.memory) {
            let (Arg::Buffer { address, bytes: size, .. }, Some(memory)) = (arg, memory) else { continue };
            // SAFETY: as above.
            let found = unsafe { bytes(*address, *size) };
            let first = memory.as_slice().iter().zip(found).position(|(own, other)| own != other);
            if let Some(first) = first {
                let width = match &declared.kind {
                    ArgKind::View { dtype, .. } => dtype.bytes() as usize,
                    ArgKind::Scalar { .. } => 1,
                };
                let (name, element) = (&declared.name, first / width);
                let message = format!("element {element} of `{name}` is not the same on {own} and on {other}");
                return Err((None, message));
            }
        }
        Ok(())
    }
}
