//! Times by the device's own clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ash::vk;

use super::commands::Commands;
use super::context::Context;

/// The clock, read before and after commands.
pub(super) struct Stamps {
    context: Arc<Context>,
    /// None if the device's queue does not tell the time: then the host's clock counts, with handing over and waiting.
    pool: Option<vk::QueryPool>,
}

impl Stamps {
    pub(super) fn new(context: &Arc<Context>) -> Result<Stamps, vk::Result> {
        let info = vk::QueryPoolCreateInfo::default().query_type(vk::QueryType::TIMESTAMP).query_count(2);
        let made = context.physical.time_stamps.then(|| {
            // SAFETY: a live device.
            unsafe { context.device.create_query_pool(&info, None) }
        });
        Ok(Stamps { context: Arc::clone(context), pool: made.transpose()? })
    }

    /// What the times are of.
    pub(super) fn method(&self) -> &'static str {
        if self.pool.is_some() { "time stamps" } else { "the host's clock" }
    }

    /// How long the commands that `encode` adds take, after all earlier ones.
    pub(super) fn time(
        &self,
        commands: &mut Commands,
        encode: impl FnOnce(vk::CommandBuffer),
    ) -> Result<Duration, vk::Result> {
        let device = &self.context.device;
        // Nothing before may count.
        self.context.wait(self.context.submitted())?;
        let buffer = commands.begin()?;
        if let Some(pool) = self.pool {
            // SAFETY: a live pool of two; commands that were begun.
            unsafe {
                device.cmd_reset_query_pool(buffer, pool, 0, 2);
                device.cmd_write_timestamp(buffer, vk::PipelineStageFlags::TOP_OF_PIPE, pool, 0);
            }
        }
        encode(buffer);
        if let Some(pool) = self.pool {
            // SAFETY: as above.
            unsafe { device.cmd_write_timestamp(buffer, vk::PipelineStageFlags::BOTTOM_OF_PIPE, pool, 1) };
        }
        let start = Instant::now();
        let ticket = commands.submit(buffer)?;
        self.context.wait(ticket)?;
        let Some(pool) = self.pool else { return Ok(start.elapsed()) };
        let mut stamps = [0u64; 2];
        let flags = vk::QueryResultFlags::TYPE_64 | vk::QueryResultFlags::WAIT;
        // SAFETY: both were written.
        unsafe { device.get_query_pool_results(pool, 0, &mut stamps, flags) }?;
        let ticks = stamps[1].saturating_sub(stamps[0]);
        let nanoseconds = ticks as f64 * f64::from(self.context.physical.limits.timestamp_period);
        Ok(Duration::from_nanos(nanoseconds as u64))
    }
}

impl Drop for Stamps {
    fn drop(&mut self) {
        if let Some(pool) = self.pool {
            // SAFETY: what was timed was waited for, or the device is lost; destroyed once.
            unsafe { self.context.device.destroy_query_pool(pool, None) };
        }
    }
}
