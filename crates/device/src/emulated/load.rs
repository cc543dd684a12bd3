//! Compiling the kernels of a bundle for the emulator.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bundle::{Bundle, manifest};
use emulator::{Language, Program};

use super::{EmulatedOptions, device_name};
use crate::error::Error;

/// A compiled kernel.
pub(super) struct Kernel {
    pub(super) program: Program,
    /// Threads of one program.
    pub(super) threads: u32,
}

/// Compiles every kernel, `workers` at a time; results in the manifest's order.
pub(super) fn kernels(
    bundle: &Bundle,
    language: Language,
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
                    let result = compile(bundle, kernel, language, options);
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
    language: Language,
    options: &EmulatedOptions,
) -> Result<Kernel, Error> {
    let failed = |message: String| Error::Load { file: kernel.file.clone(), message };
    let text = String::from_utf8(bundle.read(&kernel.file)?).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    // The manifest's limit on threads was checked when the bundle was opened.
    let threads = kernel.block.iter().product::<u64>() as u32;
    let compiled = match &options.cache {
        Some(cache) => Program::compile_cached(cache, language, &text, &kernel.entry, options.checks),
        None => Program::compile(language, &text, &kernel.entry, options.checks),
    };
    let program = compiled.map_err(|error| {
        if error.is_skip() {
            Error::Open { device: device_name(language), message: error.to_string() }
        } else {
            let line = error.diagnostics().first().map(|first| first.line).filter(|line| *line > 0);
            let (kernel, file) = (kernel.name.clone(), kernel.file.clone());
            Error::Fault { kernel, file, line, message: error.to_string() }
        }
    })?;
    Ok(Kernel { program, threads })
}
