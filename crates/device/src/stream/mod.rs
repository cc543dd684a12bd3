//! Launches, in order, for a device that takes them in batches (command buffers) and runs those on its own.
//!
//! [`Stream`] encodes launches into one open batch, with a barrier only where [`hazard`] wants one, and sends the batch
//! when somebody waits for results or when it holds enough launches. It knows nothing of the accelerator: [`Queue`] is
//! what it drives, and the tests drive a queue that runs every batch in the worst order it is allowed to.
//!
//! Sizes of batches. While the accelerator is idle, every launch that is encoded before the first batch is sent is time
//! lost, so that batch has only [`FIRST_BATCH`] launches: enough that the next, of twice the size, is encoded before
//! they have run (encoding a launch takes microseconds, running one tens of microseconds). Later batches double up to
//! [`LARGEST_BATCH`]: by then the accelerator is behind, and a batch costs the driver more than many launches do. That
//! is five or six batches for the 300 launches of a token of a 30-layer model.
mod hazard;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use crate::binding::{Arg, Binding};
use crate::buffer::Buffer;
use crate::error::{Cause, Error, Failure};
use bundle::manifest::{Access, ArgKind};

pub(crate) use hazard::{Hazards, Mode};

/// Launches of the first batch after the accelerator ran dry.
pub(crate) const FIRST_BATCH: u32 = 8;

/// Most launches of a batch.
pub(crate) const LARGEST_BATCH: u32 = 64;

/// What a stream drives.
///
/// Batches run in the order they are sent: one sees what earlier ones wrote, and writes nothing that they still read.
/// Inside a batch only barriers order launches.
pub(crate) trait Queue {
    /// A kernel with its arguments, ready to encode; what it holds is copied or retained while it is encoded.
    type Launch<'a>;
    /// A batch being encoded. Dropped, it is given up.
    type Open;
    /// A batch that was sent.
    type Sent;

    /// Starts a batch.
    fn open(&mut self) -> Result<Self::Open, Error>;

    /// Orders everything in the batch before everything that will be added.
    fn barrier(&mut self, batch: &mut Self::Open);

    /// Adds a launch.
    fn dispatch(&mut self, batch: &mut Self::Open, launch: Self::Launch<'_>);

    /// Ends the batch and hands it over.
    fn send(&mut self, batch: Self::Open) -> Self::Sent;

    /// Whether it has run.
    fn is_done(&self, batch: &Self::Sent) -> bool;

    /// Waits until it has run; why it failed, if it did.
    fn wait(&self, batch: &Self::Sent) -> Result<(), (Cause, String)>;
}

/// A batch with what a message about it says.
struct Batch<T> {
    commands: T,
    number: u64,
    launches: u32,
    first: String,
    last: String,
}

/// The launches of one device.
pub(crate) struct Stream<Q: Queue> {
    queue: Q,
    open: Option<Batch<Q::Open>>,
    sent: VecDeque<Batch<Q::Sent>>,
    /// Number of the open batch, or of the next.
    number: u64,
    /// Size the open batch, or the next, is sent at.
    size: u32,
    hazards: Hazards<Buffer>,
    /// The last batch that uses a buffer, unless it is known to have run.
    uses: HashMap<Buffer, u64>,
    /// The last batch that may use any buffer, unless it is known to have run.
    any_use: Option<u64>,
    /// The first failure. It stays: what later launches computed from its results is worth nothing either.
    failure: Option<Failure>,
}

impl<Q: Queue> Stream<Q> {
    pub(crate) fn new(queue: Q) -> Stream<Q> {
        Stream {
            queue,
            open: None,
            sent: VecDeque::new(),
            number: 0,
            size: FIRST_BATCH,
            hazards: Hazards::new(),
            uses: HashMap::new(),
            any_use: None,
            failure: None,
        }
    }

    /// Encodes a launch of kernel `name` with these accesses.
    ///
    /// # Errors
    /// An earlier launch that is known to have failed, or a batch that cannot be started.
    pub(crate) fn launch(
        &mut self,
        name: &str,
        accesses: &[(Buffer, Mode)],
        launch: Q::Launch<'_>,
    ) -> Result<(), Error> {
        self.check()?;
        let batch = match &mut self.open {
            Some(batch) => batch,
            None => {
                let commands = self.queue.open()?;
                self.hazards.reset();
                let (first, last) = (name.to_owned(), String::new());
                self.open.insert(Batch { commands, number: self.number, launches: 0, first, last })
            }
        };
        if self.hazards.launch(accesses) {
            self.queue.barrier(&mut batch.commands);
        }
        self.queue.dispatch(&mut batch.commands, launch);
        batch.launches += 1;
        batch.last.clear();
        batch.last.push_str(name);
        self.uses.extend(accesses.iter().map(|(buffer, _)| (*buffer, self.number)));
        if batch.launches >= self.size {
            self.send();
            self.size = (self.size * 2).min(LARGEST_BATCH);
        }
        Ok(())
    }

