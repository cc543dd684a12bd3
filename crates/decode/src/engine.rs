//! Runs a plan on a device.

use std::ops::Range;

use bundle::Bundle;
use bundle::manifest::Access;
use device::{Arg, Binding, Buffer, Clock, Device, Fact, Judge, Note, Program, ReadRate, Sequence, Usage};

use crate::config::Config;
use crate::error::Error;
use crate::plan::{self, Content, Launch, Plan, Source};
use crate::rope;
use crate::weights::{Model, encode};

/// A model on a device, with a context that grows token by token.
pub struct Engine {
    device: Box<dyn Device>,
    config: Config,
    plan: Plan,
    buffers: Vec<Buffer>,
    /// Those of a step, then of its logits, then the most likely token's.
    launches: Vec<Bound>,
    launching: Launching,
    /// Made when first wanted.
    sequences: Vec<Recorded>,
    notes: Vec<Note>,
    position: u64,
    /// What the token's buffer is known to hold.
    held: Option<u32>,
}

/// How the launches of a token reach the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Launching {
    /// Recorded once and run as one unit, as far as the device can: see [`Device::record`].
    #[default]
    Recorded,
    /// Each by itself.
    OneByOne,
}

/// A launch, ready to go.
struct Bound {
    binding: Binding,
    /// The argument that is the position.
    position: Option<usize>,
    /// Whether it writes the token.
    writes_token: bool,
}

/// A recorded range of the launches.
struct Recorded {
    range: Range<usize>,
    sequence: Sequence,
    /// Launch of the sequence and argument of it, for each that is the position.
    positions: Vec<(usize, usize)>,
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
        let launches = plan.step.iter().chain(&plan.logits).chain(&plan.argmax);
        let launches = launches.map(|launch| bind(&*device, &program, &buffers, launch, plan.token));
        let launches = launches.collect::<Result<_, _>>()?;
        let (launching, sequences, notes) = (Launching::default(), Vec::new(), Vec::new());
        Ok(Engine { device, config, plan, buffers, launches, launching, sequences, notes, position: 0, held: None })
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

    /// Appends a token without asking what comes next.
    ///
    /// # Errors
    /// A token outside the vocabulary, a full cache, a device that fails.
    pub fn feed(&mut self, token: u32) -> Result<(), Error> {
        self.advance(token, self.plan.step.len())
    }

    /// Appends a token and returns the most likely next one, picked on the device.
    ///
    /// # Errors
    /// As [`Engine::feed`], or a winning logit that is not finite.
    pub fn next(&mut self, token: u32) -> Result<u32, Error> {
        self.advance(token, self.launches.len())?;
        self.winner()
    }

