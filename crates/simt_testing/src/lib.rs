//! For tests of the backends of lane programs: a kernel is lowered, printed and executed, and what it computes
//! compared with the tile interpreter.
//!
//! [`random`] holds random kernels, [`mutations`] damages lowered ones.

mod cases;
mod execute;
pub mod mutations;
pub mod random;

use emit::Source;
use emulator::Language;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use lower_simt::target::Target;

pub use cases::{judged_cases, random_case};
pub use execute::{Program, available, interpret_lanes, lane_outputs, run_on_device};

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

/// Whether the environment asks for the long runs (`TENFOLD_FULL=1`).
pub fn full() -> bool {
    std::env::var_os("TENFOLD_FULL").is_some_and(|value| value == "1")
}
