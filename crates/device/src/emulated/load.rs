//! Compiling the kernels of a bundle for the emulator.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bundle::{Bundle, manifest};
use emulator::{Language, Program};

use super::EmulatedOptions;
use super::aie::{self, Design};
use super::bang::Tasks;
use super::gaudi::Members;
use super::nki::Core;
use super::target::Target;
use crate::error::Error;

/// A compiled kernel.
pub(super) enum Kernel {
    /// Groups of threads, or cores of one thread each.
    Groups {
        /// The code.
        program: Program,
        /// Groups along x, y, z.
        grid: [u64; 3],
        /// Threads of one group.
        threads: u32,
    },
    /// Tasks of BANG C.
    Tasks(Tasks),
    /// Members of an index space of TPC-C.
    Members(Members),
    /// A NeuronCore.
    Core(Core),
    /// A design for an NPU.
    Design(Design),
}

/// Compiles every kernel, `workers` at a time; results in the manifest's order.
pub(super) fn kernels(
    bundle: &Bundle,
    target: Target,
    options: &EmulatedOptions,
    workers: usize,
) -> Result<Vec<Kernel>, Error> {
    let kernels = &bundle.manifest().kernels;
    let results: Vec<Mutex<Option<Result<Kernel, Error>>>> = kernels.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(kernels.len()) {
            scope.spawn(|| {
                while let Some((kernel, slot)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    kernels.get(index).zip(results.get(index))
                } {
                    let result = compile(bundle, kernel, target, options);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
    });
    let missing = |kernel: &manifest::Kernel| {
        Err(Error::Kernel { kernel: kernel.name.clone(), message: "compiling it ended without a result".to_owned() })
    };
    let taken = results.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken.zip(kernels).map(|(result, kernel)| result.unwrap_or_else(|| missing(kernel))).collect()
}

fn compile(
    bundle: &Bundle,
    kernel: &manifest::Kernel,
    target: Target,
    options: &EmulatedOptions,
) -> Result<Kernel, Error> {
    let failed = |message: String| Error::Load { file: kernel.file.clone(), message };
    let text = String::from_utf8(bundle.read(&kernel.file)?).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    let (result, line) = match target {
        Target::Language(language) => {
            let result = groups(kernel, &text, language, options);
            let line = |error: &emulator::Error| error.diagnostics().first().map(|first| first.line);
            let line = result.as_ref().err().and_then(line);
            (result.map_err(|error| (error.is_skip(), error.to_string())), line)
        }
        Target::Bang => {
            let tasks = tasks(kernel)?;
            let cache = options.cache.as_deref();
            let result = Tasks::compile(cache, &text, &kernel.entry, options.checks, tasks).map(Kernel::Tasks);
            let line = |error: &emulator::bang::Error| error.diagnostics().first().map(|first| first.line);
            let line = result.as_ref().err().and_then(line);
            (result.map_err(|error| (error.is_skip(), error.to_string())), line)
        }
        Target::Gaudi => {
            let members = tasks(kernel)?;
            let result = Members::compile(&text, options.checks, members).map(Kernel::Members);
            let line = match &result {
                Err(emulator::gaudi::Error::Text(error)) => Some(error.line),
                Ok(_) | Err(_) => None,
            };
            (result.map_err(|error| (false, error.to_string())), line)
        }
        Target::Nki => {
            let result = Core::compile(&text, kernel, options.checks).map(Kernel::Core);
            let line = |error: &emulator::nki::Error| error.diagnostics().first().map(|first| first.line);
            let line = result.as_ref().err().and_then(line);
            (result.map_err(|error| (error.is_skip(), error.to_string())), line)
        }
        Target::Aie => {
            let functions = aie::functions(bundle, kernel)?;
            let result =
                Design::compile(options.cache.as_deref(), options.checks, &text, &functions).map(Kernel::Design);
            (result.map_err(|error| (error.is_skip(), error.to_string())), None)
        }
    };
    result.map_err(|(skip, message)| {
        if skip {
            Error::Open { device: target.device(), message }
        } else {
            let (kernel, file, line) = (kernel.name.clone(), kernel.file.clone(), line.filter(|line| *line > 0));
            Error::Fault { kernel, file, line, message }
        }
    })
}

/// A kernel of a language whose programs are groups or cores.
fn groups(
    kernel: &manifest::Kernel,
    text: &str,
    language: Language,
    options: &EmulatedOptions,
) -> Result<Kernel, emulator::Error> {
    let program = match &options.cache {
        Some(cache) => Program::compile_cached(cache, language, text, &kernel.entry, options.checks)?,
        None => Program::compile(language, text, &kernel.entry, options.checks)?,
    };
    // The manifest's limit on threads was checked when the bundle was opened.
    let threads = kernel.block.iter().product::<u64>() as u32;
    Ok(Kernel::Groups { program, grid: kernel.workgroups.unwrap_or(kernel.grid), threads })
}

/// The tasks of a launch of BANG C, or members of TPC-C, which are along x and one thread of control each.
fn tasks(kernel: &manifest::Kernel) -> Result<u32, Error> {
    let grid = kernel.workgroups.unwrap_or(kernel.grid);
    match (grid, kernel.block) {
        ([tasks, 1, 1], [1, 1, 1]) if u32::try_from(tasks).is_ok() => Ok(tasks as u32),
        (_, block) => {
            let message =
                format!("{grid:?} groups of {block:?} threads; tasks are along x, at most {}, of 1", u32::MAX);
            Err(Error::Kernel { kernel: kernel.name.clone(), message })
        }
    }
}
