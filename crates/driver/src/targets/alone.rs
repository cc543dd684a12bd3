//! Targets whose kernels do not stand side by side: each is printed for itself, and the files that start or build them come last.

use emit::{Companion, Source};
use tile_ir::Module;

use super::{Compiled, Target, dma};

/// Whether a target is one of these.
pub(super) const fn is_alone(target: Target) -> bool {
    match target {
        Target::Ascendc | Target::Pto | Target::Bang => true,
        Target::Msl | Target::Cuda | Target::Musa | Target::Spirv | Target::Cpu => false,
    }
}

/// Prints one candidate of every family; nothing for other targets.
pub(super) fn sources(target: Target, module: &Module) -> anyhow::Result<Vec<Source>> {
    match dma::backend(target) {
        Some(backend) => dma::sources(&backend, module),
        None => Ok(Vec::new()),
    }
}

/// Files that start or build what was printed.
fn companions(target: Target, sources: &[Source]) -> Vec<Companion> {
    dma::backend(target).map_or_else(Vec::new, |backend| (backend.companions)(sources))
}

/// What a target made of printed kernels.
pub(super) fn compiled(target: Target, sources: Vec<Source>) -> Compiled {
    let companions = companions(target, &sources);
    Compiled { companions, ..Compiled::printed(target, sources) }
}
