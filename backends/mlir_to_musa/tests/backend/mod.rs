//! The backend as the shared tests take it.

use emulator::Language;
use simt_testing::{Backend, Runs};

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_musa::limits::TARGET, runs: Runs::Emulated(Language::Musa), print: mlir_to_musa::print };
