//! The backend as the shared tests take it.

use dma_testing::Backend;

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_cpp::limits::TARGET, device: "ascendc-emu", print: mlir_to_cpp::print };
