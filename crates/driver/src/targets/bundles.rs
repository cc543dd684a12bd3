//! Writing a compiled module as a bundle.

use std::path::Path;

use anyhow::Context;
use bundle::BundleWriter;
use bundle::manifest::Manifest;
use mlir_to_cpu::{CpuObject, link, names};

use super::Compiled;

/// Name and version of this compiler.
pub const GENERATOR: &str = concat!("tenfold ", env!("CARGO_PKG_VERSION"));

/// Writes `compiled` as the bundle of `group` into `folder`: the texts beside the manifest, with what is loaded
/// where that is not the text: modules of words, for the CPU the linked library.
///
/// # Errors
/// No linker, or a folder that cannot be written.
pub fn write_bundle(group: &str, compiled: &Compiled, folder: &Path) -> anyhow::Result<Manifest> {
    let mut writer = BundleWriter::new(GENERATOR, group, compiled.target.name());
    if let Some(object) = &compiled.object {
        for feature in &object.features {
            writer.feature(feature);
        }
        writer.file(names::LIBRARY_FILE, link(object)?)?;
    }
    for text in &compiled.texts {
        writer.file(text.file.as_str(), text.text.as_bytes())?;
        if let Some(binary) = &text.binary {
            writer.file(binary.file.as_str(), binary.bytes.as_slice())?;
        }
        for part in &text.parts {
            writer.file(part.file.as_str(), part.text.as_bytes())?;
        }
    }
    for companion in &compiled.companions {
        writer.file(companion.file.as_str(), companion.text.as_bytes())?;
    }
    for kernel in &compiled.kernels {
        writer.kernel(kernel.clone());
    }
    for fusion in &compiled.fusions {
        writer.fusion(fusion.clone());
    }
    writer.finish(folder)?;
    Ok(writer.manifest().clone())
}

fn link(object: &CpuObject) -> anyhow::Result<Vec<u8>> {
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let library = scratch.path().join(names::LIBRARY_FILE);
    link::link(object, &library)?;
    std::fs::read(&library).context("the linked library is gone")
}
