//! What a backend prints, on an emulated device.

use std::sync::{Mutex, PoisonError};

use device::{Checks, Emulated, EmulatedOptions, Error, LoadedKernel};
use emit::Source;
use judge::{Case, Outputs};
use lower_dma::ir::CoreKernel;
use tile_ir::Kernel;

use crate::Backend;

/// Seeds of launches: what pipes are given is done at once, as late as possible, and at random times.
pub(crate) const SEEDS: [u64; 4] = [0, 1, 2, 3];

/// A printed kernel, loaded on a device of its own that checks every access.
pub struct Program {
    source: Source,
    device: Mutex<Emulated>,
    kernel: LoadedKernel,
}

impl Program {
    /// Prints `core`, and loads it on the backend's device through a bundle.
    ///
    /// # Errors
    /// The printer's or the compiler's messages, or what the device refuses.
    ///
    /// # Panics
    /// If there is no such device or no compiler.
    pub fn new(core: &CoreKernel, backend: &Backend) -> Result<Program, String> {
        let source = (backend.print)(core).map_err(|error| error.report().to_string())?;
        let options = EmulatedOptions { checks: Checks::Memory, threads: Some(1), seed: 0, cache: None };
        let mut device = Emulated::named(backend.device, options).unwrap_or_else(|error| panic!("{error}"));
        match kernel_testing::load(&mut device, &source) {
            Ok(kernel) => Ok(Program { source, device: Mutex::new(device), kernel }),
            Err(error @ Error::Open { .. }) => panic!("{error}"),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Executes the kernel under every kind of schedule, and compares with the tile interpreter on `kernel`.
    ///
    /// # Errors
    /// The fault, or what differs.
    ///
    /// # Panics
    /// If the tile interpreter traps on `kernel`.
    pub fn check(&self, kernel: &Kernel, case: &Case) -> Result<(), String> {
        let expected = kernel_testing::expected(kernel, case);
        for seed in SEEDS {
            let found = self.run(case, seed).map_err(|problem| format!("schedule {seed}: {problem}"))?;
            let comparison = judge::compare(case, &expected, &found);
            if !comparison.passed() {
                return Err(format!("schedule {seed}: {comparison}"));
            }
        }
        Ok(())
    }

    /// Executes the text once: what it wrote, or the fault.
    pub(crate) fn run(&self, case: &Case, seed: u64) -> Result<Outputs, String> {
        let mut device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        device.set_seed(seed);
        kernel_testing::launch(&mut *device, &self.kernel, case).map_err(|error| error.to_string())
    }
}
