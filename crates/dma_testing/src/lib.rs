//! For tests of the backends of core programs: a kernel is lowered, printed and executed, and what it computes compared with the
//! tile interpreter.
//!
//! Whatever runs a core program runs it under every kind of schedule: what pipes are given is done at once, as late as flags, barriers
//! and waits allow, and at random times. [`programs`] holds core programs by hand, [`random`] random kernels, [`mutations`] damages lowered ones.

mod cores;
mod lines;
pub mod mutations;
mod program;
pub mod programs;
pub mod random;

use emit::Source;
use lower_dma::Error;
use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;

pub use cores::{SCHEDULES, core_outputs, interpret_cores, lower, told};
pub use kernel_testing::{full, judged_cases, random_case};
pub use lines::lines_follow_comments;
pub use program::Program;

/// A backend under test.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// Its limits.
    pub target: &'static Target,
    /// The emulated device that runs what it prints: `ascendc-emu`, `pto-emu`, `bang-emu` or `gaudi-emu`.
    pub device: &'static str,
    /// Its printer.
    pub print: fn(&CoreKernel) -> Result<Source, Error>,
}
