//! The targets of lane programs: Metal, CUDA, MUSA, SPIR-V.

use tile_ir::Module;

use super::lowered::reports;
use super::{Compiled, Target};

type Sources = Result<Vec<emit::Source>, Vec<lower_simt::Error>>;

/// Prints one candidate of every family.
pub(super) fn compile(target: Target, module: &Module) -> anyhow::Result<Compiled> {
    let sources: Sources = match target {
        Target::Msl => mlir_to_msl::emit(module, &mlir_to_msl::Options::default()),
        Target::Cuda => mlir_to_gpu::emit(module, &mlir_to_gpu::Options::default()),
        Target::Musa => mlir_to_musa::emit(module, &mlir_to_musa::Options::default()),
        Target::Spirv => mlir_to_spirv::emit(module, &mlir_to_spirv::Options::default()),
        Target::Ascendc | Target::Pto | Target::Bang | Target::Gaudi | Target::Nki | Target::Aie | Target::Cpu => {
            return super::compile(target, module);
        }
    };
    let sources = sources.map_err(|errors| reports(&errors))?;
    Ok(Compiled::printed(target, sources))
}

/// What the lowering knows of a target, and its printer; `None` if it has no lane programs.
pub(super) fn printer(target: Target) -> Option<(&'static lower_simt::target::Target, Print)> {
    match target {
        Target::Msl => Some((&mlir_to_msl::limits::TARGET, mlir_to_msl::print)),
        Target::Cuda => Some((&mlir_to_gpu::limits::TARGET, mlir_to_gpu::print)),
        Target::Musa => Some((&mlir_to_musa::limits::TARGET, mlir_to_musa::print)),
        Target::Spirv => Some((&mlir_to_spirv::limits::TARGET, mlir_to_spirv::print)),
        Target::Ascendc | Target::Pto | Target::Bang | Target::Gaudi | Target::Nki | Target::Aie | Target::Cpu => None,
    }
}

/// Prints a lane program.
pub(super) type Print = fn(&lower_simt::ir::LaneKernel) -> Result<emit::Source, lower_simt::Error>;
