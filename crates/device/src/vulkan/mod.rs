//! Any device with a Vulkan 1.2 driver: GPUs of all makers, and processors (Mesa's lavapipe).
//!
//! *Loader and driver* are found when the device is opened; a machine without them gets an error that says which is
//! missing. Of several devices a discrete GPU is taken before an integrated one, and that before a processor;
//! `TENFOLD_VULKAN_DEVICE=part of a name` picks another.
//!
//! *Code* is SPIR-V, one module per kernel. There are no descriptors: a kernel's arguments are one block of push constants,
//! the address of each view and then each scalar. What a kernel needs is checked when it is loaded, from its manifest and
//! from the module itself ([`module`]). Subgroups have a pinned size where the device can pin it, and the module is told
//! (specialization constant 0).
//!
//! *Execution*: launches are encoded into command buffers ([`crate::stream`]), with a barrier only where a hazard wants one. A
//! command buffer starts with a barrier after everything before it, copies too. One timeline semaphore counts what has run.
//!
//! *Validation*: `TENFOLD_VULKAN_VALIDATION=1` turns Khronos's layer on, if it is installed. Every error that it reports is an
//! error of the call after which it was found, or a panic when the device closes.
mod commands;
mod context;
mod errors;
mod facts;
mod memory;
mod messages;
mod module;
mod needs;
mod physical;
mod pipeline;
mod queue;
mod reads;
mod recorded;
mod staging;
mod stamps;
#[cfg(test)]
mod tests;
mod types;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bundle::Bundle;

use crate::binding::Binding;
use crate::buffer::{Buffer, BufferInfo, Table, Usage, copy_range, new_device_id};
use crate::error::Error;
use crate::facts::{Fact, ReadRate};
use crate::program::{Kernels, Program};
use crate::sequence::Sequence;
use crate::stream::{Mode, Stream, accesses_of};
use crate::{Clock, Device, Judge};
use commands::Commands;
use context::{Context, Ticket};
use errors::{NAME, refused};
use memory::{Heap, Memory, Place};
use pipeline::Loaded;
use queue::{Launch, Launches};
use recorded::Recorded;
use staging::Staging;
use stamps::Stamps;

/// The target whose bundles this device runs.
const TARGET: &str = "spirv";

/// Launches of a recorded sequence that are handed over before the others are encoded: enough to keep a device busy
/// meanwhile.
const HEAD: usize = 32;

/// How a Vulkan device is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VulkanOptions {
    /// Part of the name of the device wanted, in whatever case; `None` takes the best.
    pub device: Option<String>,
    /// Whether Khronos's validation layer checks every call, if it is installed.
    pub validation: bool,
    /// Whether bytes are copied to and from the device even where the host reaches its memory.
    pub staged: bool,
    /// Folder that keeps compiled pipelines between runs; `None` compiles anew.
    pub cache: Option<PathBuf>,
}

impl VulkanOptions {
    /// As `TENFOLD_VULKAN_DEVICE`, `TENFOLD_VULKAN_VALIDATION` and `TENFOLD_VULKAN_STAGED` say (`1` or `0`); compiled
    /// pipelines are kept in the user's cache folder.
    ///
    /// # Errors
    /// Another value of those variables.
    pub fn from_environment() -> Result<VulkanOptions, Error> {
        let switch = |name: &str| match std::env::var(name).as_deref() {
            Err(_) | Ok("" | "0") => Ok(false),
            Ok("1") => Ok(true),
            Ok(other) => Err(errors::open(format!("{name} is `{other}`; it takes 0 or 1"))),
        };
        Ok(VulkanOptions {
            device: std::env::var("TENFOLD_VULKAN_DEVICE").ok().filter(|name| !name.is_empty()),
            validation: switch("TENFOLD_VULKAN_VALIDATION")?,
            staged: switch("TENFOLD_VULKAN_STAGED")?,
            cache: crate::cache_folder("vulkan"),
        })
    }
}

/// The `vulkan` device.
pub struct Vulkan {
    stream: Stream<Launches>,
    kernels: Kernels<Loaded>,
    buffers: Table<Memory>,
    /// Buffers that were freed while what uses them may run, until this submission has.
    freed: VecDeque<(Ticket, Memory)>,
    /// Buffers freed so far: as long as it stays the same, a recorded sequence holds none of them.
    frees: u64,
    staging: Staging,
    /// Made when a launch is timed.
    timing: Option<Timing>,
    heap: Heap,
    layout: ash::vk::PipelineLayout,
    cache: Option<PathBuf>,
    /// Kept to save allocations per launch.
    accesses: Vec<(Buffer, Mode)>,
    arguments: Vec<u8>,
    context: Arc<Context>,
}

