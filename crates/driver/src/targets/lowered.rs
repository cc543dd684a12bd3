//! The lowered stage, as text for people.

use diagnostics::{Kind, Report};
use tile_ir::Module;

use super::{Target, dma, simt};
use crate::pipeline::Reports;

/// A module as a target prints it, and what the lowering knows of the target.
pub enum Lowered {
    /// Lane programs.
    Lanes(lower_simt::ir::LaneModule, &'static lower_simt::target::Target),
    /// Programs of a NeuronCore.
    Neuron(Vec<lower_nki::ir::Program>),
    /// Core programs.
    Cores(lower_dma::ir::CoreModule, &'static lower_dma::target::Target),
}

/// Lowers one candidate of every family of `module`; `None` for the CPU, which has neither lanes nor cores.
///
/// # Errors
/// What the target lacks, at the user's lines.
pub fn lower(target: Target, module: &Module) -> anyhow::Result<Option<Lowered>> {
    if let Some((limits, _)) = simt::printer(target) {
        let lanes = lower_simt::lower(module, limits).map_err(|errors| reports(&errors))?;
        return Ok(Some(Lowered::Lanes(lanes, limits)));
    }
    if target == Target::Nki {
        return Ok(Some(Lowered::Neuron(lower_nki::lower(module).map_err(|errors| reports(&errors))?)));
    }
    let Some(backend) = dma::backend(target) else { return Ok(None) };
    let cores = lower_dma::lower(module, backend.limits).map_err(|errors| reports(&errors))?;
    Ok(Some(Lowered::Cores(cores, backend.limits)))
}

/// The lane programs or core programs that `target` prints, as text for people.
///
/// # Errors
/// What the target lacks, at the user's lines; the CPU has neither.
pub fn lowered(target: Target, module: &Module) -> anyhow::Result<String> {
    match lower(target, module)? {
        Some(Lowered::Lanes(lanes, _)) => Ok(lower_simt::text::print_module(&lanes)),
        // A program of a NeuronCore is its text but for names.
        Some(Lowered::Neuron(programs)) => {
            let texts = emit::all(&programs, mlir_to_nki::print).map_err(|errors| reports(&errors))?;
            Ok(texts.into_iter().map(|source| source.text).collect::<Vec<_>>().join("\n"))
        }
        Some(Lowered::Cores(cores, _)) => Ok(lower_dma::text::print_module(&cores)),
        None => {
            let others = Target::ALL.iter().filter(|other| **other != target);
            let with: Vec<&str> = others.map(|other| other.name()).collect();
            Err(Report::new(Kind::Unsupported, format!("target `{target}` has no lowered stage"))
                .help(format!("take --target with one of: {}", with.join(", ")))
                .into())
        }
    }
}

/// What a lowering refuses, for people.
pub(super) fn reports(errors: &[tile_ir::LowerError]) -> Reports {
    Reports(errors.iter().map(Report::from).collect())
}
