//! Runs a kernel on cores.

use std::sync::Arc;

use corosensei::{Coroutine, Yielder};

use super::calls::{RUNNING, Running};
use super::core::{Buffer, Core, Shared};
use super::machine::queue::Schedule;
use super::{Refused, Rules};
use crate::library::Instance;
use crate::run::Fibers;
use crate::{Arg, Checks};

/// What all cores of a launch share.
#[derive(Debug)]
pub(crate) struct Cores {
    rules: Rules,
    checks: Checks,
    buffers: Arc<[Buffer]>,
    shared: Arc<Shared>,
    blocks: u64,
    seed: u64,
}

impl Cores {
    /// A launch of `blocks` cores over `args`, whose names are `names`.
    pub(crate) fn new(rules: Rules, checks: Checks, args: &[Arg], names: &[String], blocks: u64, seed: u64) -> Cores {
        let buffer = |(arg, name): (&Arg, &String)| match arg {
            Arg::Buffer { address, bytes, writable } => Some(Buffer {
                name: name.clone(),
                start: *address as usize,
                bytes: *bytes as usize,
                writable: *writable,
            }),
            Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => None,
        };
        let buffers = args.iter().zip(names).filter_map(buffer).collect();
        Cores { rules, checks, buffers, shared: Arc::new(Shared::new()), blocks, seed }
    }

    /// A core for one worker.
    pub(crate) fn core(&self) -> Core {
        let checked = match self.checks {
            Checks::Memory => true,
            Checks::Barriers => false,
        };
        Core::new(self.rules, Arc::clone(&self.buffers), Arc::clone(&self.shared), checked, self.blocks)
    }
}

/// Runs block `block` of a launch with these arguments.
pub(crate) fn run(
    cores: &Cores,
    core: &mut Core,
    instance: &Instance,
    fibers: &mut Fibers,
    args: &[usize],
    block: u64,
) -> Result<(), Refused> {
    core.start(block, Schedule::of(cores.seed, block));
    let stack_range = fibers.ranges().first().copied().unwrap_or((0, 0));
    let Some(stack) = fibers.take(0) else { return Ok(()) };
    let mut running = Running {
        core: std::ptr::from_mut(core),
        yielder: std::ptr::null(),
        refused: None,
        stack: stack_range,
        constants: instance.constants.clone(),
    };
    let state: *mut Running = &mut running;
    let (entry, args) = (instance.entry, args.as_ptr());
    let mut kernel = Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
        // SAFETY: `running` outlives the kernel; nothing refers to it while the kernel runs but hooks.
        unsafe { (*state).yielder = yielder };
        // SAFETY: the entry takes these tables; no text has numbers of threads. What the kernel does with memory is its own
        // matter, and `Checks::Memory` finds every access that is not its own.
        unsafe { entry(args, std::ptr::null()) };
    });
    RUNNING.set(state);
    kernel.resume(());
    RUNNING.set(std::ptr::null_mut());
    if !kernel.done() {
        // SAFETY: a kernel's frames own nothing, so they may be forgotten.
        unsafe { kernel.force_reset() };
    }
    fibers.put(0, kernel.into_stack());
    match running.refused.take() {
        Some(refused) => Err(refused),
        None => core.end(),
    }
}
