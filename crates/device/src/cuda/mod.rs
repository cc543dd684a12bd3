//! NVIDIA GPUs, through the driver: the printed CUDA text of a bundle, compiled by NVRTC for this GPU.
//!
//! Driver and NVRTC are found when the device is opened; a machine without them gets an error that says which is missing.
mod choose;
mod compile;
mod errors;
mod facts;
mod graph;
mod launch;
mod load;
mod memory;
mod nodes;
mod open;
mod pending;
mod reads;
mod record;
mod ring;

use std::sync::Arc;
use std::time::Duration;

use bundle::Bundle;
use cudarc::driver::sys::CUevent_flags;
use cudarc::driver::{CudaContext, CudaEvent, CudaStream, DriverError};

use crate::binding::Binding;
use crate::buffer::{Buffer, BufferInfo, Table, Usage, copy_range};
use crate::choice::{Choice, Chosen, Mark};
use crate::error::Error;
use crate::facts::{Fact, ReadRate};
use crate::program::{Kernels, Program};
use crate::sequence::Sequence;
use crate::{Device, Judge};
use choose::{Choices, Ticket};
use errors::NAME;
use launch::Launch;
use load::Loaded;
use memory::Memory;
use pending::Pending;

/// An NVIDIA GPU.
pub struct Cuda {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    capability: (i32, i32),
    buffers: Table<Memory>,
    kernels: Kernels<Loaded>,
    pending: Pending,
    /// Buffers freed so far: as long as it stays the same, a recorded sequence holds none of them.
    frees: u64,
    /// Made when first wanted.
    choices: Option<Choices>,
}

impl Cuda {
    /// The error of a wait: it belongs to one of the launches since the last one.
    fn failed(&mut self, last: &str, error: DriverError) -> Error {
        let (first, launches) = self.pending.failed(last);
        errors::launch(last, &first, launches, error)
    }

    /// A launch as the driver takes it.
    fn prepare(&self, binding: &Binding) -> Result<Launch, Error> {
        let kernel = self.kernels.get(binding)?;
        Ok(Launch {
            function: kernel.function.cu_function(),
            grid: kernel.grid,
            block: kernel.block,
            dynamic_shared: kernel.dynamic_shared,
            dependent: kernel.dependent,
            values: launch::values(binding, &self.buffers)?,
        })
    }
}

impl Device for Cuda {
    fn name(&self) -> &str {
        NAME
    }

    fn judge(&self) -> Judge {
        Judge::Hardware
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        Ok(self.buffers.insert(Memory::zeroed(&self.stream, BufferInfo { bytes, usage })?))
    }

    fn free(&mut self, buffer: Buffer) -> Result<(), Error> {
        drop(self.buffers.remove(buffer)?);
        self.frees += 1;
        Ok(())
    }

    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error> {
        Ok(self.buffers.get(buffer)?.info())
    }

    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let memory = self.buffers.get(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        let result = memory.upload(range.start, bytes);
        result.map_err(|error| self.failed("upload", error))
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let memory = self.buffers.get(buffer)?;
        let range = copy_range(memory.info().bytes, offset, bytes.len() as u64)?;
        let result = memory.download(range.start, bytes);
        result.map_err(|error| self.failed("download", error))
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        self.load_bundle(bundle)
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let mut launch = self.prepare(binding)?;
        let result = self.context.bind_to_thread().and_then(|()| launch.send(&self.stream));
        let name = &binding.kernel().name;
        self.pending.send(name, 1);
        result.map_err(|error| self.failed(name, error))
    }

    fn sync(&mut self) -> Result<(), Error> {
        match self.stream.synchronize() {
            Ok(()) => {
                self.pending.all_ended();
                Ok(())
            }
            Err(error) => Err(self.failed("sync", error)),
        }
    }

    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        self.record_graph(bindings)
    }

    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        self.replay_graph(sequence)
    }

    fn choose(&mut self, index: Buffer, values: Buffer) -> Result<Choice, Error> {
        let (index, values) = (self.buffers.get(index)?, self.buffers.get(values)?);
        copy_range(index.info().bytes, 0, size_of::<u32>() as u64)?;
        let (index, values) = (index.address(), (values.address(), values.info().bytes / size_of::<f32>() as u64));
        let choices = match &mut self.choices {
            Some(choices) => choices,
            none => none.insert(Choices::new(&self.context, self.capability)?),
        };
        let sent = choices.send(&self.stream, index, values, self.pending.sent());
        let ticket = sent.map_err(|error| self.failed("choice", error))?;
        Ok(Choice::Pending(Box::new(ticket)))
    }

    fn chosen(&mut self, choice: Choice) -> Result<Chosen, Error> {
        let ticket = match choice {
            Choice::Pending(pending) => pending.downcast::<Ticket>().map_err(|_| Error::ForeignChoice)?,
            Choice::Here(chosen) => return Ok(chosen),
        };
        let choices = self.choices.as_mut().ok_or(Error::ForeignChoice)?;
        match choices.wait(&ticket) {
            Ok(chosen) => {
                self.pending.ended(ticket.launches);
                Ok(chosen)
            }
            Err(error) => Err(self.failed("choice", error)),
        }
    }

    fn mark(&mut self) -> Result<Option<Mark>, Error> {
        let event = self.stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT));
        let event = event.map_err(|error| self.failed("mark", error))?;
        Ok(Some(Mark(Box::new(event))))
    }

    fn between(&mut self, from: &Mark, to: &Mark) -> Result<Duration, Error> {
        let (from, to) = (from.0.downcast_ref::<CudaEvent>(), to.0.downcast_ref::<CudaEvent>());
        let (Some(from), Some(to)) = (from, to) else { return Err(Error::ForeignMark) };
        // It waits for both.
        let milliseconds = from.elapsed_ms(to).map_err(|error| self.failed("mark", error))?;
        Ok(Duration::from_secs_f64(f64::from(milliseconds.max(0.0)) / 1e3))
    }

    fn facts(&self) -> Vec<Fact> {
        facts::facts(&self.context, self.capability)
    }

    fn condition(&self) -> Vec<Fact> {
        facts::condition(&self.context)
    }

    fn nominal_read_rate(&self) -> Option<f64> {
        facts::nominal(&self.context)
    }

    fn measure_reads(&mut self, bytes: u64) -> Result<Option<ReadRate>, Error> {
        self.sync()?;
        reads::measure(&self.stream, self.capability, bytes)
    }
}
