//! Runs a plan on a device.

mod ahead;
mod bind;
mod launch;
mod step;

use std::time::Duration;

use bundle::Bundle;
use device::{Buffer, Clock, Device, Fact, Judge, Mark, Note, ReadRate, Usage};

use crate::config::Config;
use crate::error::Error;
use crate::plan::{self, Content, Plan};
use crate::rope;
use crate::weights::{Model, encode};

pub use ahead::AHEAD;
pub use launch::Launching;

use bind::bind;
use launch::Form;

/// A model on a device, with a context that grows token by token.
pub struct Engine {
    device: Box<dyn Device>,
    config: Config,
    plan: Plan,
    buffers: Vec<Buffer>,
    /// By the position that they begin at, ascending.
    forms: Vec<Form>,
    launching: Launching,
    notes: Vec<Note>,
    position: u64,
    /// What the token's buffer is known to hold.
    held: Option<u32>,
}

impl Engine {
    /// Loads the bundle's kernels and the model's weights onto the device.
    ///
    /// # Errors
    /// A bundle that does not fit the model or the device, weights that cannot be read, too little memory.
    pub fn new(device: Box<dyn Device>, bundle: &Bundle, model: &Model) -> Result<Engine, Error> {
        let plan = plan::build(model.config(), bundle.manifest())?;
        let plan = plan::fuse(&plan, bundle.manifest());
        Engine::with_plan(device, bundle, model, plan)
    }

    /// [`Engine::new`] with a plan of [`plan::build`] or [`plan::fuse`] for the same model and bundle.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_plan(mut device: Box<dyn Device>, bundle: &Bundle, model: &Model, plan: Plan) -> Result<Engine, Error> {
        let config = model.config().clone();
        let program = device.load(bundle)?;
        let (cos, sin) = rope::tables(plan.capacity, config.head_dim, config.rope_theta);
        let mut buffers = Vec::new();
        for buffer in &plan.buffers {
            let table = |values: &[f32]| {
                encode(values, buffer.dtype)
                    .map_err(|problem| Error::plan(format!("the table `{}` {problem}", buffer.name)))
            };
            let contents = match buffer.content {
                Content::Zero | Content::Cache => None,
                Content::Cos => Some(table(&cos)?),
                Content::Sin => Some(table(&sin)?),
                Content::Weights(tensor) => Some(model.load_encoded(tensor, buffer.dtype)?),
            };
            let usage = if contents.is_some() { Usage::Weights } else { Usage::Data };
            let handle = device.alloc(buffer.bytes(), usage)?;
            if let Some(bytes) = contents {
                device.upload(handle, 0, &bytes)?;
            }
            buffers.push(handle);
        }
        let starts = [0].into_iter().chain(plan.far.as_ref().map(|far| far.from));
        let form = |from| {
            let launches = plan.launches_at(from).map(|launch| bind(&*device, &program, &buffers, launch, plan.token));
            let launches = launches.collect::<Result<_, _>>()?;
            Ok::<_, Error>(Form { from, step: plan.step_at(from).len(), launches, sequences: Vec::new() })
        };
        let forms = starts.map(form).collect::<Result<_, _>>()?;
        let (launching, notes) = (Launching::default(), Vec::new());
        Ok(Engine { device, config, plan, buffers, forms, launching, notes, position: 0, held: None })
    }

    /// Chooses how launches reach the device from now on. Results are the same.
    pub fn set_launching(&mut self, launching: Launching) {
        self.launching = launching;
    }

    /// What keeps the device from running recorded launches as fast as it might, each thing once; nothing before the first
    /// token.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The model's sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The device's name.
    pub fn device_name(&self) -> &str {
        self.device.name()
    }

    /// Who executes.
    pub fn judge(&self) -> Judge {
        self.device.judge()
    }

    /// Tokens in the context.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Forgets the context.
    pub fn reset(&mut self) {
        // The cache may keep old rows: no kernel reads past the position.
        self.position = 0;
    }

    /// Makes the context `position` tokens long. What the cache's rows before that hold is the caller's business: see
    /// [`Engine::upload`].
    pub(crate) fn set_position(&mut self, position: u64) -> Result<(), Error> {
        self.check_room(position)?;
        self.position = position;
        Ok(())
    }

    /// Overwrites a buffer of the plan from its start.
    pub(crate) fn upload(&mut self, buffer: usize, bytes: &[u8]) -> Result<(), Error> {
        if buffer == self.plan.token {
            self.held = None;
        }
        Ok(self.device.upload(self.buffers[buffer], 0, bytes)?)
    }

    /// What the device says about itself.
    pub fn facts(&self) -> Vec<Fact> {
        self.device.facts()
    }

    /// What the device says about its present condition.
    pub fn condition(&self) -> Vec<Fact> {
        self.device.condition()
    }

    /// Whose clock the times of single launches are read from.
    pub(crate) fn clock(&self) -> Clock {
        self.device.times()
    }

    /// [`Device::mark`].
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) fn mark(&mut self) -> Result<Option<Mark>, Error> {
        Ok(self.device.mark()?)
    }

    /// [`Device::between`].
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) fn between(&mut self, from: &Mark, to: &Mark) -> Result<Duration, Error> {
        Ok(self.device.between(from, to)?)
    }

    /// [`Device::nominal_read_rate`].
    pub fn nominal_read_rate(&self) -> Option<f64> {
        self.device.nominal_read_rate()
    }

    /// [`Device::measure_reads`].
    ///
    /// # Errors
    /// Not enough memory, or a device that fails.
    pub fn measure_reads(&mut self, bytes: u64) -> Result<Option<ReadRate>, Error> {
        Ok(self.device.measure_reads(bytes)?)
    }

    /// Refuses a context of `tokens` tokens in all that the cache cannot hold.
    ///
    /// # Errors
    /// [`Error::CacheFull`].
    pub fn check_room(&self, tokens: u64) -> Result<(), Error> {
        if tokens > self.plan.capacity {
            return Err(Error::CacheFull { needed: tokens, capacity: self.plan.capacity });
        }
        Ok(())
    }
}
