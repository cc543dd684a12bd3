//! This backend, for the shared tests.

use dma_testing::Backend;

/// BANG C on the emulator.
pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_bang::limits::TARGET, device: "bang-emu", print: mlir_to_bang::print };
