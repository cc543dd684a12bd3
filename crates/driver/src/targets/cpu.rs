//! The CPU target.

use mlir_to_cpu::Options;
use tile_ir::Module;

use super::{Compiled, Target, Text};
use crate::pipeline::Reports;

/// File with the code as text.
const TEXT_FILE: &str = "kernels.clif";

/// Compiles for the processor this runs on.
pub(super) fn compile(module: &Module) -> anyhow::Result<Compiled> {
    let options = Options::host().map_err(|error| Reports(vec![error.report()]))?;
    let object = mlir_to_cpu::emit(module, &options)
        .map_err(|errors| Reports(errors.iter().map(mlir_to_cpu::Error::report).collect()))?;
    let texts = vec![Text { file: TEXT_FILE.to_owned(), text: object.clif.clone(), binary: None, parts: vec![] }];
    let kernels = object.kernels.clone();
    Ok(Compiled::plain(Target::Cpu, texts, kernels, Some(object)))
}
