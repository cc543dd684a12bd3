//! Targets whose kernels do not stand side by side: each is printed for itself, and the files that start or build them come last.

use emit::{Companion, Source};
use tile_ir::Module;

use super::lowered::reports;
use super::{Compiled, Target, dma};

/// Whether a target is one of these.
pub(super) const fn is_alone(target: Target) -> bool {
    match target {
        Target::Ascendc | Target::Pto | Target::Bang | Target::Gaudi | Target::Nki | Target::Aie => true,
        Target::Msl | Target::Cuda | Target::Musa | Target::Spirv | Target::Cpu => false,
    }
}

/// Prints one candidate of every family; nothing for other targets.
pub(super) fn sources(target: Target, module: &Module) -> anyhow::Result<Vec<Source>> {
    match dma::backend(target) {
        Some(backend) => dma::sources(&backend, module),
        None if target == Target::Nki => {
            let sources = mlir_to_nki::emit(module, &mlir_to_nki::Options::default());
            Ok(sources.map_err(|errors| reports(&errors))?)
        }
        None => Ok(Vec::new()),
    }
}

/// Files that start or build what was printed.
fn companions(target: Target, sources: &[Source]) -> Vec<Companion> {
    match dma::backend(target) {
        Some(backend) => (backend.companions)(sources),
        None if target == Target::Nki => mlir_to_nki::companions(sources),
        None => Vec::new(),
    }
}

/// What a target made of printed kernels.
pub(super) fn compiled(target: Target, sources: Vec<Source>) -> Compiled {
    let companions = companions(target, &sources);
    Compiled { companions, ..Compiled::printed(target, sources) }
}
