//! This backend, for the shared tests.

use dma_testing::Backend;

/// Designs on the emulator.
pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_aie::limits::TARGET, device: "aie-emu", print: mlir_to_aie::print };
