//! Cases for machines without the compiler: inputs by their recipes, outputs by the interpreter.

use std::path::Path;

use anyhow::Context;
use bundle::manifest::{self, Fusion};
use cases::Recorder;
use diagnostics::{Kind, Report};
use tile_ir::{Kernel, Module};

use crate::targets::{Compiled, GENERATOR};

/// File of cases in a bundle's folder.
pub const CASES_FILE: &str = "cases.zip";

/// Interprets every kernel of `compiled`, which was made of `module`, on `seeds` random cases or as many more as reach the
/// edges of its inputs, and writes them to `path`; the number of cases. A fused kernel's outputs are those of the launches
/// that it stands for, one after the other.
///
/// # Errors
/// A kernel that traps or whose views are too large, or a file that cannot be written.
pub fn record(module: &Module, compiled: &Compiled, seeds: u64, path: &Path) -> anyhow::Result<usize> {
    let mut recorder = Recorder::new(path, GENERATOR, &module.name, compiled.target.name())?;
    for kernel in compiled.kernels() {
        let context = || format!("no case of kernel `{}`", kernel.name);
        match compiled.fusions().iter().find(|fusion| fusion.kernel == kernel.name) {
            Some(fusion) => fused(&mut recorder, module, compiled, kernel, fusion, seeds).with_context(context)?,
            None => {
                plain(&mut recorder, chosen(module, compiled, &kernel.name)?, kernel, seeds).with_context(context)?
            }
        }
    }
    Ok(recorder.finish()?)
}

fn plain(recorder: &mut Recorder, kernel: &Kernel, compiled: &manifest::Kernel, seeds: u64) -> anyhow::Result<()> {
    for seed in 1..=judge::seeds(kernel, seeds) {
        let case = judge::generate(kernel, seed)?;
        let outputs = judge::run_interpreter(kernel, &case)?;
        recorder.add(&compiled.name, &judge::recipe(kernel, seed), &case, &outputs)?;
    }
    Ok(())
}

fn fused(
    recorder: &mut Recorder,
    module: &Module,
    compiled: &Compiled,
    kernel: &manifest::Kernel,
    fusion: &Fusion,
    seeds: u64,
) -> anyhow::Result<()> {
    let launches = fusion.launches.iter().map(|name| chosen(module, compiled, name));
    let launches = launches.collect::<Result<Vec<&Kernel>, Report>>()?;
    let seeds = launches.iter().map(|launch| judge::seeds(launch, seeds)).max().unwrap_or(seeds);
    for seed in 1..=seeds {
        let made = judge::interpret_fused(fusion, kernel, &launches, seed)?;
        recorder.add(&kernel.name, &made.recipe, &made.case, &made.outputs)?;
    }
    Ok(())
}

/// The candidate that became the kernel of this family.
fn chosen<'a>(module: &'a Module, compiled: &Compiled, family: &str) -> Result<&'a Kernel, Report> {
    let kernel = compiled.kernels().iter().find(|kernel| kernel.name == family);
    let candidate = kernel.and_then(|kernel| compiled.chosen(module, kernel));
    candidate.ok_or_else(|| Report::new(Kind::Bug, format!("no candidate of `{family}` was compiled")))
}
