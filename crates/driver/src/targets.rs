//! Targets: typed IR to a bundle.

use std::path::Path;

use anyhow::Context;
use bundle::BundleWriter;
use bundle::manifest::{self, Manifest};
use mlir_to_cpu::{CpuObject, Options, link, names};
use tile_ir::{Kernel, Module};

use crate::pipeline::Reports;

/// Name and version of this compiler.
pub const GENERATOR: &str = concat!("tenfold ", env!("CARGO_PKG_VERSION"));

/// What a target made of a module.
pub struct Compiled {
    /// Text for people.
    pub source: String,
    object: CpuObject,
}

impl Compiled {
    /// The kernels of the bundle: one candidate per family.
    pub fn kernels(&self) -> &[manifest::Kernel] {
        &self.object.kernels
    }

    /// The relocatable object.
    pub fn object_bytes(&self) -> &[u8] {
        &self.object.bytes
    }

    /// The candidate of `module` that became `kernel`.
    pub fn chosen<'a>(&self, module: &'a Module, kernel: &manifest::Kernel) -> Option<&'a Kernel> {
        module.kernels.iter().find(|candidate| {
            candidate.family == kernel.name && candidate.tuning.iter().cloned().eq(tuning(candidate, kernel))
        })
    }
}

/// The manifest's tuning in the candidate's order.
fn tuning<'a>(candidate: &'a Kernel, kernel: &'a manifest::Kernel) -> impl Iterator<Item = (String, u64)> + 'a {
    candidate.tuning.iter().filter_map(|(key, _)| kernel.tuning.get(key).map(|value| (key.clone(), *value)))
}

/// Compiles for the processor this runs on.
///
/// # Errors
/// What the CPU target lacks, at the user's lines.
pub fn compile(module: &Module) -> anyhow::Result<Compiled> {
    let options = Options::host().map_err(|error| Reports(vec![error.report()]))?;
    let object = mlir_to_cpu::emit(module, &options)
        .map_err(|errors| Reports(errors.iter().map(mlir_to_cpu::Error::report).collect()))?;
    Ok(Compiled { source: object.clif.clone(), object })
}

/// Links `compiled` and writes the bundle `group` into `folder`.
///
/// # Errors
/// No linker, or a folder that cannot be written.
pub fn write_bundle(group: &str, compiled: &Compiled, folder: &Path) -> anyhow::Result<Manifest> {
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let library = scratch.path().join(names::LIBRARY_FILE);
    link::link(&compiled.object, &library)?;
    let mut writer = BundleWriter::new(GENERATOR, group, mlir_to_cpu::TARGET);
    for feature in &compiled.object.features {
        writer.feature(feature);
    }
    let bytes = std::fs::read(&library).context("the linked library is gone")?;
    writer.file(names::LIBRARY_FILE, bytes)?;
    writer.file("kernels.clif", compiled.source.as_bytes())?;
    for kernel in &compiled.object.kernels {
        writer.kernel(kernel.clone());
    }
    writer.finish(folder)?;
    Ok(writer.manifest().clone())
}