    /// Sends what is encoded, and as a batch of its own what `encode` adds: `launches` launches from kernel `first` to
    /// kernel `last`, of any buffers, with the barriers that they need among themselves.
    ///
    /// # Errors
    /// An earlier launch that is known to have failed, or a batch that cannot be started.
    pub(crate) fn whole(
        &mut self,
        (first, last): (&str, &str),
        launches: u32,
        encode: impl FnOnce(&mut Q, &mut Q::Open),
    ) -> Result<(), Error> {
        self.check()?;
        self.send();
        let mut commands = self.queue.open()?;
        encode(&mut self.queue, &mut commands);
        let (first, last) = (first.to_owned(), last.to_owned());
        self.open = Some(Batch { commands, number: self.number, launches, first, last });
        self.any_use = Some(self.number);
        self.send();
        Ok(())
    }

    /// Sends what is encoded, so that it comes before whatever the accelerator is given next.
    pub(crate) fn flush(&mut self) {
        self.send();
    }

    /// Waits for all launches.
    ///
    /// # Errors
    /// A launch that failed, now or earlier.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.wait_through(self.number);
        self.check()
    }

    /// Waits for the launches that use `buffer`, so that the host may change it.
    ///
    /// # Errors
    /// A launch that failed, now or earlier.
    pub(crate) fn wait_for(&mut self, buffer: Buffer) -> Result<(), Error> {
        if let Some(number) = self.uses.get(&buffer).copied().max(self.any_use) {
            self.wait_through(number);
        }
        self.check()
    }

    /// The buffer is gone; launches that use it run all the same.
    pub(crate) fn forget(&mut self, buffer: Buffer) {
        self.uses.remove(&buffer);
    }

    fn check(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), |failure| Err(Error::Launch(failure)))
    }

    /// Waits for all batches up to this number.
    fn wait_through(&mut self, number: u64) {
        if self.open.as_ref().is_some_and(|batch| batch.number <= number) {
            self.send();
        }
        while self.sent.front().is_some_and(|batch| batch.number <= number) {
            self.finish_first();
        }
        if self.sent.is_empty() && self.open.is_none() {
            self.uses.clear();
            self.any_use = None;
            self.size = FIRST_BATCH;
        }
    }

    /// Sends the open batch, and lets go of those that have run.
    fn send(&mut self) {
        if let Some(batch) = self.open.take() {
            let Batch { commands, number, launches, first, last } = batch;
            let commands = self.queue.send(commands);
            self.sent.push_back(Batch { commands, number, launches, first, last });
            self.number += 1;
        }
        while self.sent.front().is_some_and(|batch| self.queue.is_done(&batch.commands)) {
            self.finish_first();
        }
    }

    /// Waits for the oldest batch.
    fn finish_first(&mut self) {
        let Some(batch) = self.sent.pop_front() else {
            return;
        };
        if let Err((cause, message)) = self.queue.wait(&batch.commands) {
            let Batch { launches, first, last, .. } = batch;
            self.failure.get_or_insert(Failure { cause, launches, first, last, message });
        }
    }
}

/// The buffers that a launch uses, with what it does with them, into `accesses`.
pub(crate) fn accesses_of(binding: &Binding, accesses: &mut Vec<(Buffer, Mode)>) {
    accesses.clear();
    accesses.extend(binding.kernel().args.iter().zip(binding.args()).filter_map(|(declared, arg)| {
        match (&declared.kind, arg) {
            (ArgKind::View { access: Access::Read | Access::Weights, .. }, Arg::Buffer(buffer)) => {
                Some((*buffer, Mode::Read))
            }
            (ArgKind::View { access: Access::Write, .. }, Arg::Buffer(buffer)) => Some((*buffer, Mode::Write)),
            (ArgKind::View { .. } | ArgKind::Scalar { .. }, _) => None,
        }
    }));
}
