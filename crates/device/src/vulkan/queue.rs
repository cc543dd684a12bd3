//! Launches into command buffers.

use ash::vk;

use super::commands::Commands;
use super::context::{Context, Ticket};
use super::errors::{failed, own};
use super::pipeline::Loaded;
use crate::error::{Cause, Error};
use crate::stream::Queue;

/// What launches are encoded by.
pub(super) struct Launches {
    pub(super) commands: Commands,
    pub(super) layout: vk::PipelineLayout,
}

/// Commands that are being encoded.
pub(super) struct Encoding {
    commands: vk::CommandBuffer,
    /// The pipeline that is bound.
    pipeline: vk::Pipeline,
}

/// A kernel with its arguments as the kernel reads them.
pub(super) struct Launch<'a> {
    pub(super) kernel: &'a Loaded,
    pub(super) arguments: &'a [u8],
}

impl Launches {
    /// Adds a launch of a pipeline of this device.
    pub(super) fn add(&self, encoding: &mut Encoding, pipeline: vk::Pipeline, grid: [u32; 3], arguments: &[u8]) {
        let (context, commands) = (self.commands.context(), encoding.commands);
        if encoding.pipeline != pipeline {
            bind(context, commands, pipeline);
            encoding.pipeline = pipeline;
        }
        dispatch(context, self.layout, commands, grid, arguments);
    }

    /// As [`Launches::add`], to commands of another kind.
    pub(super) fn encode(
        context: &Context,
        layout: vk::PipelineLayout,
        commands: vk::CommandBuffer,
        pipeline: vk::Pipeline,
        grid: [u32; 3],
        arguments: &[u8],
    ) {
        bind(context, commands, pipeline);
        dispatch(context, layout, commands, grid, arguments);
    }
}

fn bind(context: &Context, commands: vk::CommandBuffer, pipeline: vk::Pipeline) {
    // SAFETY: commands that were begun; a pipeline is alive while its device is, which waits for the commands.
    unsafe { context.device.cmd_bind_pipeline(commands, vk::PipelineBindPoint::COMPUTE, pipeline) };
}

fn dispatch(
    context: &Context,
    layout: vk::PipelineLayout,
    commands: vk::CommandBuffer,
    [x, y, z]: [u32; 3],
    arguments: &[u8],
) {
    // SAFETY: commands that were begun, with a pipeline; the arguments fit the layout and the grid fits the device, both
    // checked at loading; the binding has checked the buffers, which are kept until the commands have run.
    unsafe {
        if !arguments.is_empty() {
            context.device.cmd_push_constants(commands, layout, vk::ShaderStageFlags::COMPUTE, 0, arguments);
        }
        context.device.cmd_dispatch(commands, x, y, z);
    }
}

impl Drop for Launches {
    fn drop(&mut self) {
        let context = self.commands.context();
        context.wait_idle();
        // SAFETY: nothing that used it runs; destroyed once.
        unsafe { context.device.destroy_pipeline_layout(self.layout, None) };
    }
}

impl Queue for Launches {
    type Launch<'a> = Launch<'a>;
    type Open = Encoding;
    type Sent = Result<Ticket, vk::Result>;

    fn open(&mut self) -> Result<Encoding, Error> {
        let commands = self.commands.begin().map_err(|error| own("launch", error))?;
        Ok(Encoding { commands, pipeline: vk::Pipeline::null() })
    }

    fn barrier(&mut self, batch: &mut Encoding) {
        self.commands.barrier(batch.commands);
    }

    fn dispatch(&mut self, batch: &mut Encoding, launch: Launch<'_>) {
        self.add(batch, launch.kernel.pipeline(), launch.kernel.grid, launch.arguments);
    }

    fn send(&mut self, batch: Encoding) -> Self::Sent {
        self.commands.submit(batch.commands)
    }

    fn is_done(&self, batch: &Self::Sent) -> bool {
        match (batch, self.commands.context().completed()) {
            (Ok(ticket), Ok(completed)) => completed >= *ticket,
            // Waiting says why.
            (Err(_), _) | (_, Err(_)) => true,
        }
    }

    fn wait(&self, batch: &Self::Sent) -> Result<(), (Cause, String)> {
        batch.and_then(|ticket| self.commands.context().wait(ticket)).map_err(failed)
    }
}
