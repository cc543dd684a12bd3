//! Command buffers and encoders.

use std::ffi::c_void;
use std::ptr::NonNull;

use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::ProtocolObject;
use objc2_metal::{
    MTLBarrierScope, MTLCommandBuffer, MTLCommandBufferStatus, MTLCommandEncoder, MTLCommandQueue,
    MTLComputeCommandEncoder, MTLDevice, MTLDispatchType,
};

use crate::binding::{Arg, Binding};
use crate::buffer::Table;
use crate::error::{Cause, Error};
use crate::metal::buffers::Memory;
use crate::metal::errors;
use crate::metal::library::Pipeline;
use crate::stream::Queue;

/// The device's one command queue.
pub(super) struct Metal {
    queue: Retained<ProtocolObject<dyn MTLCommandQueue>>,
}

impl Metal {
    pub(super) fn new(device: &ProtocolObject<dyn MTLDevice>) -> Result<Metal, Error> {
        let queue = device.newCommandQueue().ok_or_else(|| refused("a command queue"))?;
        Ok(Metal { queue })
    }
}

/// A command buffer and its encoder.
pub(super) struct Encoding {
    commands: Retained<ProtocolObject<dyn MTLCommandBuffer>>,
    encoder: Retained<ProtocolObject<dyn MTLComputeCommandEncoder>>,
}

impl Drop for Encoding {
    fn drop(&mut self) {
        // Metal aborts the process if an encoder goes away unended.
        self.encoder.endEncoding();
    }
}

/// A launch whose buffers are known to be alive.
pub(super) struct Dispatch<'a> {
    pipeline: &'a Pipeline,
    binding: &'a Binding,
    buffers: &'a Table<Memory>,
}

impl<'a> Dispatch<'a> {
    /// Pairs a pipeline with its binding.
    ///
    /// # Errors
    /// A buffer that was freed.
    pub(super) fn new(
        pipeline: &'a Pipeline,
        binding: &'a Binding,
        buffers: &'a Table<Memory>,
    ) -> Result<Dispatch<'a>, Error> {
        for arg in binding.args() {
            match *arg {
                Arg::Buffer(buffer) => buffers.get(buffer).map(drop)?,
                Arg::F32(_) | Arg::U32(_) | Arg::U64(_) => {}
            }
        }
        Ok(Dispatch { pipeline, binding, buffers })
    }
}

impl Queue for Metal {
    type Launch<'a> = Dispatch<'a>;
    type Open = Encoding;
    type Sent = Retained<ProtocolObject<dyn MTLCommandBuffer>>;

    fn open(&mut self) -> Result<Encoding, Error> {
        autoreleasepool(|_| {
            // Of the kind that retains what it uses: a buffer may be freed while launches are pending. It waits while
            // as many command buffers as the queue holds (64) have not run.
            let commands = self.queue.commandBuffer().ok_or_else(|| refused("a command buffer"))?;
            let encoder = commands
                .computeCommandEncoderWithDispatchType(MTLDispatchType::Concurrent)
                .ok_or_else(|| refused("a compute encoder"))?;
            Ok(Encoding { commands, encoder })
        })
    }

    fn barrier(&mut self, batch: &mut Encoding) {
        batch.encoder.memoryBarrierWithScope(MTLBarrierScope::Buffers);
    }

    fn dispatch(&mut self, batch: &mut Encoding, launch: Dispatch<'_>) {
        let Dispatch { pipeline, binding, buffers } = launch;
        let encoder = &batch.encoder;
        encoder.setComputePipelineState(&pipeline.state);
        for (slot, arg) in binding.args().iter().enumerate() {
            match *arg {
                Arg::Buffer(buffer) => {
                    let buffer = buffers.get(buffer).ok().map(Memory::buffer);
                    // SAFETY: the slot is below the limit checked at loading; the binding has checked the buffer's
                    // size; barriers order launches, and the host waits for those that use the buffer.
                    unsafe { encoder.setBuffer_offset_atIndex(buffer, 0, slot) };
                }
                Arg::F32(value) => set_bytes(encoder, &value.to_ne_bytes(), slot),
                Arg::U32(value) => set_bytes(encoder, &value.to_ne_bytes(), slot),
                Arg::U64(value) => set_bytes(encoder, &value.to_ne_bytes(), slot),
            }
        }
        encoder.dispatchThreadgroups_threadsPerThreadgroup(pipeline.grid, pipeline.block);
    }

    fn send(&mut self, batch: Encoding) -> Self::Sent {
        let commands = batch.commands.clone();
        // Ends the encoder.
        drop(batch);
        autoreleasepool(|_| commands.commit());
        commands
    }

    fn is_done(&self, batch: &Self::Sent) -> bool {
        let status = batch.status();
        status == MTLCommandBufferStatus::Completed || status == MTLCommandBufferStatus::Error
    }

    fn wait(&self, batch: &Self::Sent) -> Result<(), (Cause, String)> {
        autoreleasepool(|_| {
            batch.waitUntilCompleted();
            if batch.status() == MTLCommandBufferStatus::Completed {
                return Ok(());
            }
            Err(batch.error().map_or_else(
                || (Cause::Other, "no reason is given".to_owned()),
                |error| (errors::cause(&error), errors::text(&error)),
            ))
        })
    }
}

/// Passes a scalar by value; the encoder copies it.
fn set_bytes(encoder: &ProtocolObject<dyn MTLComputeCommandEncoder>, bytes: &[u8], slot: usize) {
    let pointer = NonNull::from(bytes).cast::<c_void>();
    // SAFETY: the pointer leads to `bytes`; the slot is below the limit checked at loading.
    unsafe { encoder.setBytes_length_atIndex(pointer, bytes.len(), slot) };
}

fn refused(what: &str) -> Error {
    Error::Open { device: "metal", message: format!("the system refuses {what}") }
}