/// What single launches are timed by.
struct Timing {
    stamps: Stamps,
    commands: Commands,
}

impl Timing {
    fn new(context: &Arc<Context>, host_reads: bool) -> Result<Timing, ash::vk::Result> {
        Ok(Timing { stamps: Stamps::new(context)?, commands: Commands::new(context, host_reads)? })
    }
}

impl Vulkan {
    /// Opens a device.
    ///
    /// # Errors
    /// No loader, no driver, no device, or none that has Vulkan 1.2 with buffer addresses.
    pub fn new(options: VulkanOptions) -> Result<Vulkan, Error> {
        let context = Arc::new(Context::new(options.device.as_deref(), options.validation)?);
        let heap = Heap::new(&context, options.staged)?;
        let made = || {
            let staging = Staging::new(&context, &heap)?;
            let commands = Commands::new(&context, heap.direct())?;
            let layout = pipeline::layout(&context)?;
            Ok((staging, Launches { commands, layout }, layout))
        };
        let (staging, launches, layout) = made().map_err(|error| refused("what launches are encoded by", error))?;
        context.check()?;
        let id = new_device_id();
        Ok(Vulkan {
            stream: Stream::new(launches),
            kernels: Kernels::new(id),
            buffers: Table::new(id),
            freed: VecDeque::new(),
            frees: 0,
            staging,
            timing: None,
            heap,
            layout,
            cache: options.cache,
            accesses: Vec::new(),
            arguments: Vec::new(),
            context,
        })
    }

    /// Gives memory back that nothing uses any more.
    fn collect(&mut self) {
        let Ok(completed) = self.context.completed() else { return };
        while self.freed.front().is_some_and(|(ticket, _)| *ticket <= completed) {
            self.freed.pop_front();
        }
    }

    /// A buffer of zeros.
    fn zeroed(&mut self, info: BufferInfo) -> Result<Memory, Error> {
        self.collect();
        let mut memory = match self.heap.memory(info, Place::Device) {
            Err(Error::OutOfDeviceMemory { .. }) if !self.freed.is_empty() => {
                self.sync()?;
                self.context.wait(self.context.submitted()).map_err(|error| errors::own("alloc", error))?;
                self.collect();
                self.heap.memory(info, Place::Device)
            }
            other => other,
        }?;
        if memory.is_cached() {
            // SAFETY: nothing knows it yet.
            unsafe { memory.clear() };
        } else {
            let ticket = self.staging.clear(&memory)?;
            if memory.is_mapped() {
                // The host may write it next.
                self.context.wait(ticket).map_err(|error| errors::own("alloc", error))?;
            }
        }
        Ok(memory)
    }

    /// Hands a sequence over, whose handles and arguments are up to date.
    fn run(&mut self, bindings: &[Binding], recorded: &Recorded) -> Result<(), Error> {
        let mut start = 0;
        while start < recorded.steps.len() {
            let rest = recorded.steps.len() - start;
            let count = if start == 0 && rest > 2 * HEAD { HEAD } else { rest };
            let (steps, bindings) = (&recorded.steps[start..start + count], &bindings[start..start + count]);
            let name = |binding: Option<&Binding>| binding.map_or_else(String::new, |one| one.kernel().name.clone());
            let (first, last) = (name(bindings.first()), name(bindings.last()));
            self.stream.whole((&first, &last), count as u32, |queue, encoding| {
                for (index, step) in steps.iter().enumerate() {
                    // Commands start with a barrier.
                    if step.barrier && index > 0 {
                        crate::stream::Queue::barrier(queue, encoding);
                    }
                    queue.add(encoding, step.pipeline, step.grid, recorded.arguments(step));
                }
            })?;
            start += count;
        }
        Ok(())
    }
}

impl Drop for Vulkan {
    fn drop(&mut self) {
        self.stream.flush();
        self.context.wait_idle();
    }
}

impl Device for Vulkan {
    fn name(&self) -> &str {
        NAME
    }

    fn judge(&self) -> Judge {
        match self.context.physical.kind {
            ash::vk::PhysicalDeviceType::CPU => Judge::NativeCpu,
            _ => Judge::Hardware,
        }
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        let memory = self.zeroed(BufferInfo { bytes, usage })?;
        self.context.check()?;
        Ok(self.buffers.insert(memory))
    }

