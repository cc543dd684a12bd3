//! The backend as the shared tests take it.

use emulator::Language;
use simt_testing::Backend;

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_gpu::limits::TARGET, language: Language::Cuda, print: mlir_to_gpu::print };
