//! The targets of lane programs: Metal, CUDA, MUSA, SPIR-V.

use diagnostics::{Kind, Report};
use tile_ir::Module;

use super::{Compiled, Target, Text};
use crate::pipeline::Reports;

type Sources = Result<Vec<emit::Source>, Vec<lower_simt::Error>>;

/// Prints one candidate of every family.
pub(super) fn compile(target: Target, module: &Module) -> anyhow::Result<Compiled> {
    let sources: Sources = match target {
        Target::Msl => mlir_to_msl::emit(module, &mlir_to_msl::Options::default()),
        Target::Cuda => mlir_to_gpu::emit(module, &mlir_to_gpu::Options::default()),
        Target::Musa => mlir_to_musa::emit(module, &mlir_to_musa::Options::default()),
        Target::Spirv => mlir_to_spirv::emit(module, &mlir_to_spirv::Options::default()),
        Target::Cpu => return super::cpu::compile(module),
    };
    let sources = sources.map_err(|errors| reports(&errors))?;
    let mut compiled = Compiled::plain(target, Vec::new(), Vec::new(), None);
    for source in sources {
        let (text, kernel) = Text::of(source);
        compiled.texts.push(text);
        compiled.kernels.push(kernel);
    }
    Ok(compiled)
}

/// The lane programs that `target` prints, as text for people.
///
/// # Errors
/// What the target lacks, at the user's lines; the CPU has no lane programs.
pub fn lowered(target: Target, module: &Module) -> anyhow::Result<String> {
    let Some((limits, _)) = printer(target) else {
        let with: Vec<&str> = Target::ALL.iter().filter(|other| **other != target).map(|other| other.name()).collect();
        return Err(Report::new(Kind::Unsupported, format!("target `{target}` has no lowered stage"))
            .help(format!("take --target with one of: {}", with.join(", ")))
            .into());
    };
    let lanes = lower_simt::lower(module, limits).map_err(|errors| reports(&errors))?;
    Ok(lower_simt::text::print_module(&lanes))
}

/// What the lowering knows of a target, and its printer; none for the CPU.
pub(super) fn printer(target: Target) -> Option<(&'static lower_simt::target::Target, Print)> {
    match target {
        Target::Msl => Some((&mlir_to_msl::limits::TARGET, mlir_to_msl::print)),
        Target::Cuda => Some((&mlir_to_gpu::limits::TARGET, mlir_to_gpu::print)),
        Target::Musa => Some((&mlir_to_musa::limits::TARGET, mlir_to_musa::print)),
        Target::Spirv => Some((&mlir_to_spirv::limits::TARGET, mlir_to_spirv::print)),
        Target::Cpu => None,
    }
}

/// Prints a lane program.
pub(super) type Print = fn(&lower_simt::ir::LaneKernel) -> Result<emit::Source, lower_simt::Error>;

fn reports(errors: &[lower_simt::Error]) -> Reports {
    Reports(errors.iter().map(Report::from).collect())
}
