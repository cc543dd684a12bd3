//! Arguments as kernels read them, and recorded sequences.
//!
//! Arguments are part of the commands, and Vulkan's commands cannot be changed once they are recorded. So a sequence keeps
//! what its commands are made from (pipelines, grids, arguments, where barriers stand) and writes the commands anew for
//! each run, which costs less than any way to have them read arguments from memory (measured in docs/performance.md).
//! Everything that can be checked or found out once is: handles, hazards.

use ash::vk;
use bundle::manifest::ArgKind;

use super::memory::Memory;
use super::pipeline::{ADDRESS, Loaded};
use crate::binding::{Arg, Binding};
use crate::buffer::{Buffer, Table};
use crate::error::Error;
use crate::stream::{Hazards, Mode, accesses_of};

/// The arguments of a binding, appended to `bytes`: the address of each view, then each scalar.
///
/// # Errors
/// A buffer that was freed.
pub(super) fn arguments(binding: &Binding, buffers: &Table<Memory>, bytes: &mut Vec<u8>) -> Result<(), Error> {
    for arg in binding.args() {
        if let Arg::Buffer(buffer) = *arg {
            bytes.extend_from_slice(&buffers.get(buffer)?.address().to_le_bytes());
        }
    }
    bytes.extend_from_slice(&scalars(binding));
    Ok(())
}

fn scalars(binding: &Binding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for arg in binding.args() {
        match *arg {
            Arg::F32(value) => bytes.extend_from_slice(&value.to_le_bytes()),
            Arg::U32(value) => bytes.extend_from_slice(&value.to_le_bytes()),
            // The low word comes first, aligned to 4 bytes as all are.
            Arg::U64(value) => bytes.extend_from_slice(&value.to_le_bytes()),
            Arg::Buffer(_) => {}
        }
    }
    bytes
}

/// One launch of a sequence.
pub(super) struct Step {
    pub(super) pipeline: vk::Pipeline,
    pub(super) grid: [u32; 3],
    /// A barrier stands before it.
    pub(super) barrier: bool,
    arguments: std::ops::Range<usize>,
}

/// A recorded sequence.
pub(super) struct Recorded {
    pub(super) steps: Vec<Step>,
    /// Of all launches.
    bytes: Vec<u8>,
    /// How many buffers the device had freed when those of the sequence were last looked up.
    pub(super) frees: u64,
}

impl Recorded {
    /// Of launches with their kernels, in order.
    ///
    /// # Errors
    /// A buffer that was freed.
    pub(super) fn new<'a>(
        launches: impl Iterator<Item = Result<(&'a Binding, &'a Loaded), Error>>,
        buffers: &Table<Memory>,
        frees: u64,
    ) -> Result<Recorded, Error> {
        let (mut steps, mut bytes) = (Vec::new(), Vec::new());
        let mut hazards: Hazards<Buffer> = Hazards::new();
        let mut accesses: Vec<(Buffer, Mode)> = Vec::new();
        for launch in launches {
            let (binding, kernel) = launch?;
            let start = bytes.len();
            arguments(binding, buffers, &mut bytes)?;
            accesses_of(binding, &mut accesses);
            let barrier = hazards.launch(&accesses);
            steps.push(Step { pipeline: kernel.pipeline(), grid: kernel.grid, barrier, arguments: start..bytes.len() });
        }
        Ok(Recorded { steps, bytes, frees })
    }

    /// Takes over the scalars of launch `index`.
    pub(super) fn set(&mut self, index: usize, binding: &Binding) {
        let views = binding.kernel().args.iter().filter(|arg| matches!(arg.kind, ArgKind::View { .. })).count();
        if let Some(step) = self.steps.get(index) {
            let start = step.arguments.start + views * ADDRESS as usize;
            self.bytes[start..step.arguments.end].copy_from_slice(&scalars(binding));
        }
    }

    /// The arguments of a launch.
    pub(super) fn arguments(&self, step: &Step) -> &[u8] {
        &self.bytes[step.arguments.clone()]
    }
}
