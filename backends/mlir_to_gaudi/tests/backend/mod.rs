//! The backend under test.

use dma_testing::Backend;

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_gaudi::limits::TARGET, device: "gaudi-emu", print: mlir_to_gaudi::print };
