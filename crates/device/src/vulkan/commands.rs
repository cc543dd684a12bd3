//! Command buffers, used again when they have run.

use std::collections::VecDeque;
use std::sync::Arc;

use ash::vk;

use super::context::{Context, Ticket};

/// Makes command buffers.
pub(super) struct Commands {
    context: Arc<Context>,
    pool: vk::CommandPool,
    /// Those that were handed over, oldest first.
    used: VecDeque<(Ticket, vk::CommandBuffer)>,
    /// Whether the host looks at what kernels write.
    host_reads: bool,
}

impl Commands {
    /// With `host_reads`, what commands write is visible to the host when they have run.
    pub(super) fn new(context: &Arc<Context>, host_reads: bool) -> Result<Commands, vk::Result> {
        let info = vk::CommandPoolCreateInfo::default()
            .flags(vk::CommandPoolCreateFlags::RESET_COMMAND_BUFFER)
            .queue_family_index(context.physical.family);
        // SAFETY: a live device and its family.
        let pool = unsafe { context.device.create_command_pool(&info, None) }?;
        Ok(Commands { context: Arc::clone(context), pool, used: VecDeque::new(), host_reads })
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Commands that come after everything handed over before, and see what it wrote.
    pub(super) fn begin(&mut self) -> Result<vk::CommandBuffer, vk::Result> {
        let device = &self.context.device;
        let old = match self.used.front() {
            Some(&(ticket, _)) if ticket <= self.context.completed()? => self.used.pop_front(),
            Some(_) | None => None,
        };
        let commands = match old {
            Some((_, commands)) => commands,
            None => {
                let info = vk::CommandBufferAllocateInfo::default().command_pool(self.pool).command_buffer_count(1);
                // SAFETY: a live pool.
                unsafe { device.allocate_command_buffers(&info) }?[0]
            }
        };
        let info = vk::CommandBufferBeginInfo::default().flags(vk::CommandBufferUsageFlags::ONE_TIME_SUBMIT);
        // SAFETY: it is new or has run; beginning resets it.
        unsafe { device.begin_command_buffer(commands, &info) }?;
        self.barrier(commands);
        Ok(commands)
    }

    /// Orders all commands so far, of earlier submissions too, before all that follow.
    pub(super) fn barrier(&self, commands: vk::CommandBuffer) {
        let stages = vk::PipelineStageFlags::COMPUTE_SHADER | vk::PipelineStageFlags::TRANSFER;
        let written = vk::AccessFlags::SHADER_WRITE | vk::AccessFlags::TRANSFER_WRITE;
        let used = written | vk::AccessFlags::SHADER_READ | vk::AccessFlags::TRANSFER_READ;
        self.order(commands, (stages, written), (stages, used));
    }

    fn order(
        &self,
        commands: vk::CommandBuffer,
        (before, written): (vk::PipelineStageFlags, vk::AccessFlags),
        (after, used): (vk::PipelineStageFlags, vk::AccessFlags),
    ) {
        let barrier = [vk::MemoryBarrier::default().src_access_mask(written).dst_access_mask(used)];
        let none = vk::DependencyFlags::empty();
        // SAFETY: commands that were begun.
        unsafe { self.context.device.cmd_pipeline_barrier(commands, before, after, none, &barrier, &[], &[]) };
    }

    /// Hands commands over that [`Commands::begin`] made.
    pub(super) fn submit(&mut self, commands: vk::CommandBuffer) -> Result<Ticket, vk::Result> {
        if self.host_reads {
            let stages = vk::PipelineStageFlags::COMPUTE_SHADER | vk::PipelineStageFlags::TRANSFER;
            let written = vk::AccessFlags::SHADER_WRITE | vk::AccessFlags::TRANSFER_WRITE;
            self.order(commands, (stages, written), (vk::PipelineStageFlags::HOST, vk::AccessFlags::HOST_READ));
        }
        // SAFETY: commands that were begun.
        unsafe { self.context.device.end_command_buffer(commands) }?;
        let ticket = self.context.submit(commands)?;
        self.used.push_back((ticket, commands));
        Ok(ticket)
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        // What a lost device ran has ended too.
        if let Some(&(ticket, _)) = self.used.back() {
            let _ = self.context.wait(ticket);
        }
        // SAFETY: none of its commands runs; destroyed once.
        unsafe { self.context.device.destroy_command_pool(self.pool, None) };
    }
}