    fn free(&mut self, buffer: Buffer) -> Result<(), Error> {
        let memory = self.buffers.remove(buffer)?;
        self.frees += 1;
        self.stream.flush();
        self.stream.forget(buffer);
        self.freed.push_back((self.context.submitted(), memory));
        self.collect();
        self.context.check()
    }

    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error> {
        Ok(self.buffers.get(buffer)?.info())
    }

    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let memory = self.buffers.get_mut(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        if memory.is_mapped() {
            self.stream.wait_for(buffer)?;
            // SAFETY: no launch that uses the buffer is pending, and there are no copies of mapped memory but downloads,
            // which are waited for.
            unsafe { memory.write(range, bytes) };
        } else {
            self.stream.flush();
            self.staging.upload(memory, range.start, bytes)?;
        }
        self.context.check()
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let memory = self.buffers.get(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        if memory.reads_in_place(bytes.len()) {
            self.stream.sync()?;
            // SAFETY: no launch is pending.
            unsafe { memory.read(range, bytes) };
        } else {
            self.stream.flush();
            self.staging.download(memory, range.start, bytes)?;
            self.stream.sync()?;
        }
        self.context.check()
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        let manifest = bundle.manifest();
        if manifest.target != TARGET {
            return Err(Error::Target { device: NAME, expected: TARGET, found: manifest.target.clone() });
        }
        // What a bundle needs, its kernels name.
        if let Some(feature) = manifest.features.first() {
            return Err(Error::MissingFeature { feature: feature.clone() });
        }
        let loaded = pipeline::load(&self.context, self.layout, bundle, self.cache.as_deref())?;
        self.context.check()?;
        Ok(self.kernels.add(manifest, loaded))
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let kernel = self.kernels.get(binding)?;
        self.arguments.clear();
        recorded::arguments(binding, &self.buffers, &mut self.arguments)?;
        accesses_of(binding, &mut self.accesses);
        let launch = Launch { kernel, arguments: &self.arguments };
        self.stream.launch(&binding.kernel().name, &self.accesses, launch)?;
        self.context.check()
    }

    fn launch_timed(&mut self, binding: &Binding) -> Result<Duration, Error> {
        self.sync()?;
        let Vulkan { kernels, buffers, arguments, timing, context, heap, layout, .. } = self;
        let kernel = kernels.get(binding)?;
        arguments.clear();
        recorded::arguments(binding, buffers, arguments)?;
        let refused = |error| errors::own(&binding.kernel().name, error);
        let timing = match timing {
            Some(timing) => timing,
            None => timing.insert(Timing::new(context, heap.direct()).map_err(refused)?),
        };
        let time = timing.stamps.time(&mut timing.commands, |commands| {
            Launches::encode(context, *layout, commands, kernel.pipeline(), kernel.grid, arguments);
        });
        self.context.check()?;
        time.map_err(refused)
    }

    fn times(&self) -> Clock {
        if self.context.physical.time_stamps { Clock::Device } else { Clock::Host }
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.stream.sync()?;
        self.context.check()
    }

    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        let launches = bindings.iter().map(|&binding| Ok((binding, self.kernels.get(binding)?)));
        let recorded = Recorded::new(launches, &self.buffers, self.frees)?;
        let mut sequence = Sequence::plain(bindings);
        sequence.prepared = Some(Box::new(recorded));
        Ok(sequence)
    }

    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        // All launches are of one device: it was recorded from them. Is it this one?
        sequence.bindings.first().map(|binding| self.kernels.get(binding)).transpose()?;
        let Some(recorded) = sequence.prepared.as_mut().and_then(|prepared| prepared.downcast_mut::<Recorded>()) else {
            return sequence.bindings.iter().try_for_each(|binding| self.launch(binding));
        };
        if recorded.frees != self.frees {
            let mut bytes = Vec::new();
            sequence.bindings.iter().try_for_each(|binding| {
                bytes.clear();
                recorded::arguments(binding, &self.buffers, &mut bytes)
            })?;
            recorded.frees = self.frees;
        }
        while let Some(index) = sequence.changed.pop_first() {
            recorded.set(index, &sequence.bindings[index]);
        }
        self.run(&sequence.bindings, recorded)?;
        self.context.check()
    }

    fn facts(&self) -> Vec<Fact> {
        facts::facts(&self.context, self.heap.direct())
    }

    fn measure_reads(&mut self, bytes: u64) -> Result<Option<ReadRate>, Error> {
        self.sync()?;
        let Vulkan { context, heap, staging, layout, .. } = self;
        let rate = reads::measure(reads::Bench { context, heap, staging, layout: *layout }, bytes)?;
        self.context.check()?;
        Ok(rate)
    }
}
