//! The backend as the shared tests take it.

use simt_testing::{Backend, Runs};

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_spirv::limits::TARGET, runs: Runs::On("vulkan"), print: mlir_to_spirv::print };
