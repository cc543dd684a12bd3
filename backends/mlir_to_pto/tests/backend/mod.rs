//! The backend as the shared tests take it.

use dma_testing::Backend;

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_pto::limits::TARGET, device: "pto-emu", print: mlir_to_pto::print };
