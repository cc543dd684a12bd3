//! For tests of the backends of lane programs: a kernel is lowered, printed and executed, and what it computes
//! compared with the tile interpreter.
//!
//! [`random`] holds random kernels, [`mutations`] damages lowered ones.

mod execute;
pub mod mutations;
pub mod random;

use emit::Source;
use emulator::Language;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;

pub use execute::{Program, interpret_lanes, lane_outputs};
pub use kernel_testing::{available, full, judged_cases, random_case, run as run_on_device};

/// A backend under test.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// Its limits.
    pub target: &'static Target,
    /// Who runs what it prints.
    pub runs: Runs,
    /// Its printer.
    pub print: fn(&LaneKernel) -> Result<Source, Error>,
}

/// Who runs what a backend prints.
#[derive(Clone, Copy, Debug)]
pub enum Runs {
    /// The emulator, with every check.
    Emulated(Language),
    /// The device of this name, if the machine has it: see [`available`].
    On(&'static str),
}
