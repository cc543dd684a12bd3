//! The lowered stage, as text for people.

use diagnostics::{Kind, Report};
use tile_ir::Module;

use super::{Target, dma, simt};
use crate::pipeline::Reports;

/// The lane programs or core programs that `target` prints.
///
/// # Errors
/// What the target lacks, at the user's lines; the CPU has neither.
pub fn lowered(target: Target, module: &Module) -> anyhow::Result<String> {
    if let Some((limits, _)) = simt::printer(target) {
        let lanes = lower_simt::lower(module, limits).map_err(|errors| reports(&errors))?;
        return Ok(lower_simt::text::print_module(&lanes));
    }
    if let Some(backend) = dma::backend(target) {
        let cores = lower_dma::lower(module, backend.limits).map_err(|errors| reports(&errors))?;
        return Ok(lower_dma::text::print_module(&cores));
    }
    let with: Vec<&str> = Target::ALL.iter().filter(|other| **other != target).map(|other| other.name()).collect();
    Err(Report::new(Kind::Unsupported, format!("target `{target}` has no lowered stage"))
        .help(format!("take --target with one of: {}", with.join(", ")))
        .into())
}

/// What a lowering refuses, for people.
pub(super) fn reports(errors: &[tile_ir::LowerError]) -> Reports {
    Reports(errors.iter().map(Report::from).collect())
}
