//! Apple GPUs, through Metal.
//!
//! *Memory* is shared between processor and GPU: a buffer is written and read in place, without copies. The host may
//! touch it only while no launch that uses it is pending; [`Stream`] knows which are.
//!
//! *Code* is MSL text, compiled when a bundle is loaded: language 3.1, safe mathematics, one pipeline per kernel.
//! Parameter `i` of a kernel is buffer slot `i`, for views and for scalars (`constant T&`, passed by value).
//!
//! *Execution*: launches of a forward pass are encoded into one command buffer with one concurrent compute encoder,
//! which runs dispatches side by side unless a memory barrier stands between them; [`Stream`] puts one only before a
//! launch that reads or overwrites what a launch since the last barrier wrote, or overwrites what one read. The command
//! buffer is committed when somebody waits, and every few launches so that the GPU starts early. Across command buffers
//! of the one queue, Metal itself orders accesses of the same buffer: the buffers keep its default hazard tracking.
mod buffers;
mod errors;
mod library;
mod queue;

use bundle::Bundle;
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::ProtocolObject;
use objc2_metal::{MTLCreateSystemDefaultDevice, MTLDevice, MTLGPUFamily};

use crate::binding::Binding;
use crate::buffer::{Buffer, BufferInfo, Table, Usage, copy_range, new_device_id};
use crate::error::Error;
use crate::program::{Kernels, Program};
use crate::stream::{Mode, Stream, accesses_of};
use crate::{Device, Judge};
use buffers::Memory;
use library::Pipeline;
use queue::{Dispatch, Metal as Commands};

/// The target whose bundles this device runs.
const TARGET: &str = "msl";

/// What a bundle may ask for beyond the target itself; every device that [`Metal::new`] accepts has it.
const FEATURES: [&str; 2] = ["metal3.1", "apple7"];

// `MTLCreateSystemDefaultDevice` finds no device in a process that does not load this framework.
#[cfg(target_os = "macos")]
#[link(name = "CoreGraphics", kind = "framework")]
unsafe extern "C" {}

/// The `metal` device.
pub struct Metal {
    device: Retained<ProtocolObject<dyn MTLDevice>>,
    buffers: Table<Memory>,
    kernels: Kernels<Pipeline>,
    stream: Stream<Commands>,
    /// Kept to save an allocation per launch.
    accesses: Vec<(Buffer, Mode)>,
}

// SAFETY: devices, queues and pipelines may be used from any thread. Command buffers, encoders and buffers may be used
// from any thread, by one at a time: the `Metal` owns them all, and hands out neither references nor clones.
unsafe impl Send for Metal {}

impl Metal {
    /// The system's default GPU.
    ///
    /// # Errors
    /// No GPU, or one without what the kernels need (Apple silicon has it).
    pub fn new() -> Result<Metal, Error> {
        autoreleasepool(|_| {
            let open = |message: String| Error::Open { device: "metal", message };
            let device = MTLCreateSystemDefaultDevice().ok_or_else(|| open("the system offers no GPU".to_owned()))?;
            if !device.supportsFamily(MTLGPUFamily::Apple7) {
                return Err(open(format!("`{}` is no Apple silicon GPU", device.name())));
            }
            let commands = Commands::new(&device)?;
            let id = new_device_id();
            Ok(Metal {
                device,
                buffers: Table::new(id),
                kernels: Kernels::new(id),
                stream: Stream::new(commands),
                accesses: Vec::new(),
            })
        })
    }
}

impl Device for Metal {
    fn name(&self) -> &str {
        "metal"
    }

    fn judge(&self) -> Judge {
        Judge::Hardware
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        let memory = Memory::zeroed(&self.device, BufferInfo { bytes, usage })?;
        Ok(self.buffers.insert(memory))
    }

    fn free(&mut self, buffer: Buffer) -> Result<(), Error> {
        // Command buffers retain what they use, so pending launches still find it.
        self.buffers.remove(buffer)?;
        self.stream.forget(buffer);
        Ok(())
    }

    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error> {
        Ok(self.buffers.get(buffer)?.info())
    }

    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let memory = self.buffers.get_mut(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        self.stream.wait_for(buffer)?;
        // SAFETY: no pending launch uses the buffer.
        unsafe { memory.write(range, bytes) };
        Ok(())
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let memory = self.buffers.get(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        self.stream.sync()?;
        // SAFETY: no launch is pending.
        unsafe { memory.read(range, bytes) };
        Ok(())
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        let manifest = bundle.manifest();
        if manifest.target != TARGET {
            return Err(Error::Target { device: "metal", expected: TARGET, found: manifest.target.clone() });
        }
        if let Some(feature) = manifest.features.iter().find(|feature| !FEATURES.contains(&feature.as_str())) {
            return Err(Error::MissingFeature { feature: feature.clone() });
        }
        let pipelines = library::load(&self.device, bundle)?;
        Ok(self.kernels.add(manifest, pipelines))
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let pipeline = self.kernels.get(binding)?;
        let dispatch = Dispatch::new(pipeline, binding, &self.buffers)?;
        accesses_of(binding, &mut self.accesses);
        self.stream.launch(&binding.kernel().name, &self.accesses, dispatch)
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.stream.sync()
    }
}
