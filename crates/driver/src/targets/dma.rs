//! The targets of core programs: AscendC, PTO, BANG.

use emit_dma::Companion;
use tile_ir::Module;

use super::lowered::reports;
use super::{Compiled, Target};

/// A backend of core programs.
pub(super) struct Backend {
    /// What the lowering knows of it.
    pub(super) limits: &'static lower_dma::target::Target,
    print: fn(&lower_dma::ir::CoreKernel) -> Result<emit::Source, lower_dma::Error>,
    companions: fn(&[emit::Source]) -> Vec<Companion>,
}

/// The backend of a target; `None` if it has no core programs.
pub(super) fn backend(target: Target) -> Option<Backend> {
    match target {
        Target::Ascendc => Some(Backend {
            limits: &mlir_to_cpp::limits::TARGET,
            print: mlir_to_cpp::print,
            companions: mlir_to_cpp::companions,
        }),
        Target::Pto => Some(Backend {
            limits: &mlir_to_pto::limits::TARGET,
            print: mlir_to_pto::print,
            companions: mlir_to_pto::companions,
        }),
        Target::Bang => Some(Backend {
            limits: &mlir_to_bang::limits::TARGET,
            print: mlir_to_bang::print,
            companions: mlir_to_bang::companions,
        }),
        Target::Msl | Target::Cuda | Target::Musa | Target::Spirv | Target::Cpu => None,
    }
}

/// Prints one candidate of every family.
pub(super) fn compile(target: Target, module: &Module) -> anyhow::Result<Compiled> {
    let Some(backend) = backend(target) else { return super::compile(target, module) };
    let cores = lower_dma::lower(module, backend.limits).map_err(|errors| reports(&errors))?;
    let sources = emit::all(&cores.kernels, backend.print).map_err(|errors| reports(&errors))?;
    let companions = (backend.companions)(&sources);
    Ok(Compiled { companions, ..Compiled::printed(target, sources) })
}
