//! The targets of core programs: AscendC, PTO, BANG, Gaudi, AIE.

use emit::{Companion, Source};
use tile_ir::Module;

use super::Target;
use super::lowered::reports;

/// A backend of core programs.
pub(super) struct Backend {
    /// What the lowering knows of it.
    pub(super) limits: &'static lower_dma::target::Target,
    print: fn(&lower_dma::ir::CoreKernel) -> Result<Source, lower_dma::Error>,
    /// Files that start or build the texts.
    pub(super) companions: fn(&[Source]) -> Vec<Companion>,
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
        Target::Gaudi => Some(Backend {
            limits: &mlir_to_gaudi::limits::TARGET,
            print: mlir_to_gaudi::print,
            companions: mlir_to_gaudi::companions,
        }),
        Target::Aie => Some(Backend {
            limits: &mlir_to_aie::limits::TARGET,
            print: mlir_to_aie::print,
            companions: mlir_to_aie::companions,
        }),
        Target::Msl | Target::Cuda | Target::Musa | Target::Spirv | Target::Nki | Target::Cpu => None,
    }
}

/// Prints one candidate of every family.
pub(super) fn sources(backend: &Backend, module: &Module) -> anyhow::Result<Vec<Source>> {
    let cores = lower_dma::lower(module, backend.limits).map_err(|errors| reports(&errors))?;
    Ok(emit::all(&cores.kernels, backend.print).map_err(|errors| reports(&errors))?)
}