    /// Appends a token and returns the logits of the next one, one per token of the vocabulary.
    ///
    /// # Errors
    /// As [`Engine::feed`], or a logit that is not finite.
    pub fn next_logits(&mut self, token: u32) -> Result<Vec<f32>, Error> {
        self.advance(token, self.with_logits())?;
        let mut bytes = vec![0; self.config.vocab as usize * 4];
        self.device.download(self.buffers[self.plan.logits_buffer], 0, &mut bytes)?;
        let logits: Vec<f32> = bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(logits)
        } else {
            Err(Error::NotFinite { position: self.position - 1 })
        }
    }

    /// Picks the most likely token of the logits that [`Engine::next_logits`] left on the device.
    ///
    /// # Errors
    /// A device that fails, or a winning logit that is not finite.
    pub fn argmax(&mut self) -> Result<u32, Error> {
        self.run(self.with_logits()..self.launches.len())?;
        self.winner()
    }

    /// Launches of a step and of its logits.
    fn with_logits(&self) -> usize {
        self.plan.step.len() + self.plan.logits.len()
    }

    /// Appends a token by the first `count` launches.
    fn advance(&mut self, token: u32, count: usize) -> Result<(), Error> {
        self.begin(token)?;
        self.run(0..count)?;
        self.position += 1;
        Ok(())
    }

    /// Runs a range of the launches, for the token at `self.position`.
    fn run(&mut self, range: Range<usize>) -> Result<(), Error> {
        if self.launches[range.clone()].iter().any(|bound| bound.writes_token) {
            self.held = None;
        }
        match self.launching {
            Launching::OneByOne => range.into_iter().try_for_each(|index| self.launch(index)),
            Launching::Recorded => {
                let known = self.sequences.iter().position(|recorded| recorded.range == range);
                let index = match known {
                    Some(index) => index,
                    None => self.record(range)?,
                };
                let Recorded { sequence, positions, .. } = &mut self.sequences[index];
                for &mut (launch, argument) in positions {
                    // Below the capacity, which fits: see `Engine::begin`.
                    sequence.set(launch, argument, Arg::U32(self.position as u32))?;
                }
                Ok(self.device.replay(sequence)?)
            }
        }
    }

    /// Launches one kernel, for the token at `self.position`.
    fn launch(&mut self, index: usize) -> Result<(), Error> {
        self.at_position(index)?;
        Ok(self.device.launch(&self.launches[index].binding)?)
    }

    /// Tells a launch the position, if it wants it.
    fn at_position(&mut self, index: usize) -> Result<(), Error> {
        let bound = &mut self.launches[index];
        if let Some(argument) = bound.position {
            // Below the capacity, which fits: see `Engine::begin`.
            bound.binding.set(argument, Arg::U32(self.position as u32))?;
        }
        Ok(())
    }

    /// Records a range of the launches; its index in `self.sequences`.
    fn record(&mut self, range: Range<usize>) -> Result<usize, Error> {
        let launches = &self.launches[range.clone()];
        let bindings: Vec<&Binding> = launches.iter().map(|bound| &bound.binding).collect();
        let sequence = self.device.record(&bindings)?;
        if let Some(note) = sequence.note()
            && !self.notes.contains(note)
        {
            self.notes.push(note.clone());
        }
        let positions = launches.iter().enumerate();
        let positions = positions.filter_map(|(index, bound)| Some((index, bound.position?))).collect();
        self.sequences.push(Recorded { range, sequence, positions });
        Ok(self.sequences.len() - 1)
    }

    /// Puts the token where the kernels look for it.
    fn begin(&mut self, token: u32) -> Result<(), Error> {
        if u64::from(token) >= self.config.vocab {
            let vocab = self.config.vocab;
            return Err(Error::input(format!("token {token} is outside the vocabulary of {vocab} tokens")));
        }
        self.check_room(self.position + 1)?;
        // The token that the device picked is where it is looked for already.
        if self.held != Some(token) {
            self.upload(self.plan.token, &token.to_le_bytes())?;
            self.held = Some(token);
        }
        Ok(())
    }

    fn winner(&mut self) -> Result<u32, Error> {
        let mut bytes = [0; 4];
        self.device.download(self.buffers[self.plan.token], 0, &mut bytes)?;
        let token = u32::from_le_bytes(bytes);
        let not_finite = Error::NotFinite { position: self.position - 1 };
        if u64::from(token) >= self.config.vocab {
            return Err(not_finite);
        }
        self.held = Some(token);
        self.device.download(self.buffers[self.plan.logits_buffer], u64::from(token) * 4, &mut bytes)?;
        if f32::from_le_bytes(bytes).is_finite() { Ok(token) } else { Err(not_finite) }
    }

    /// Appends a token and asks for the next, with `time` called around each launch; for the benchmark.
    pub(crate) fn next_timed(
        &mut self,
        token: u32,
        time: &mut dyn FnMut(usize, std::time::Duration),
    ) -> Result<u32, Error> {
        self.begin(token)?;
        self.held = None;
        self.device.sync()?;
        for index in 0..self.launches.len() {
            self.at_position(index)?;
            time(index, self.device.launch_timed(&self.launches[index].binding)?);
        }
        self.position += 1;
        self.winner()
    }
}

/// Binds a launch; `token` is the buffer that holds the token.
fn bind(
    device: &dyn Device,
    program: &Program,
    buffers: &[Buffer],
    launch: &Launch,
    token: usize,
) -> Result<Bound, Error> {
    let kernel = program.kernel(&launch.kernel);
    let kernel = kernel.ok_or_else(|| Error::plan(format!("the device has no kernel `{}`", launch.kernel)))?;
    let args: Vec<Arg> = launch
        .args
        .iter()
        .map(|argument| match argument.source {
            Source::Buffer { buffer, .. } => Arg::Buffer(buffers[buffer]),
            Source::Position => Arg::U32(0),
            Source::F32(value) => Arg::F32(value),
        })
        .collect();
    let position = launch.args.iter().position(|argument| argument.source == Source::Position);
    let writes_token = launch.args.iter().any(|argument| match argument.source {
        Source::Buffer { buffer, access, .. } => buffer == token && access == Access::Write,
        Source::Position | Source::F32(_) => false,
    });
    Ok(Bound { binding: Binding::new(device, kernel, &args)?, position, writes_token })
}
