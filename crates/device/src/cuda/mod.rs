//! NVIDIA GPUs, through the driver: the printed CUDA text of a bundle, compiled by NVRTC for this GPU.
//!
//! Driver and NVRTC are found when the device is opened; a machine without them gets an error that says which is missing.
mod compile;
mod errors;
mod facts;
mod graph;
mod launch;
mod memory;
mod nodes;
mod reads;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use bundle::Bundle;
use bundle::manifest::Kernel;
use cudarc::driver::sys::{self, CUdevice_attribute, CUfunction_attribute};
use cudarc::driver::{CudaContext, CudaFunction, CudaModule, CudaStream, DriverError};
use cudarc::nvrtc::Ptx;

use crate::binding::Binding;
use crate::buffer::{Buffer, BufferInfo, Table, Usage, copy_range, new_device_id};
use crate::error::Error;
use crate::facts::{Fact, ReadRate};
use crate::limits::Limits;
use crate::program::{Kernels, Program};
use crate::sequence::{Note, Sequence};
use crate::{Device, Judge};
use errors::NAME;
use graph::{Graph, Support};
use launch::Launch;
use memory::Memory;
use nodes::Nodes;

/// The oldest GPUs that the printed text is for: bf16 matrix units and 16-byte copies came with 8.0.
const OLDEST: (i32, i32) = (8, 0);
/// The oldest GPUs whose kernels may start before their predecessors have ended.
const EARLY_STARTS: (i32, i32) = (9, 0);
/// Parameters of a kernel are at most 4 KiB before CUDA 12.1; each takes 8 bytes at most.
const MAX_ARGS: u64 = 512;

/// An NVIDIA GPU.
pub struct Cuda {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    capability: (i32, i32),
    buffers: Table<Memory>,
    kernels: Kernels<Loaded>,
    /// Launches that have not been waited for: the kernel of the first, and how many.
    pending: Option<(String, u32)>,
    /// Buffers freed so far: as long as it stays the same, a recorded sequence holds none of them.
    frees: u64,
}

/// What the GPU keeps of a recorded sequence.
struct Recorded {
    graph: Graph<Nodes>,
    /// [`Cuda::frees`] when its buffers were last looked up.
    frees: u64,
    /// They keep the code alive; dropped after the graph.
    _functions: Vec<CudaFunction>,
}

// SAFETY: its handles belong to no thread. They must not be used by two at a time, and this has one owner.
unsafe impl Send for Recorded {}

/// A kernel that can be launched.
struct Loaded {
    function: CudaFunction,
    grid: [u32; 3],
    block: [u32; 3],
    dynamic_shared: u32,
    /// It may start before its predecessors have ended.
    dependent: bool,
}

impl Cuda {
    /// Opens the first GPU.
    ///
    /// # Errors
    /// No driver, no NVRTC, no GPU, or one older than compute capability 8.0.
    pub fn new() -> Result<Cuda, Error> {
        // SAFETY: it only looks for the library.
        if !unsafe { sys::is_culib_present() } {
            let message = "no NVIDIA driver (libcuda.so) is found; it needs an NVIDIA GPU and its driver";
            return Err(Error::Open { device: NAME, message: message.to_owned() });
        }
        compile::check_library()?;
        let context = CudaContext::new(0).map_err(|error| errors::open("the first GPU does not open", error))?;
        let refused = |error| errors::open("the GPU does not answer", error);
        let capability = context.compute_capability().map_err(refused)?;
        if capability < OLDEST {
            let (major, minor) = capability;
            let name = context.name().unwrap_or_default();
            let message = format!("{name} has compute capability {major}.{minor}; the kernels need 8.0 or newer");
            return Err(Error::Open { device: NAME, message });
        }
        let stream = context.new_stream().map_err(refused)?;
        let id = new_device_id();
        let (buffers, kernels) = (Table::new(id), Kernels::new(id));
        Ok(Cuda { context, stream, capability, buffers, kernels, pending: None, frees: 0 })
    }

    fn limits(&self) -> Result<Limits, DriverError> {
        let attribute = |attribute| self.context.attribute(attribute).map(|value| value.max(0) as u64);
        Ok(Limits {
            block: [
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X)?,
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y)?,
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z)?,
            ],
            threads: attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)?,
            shared_bytes: attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            args: MAX_ARGS,
        })
    }

    fn function(&self, module: &Arc<CudaModule>, kernel: &Kernel, limits: Limits) -> Result<Loaded, Error> {
        let refused = |error| Error::Kernel { kernel: kernel.name.clone(), message: errors::text(error) };
        let function = module.load_function(&kernel.entry).map_err(refused)?;
        let fixed = function.shared_size_bytes().map_err(refused)?.max(0) as u64;
        let threads = function.max_threads_per_block().map_err(refused)?.max(0) as u64;
        let dynamic = kernel.budgets.get("dynamic_shared").copied().unwrap_or(0);
        Limits { threads, ..limits }.check(kernel, fixed.saturating_add(dynamic))?;
        let narrow = |values: [u64; 3]| {
            let message = format!("a grid or block of {values:?} does not fit 32 bits");
            let refused = || Error::Kernel { kernel: kernel.name.clone(), message: message.clone() };
            let narrow = |value| u32::try_from(value).map_err(|_| refused());
            Ok::<_, Error>([narrow(values[0])?, narrow(values[1])?, narrow(values[2])?])
        };
        // The limits have just been checked: it fits.
        let dynamic_shared = dynamic as u32;
        if dynamic > 0 {
            let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            function.set_attribute(attribute, dynamic_shared as i32).map_err(refused)?;
        }
        Ok(Loaded {
            function,
            dependent: kernel.dependent && self.capability >= EARLY_STARTS,
            grid: narrow(kernel.grid)?,
            block: narrow(kernel.block)?,
            dynamic_shared,
        })
    }

    /// The error of a wait: it belongs to one of the launches since the last one.
    fn failed(&mut self, last: &str, error: DriverError) -> Error {
        let (first, launches) = self.pending.take().unwrap_or_else(|| (last.to_owned(), 1));
        errors::launch(last, &first, launches, error)
    }

    /// Counts launches that are not waited for, from kernel `first` on.
    fn sent(&mut self, first: &str, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match &mut self.pending {
            Some((_, launches)) => *launches = launches.saturating_add(count),
            None => self.pending = Some((first.to_owned(), count)),
        }
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

    /// Brings a graph up to date with its sequence and starts it.
    fn run(&self, sequence: &mut Sequence, recorded: &mut Recorded) -> Result<Result<(), DriverError>, Error> {
        let Sequence { bindings, changed, .. } = sequence;
        // All launches are of one device: the graph was made from them. Is it this one?
        bindings.first().map(|binding| self.kernels.get(binding)).transpose()?;
        if recorded.frees != self.frees {
            bindings.iter().try_for_each(|binding| launch::values(binding, &self.buffers).map(drop))?;
            recorded.frees = self.frees;
        }
        if let Err(error) = self.context.bind_to_thread() {
            return Ok(Err(error));
        }
        while let Some(index) = changed.first().copied() {
            if let Err(error) = recorded.graph.set(index, self.prepare(&bindings[index])?) {
                return Ok(Err(error));
            }
            changed.remove(&index);
        }
        Ok(recorded.graph.run())
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
        let manifest = bundle.manifest();
        if manifest.target != NAME {
            return Err(Error::Target { device: NAME, expected: NAME, found: manifest.target.clone() });
        }
        let limits = self.limits().map_err(|error| errors::open("the GPU does not answer", error))?;
        let mut modules: BTreeMap<&str, Arc<CudaModule>> = BTreeMap::new();
        let mut loaded = Vec::new();
        for kernel in &manifest.kernels {
            let module = match modules.entry(kernel.file.as_str()) {
                Entry::Occupied(slot) => slot.into_mut(),
                Entry::Vacant(slot) => {
                    let text = compile::text(bundle, &kernel.file)?;
                    let code = compile::cubin(&manifest.kernels, &kernel.file, &text, self.capability)?;
                    let module = self
                        .context
                        .load_module(Ptx::from_binary(code))
                        .map_err(|error| Error::Load { file: kernel.file.clone(), message: errors::text(error) })?;
                    slot.insert(module)
                }
            };
            loaded.push(self.function(module, kernel, limits)?);
        }
        Ok(self.kernels.add(manifest, loaded))
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let mut launch = self.prepare(binding)?;
        let result = self.context.bind_to_thread().and_then(|()| launch.send(&self.stream));
        let name = &binding.kernel().name;
        self.sent(name, 1);
        result.map_err(|error| self.failed(name, error))
    }

    fn sync(&mut self) -> Result<(), Error> {
        match self.stream.synchronize() {
            Ok(()) => {
                self.pending = None;
                Ok(())
            }
            Err(error) => Err(self.failed("sync", error)),
        }
    }

    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        let launches = bindings.iter().map(|binding| self.prepare(binding)).collect::<Result<Vec<_>, _>>()?;
        let functions = bindings.iter().map(|binding| Ok(self.kernels.get(binding)?.function.clone()));
        let functions = functions.collect::<Result<Vec<_>, Error>>()?;
        let mut sequence = Sequence::plain(bindings);
        let (Some(first), Some(last)) = (bindings.first(), bindings.last()) else { return Ok(sequence) };
        let support = Support::of_driver(facts::driver_version());
        if support == Support::None {
            let reason = "launch graphs need a driver for CUDA 12.0 or newer".to_owned();
            sequence.note = Some(Note::OneByOne { device: NAME, reason });
            return Ok(sequence);
        }
        let made = self.context.bind_to_thread();
        let made = made.and_then(|()| Graph::record(|| Nodes::new(&self.stream), launches, support));
        let count = u32::try_from(bindings.len()).unwrap_or(u32::MAX);
        let (graph, refused) =
            made.map_err(|error| errors::launch(&last.kernel().name, &first.kernel().name, count, error))?;
        sequence.note = refused.map(|refused| Note::FullOrder { device: NAME, reason: refused.reason() });
        sequence.prepared = Some(Box::new(Recorded { graph, frees: self.frees, _functions: functions }));
        Ok(sequence)
    }

    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        let mut prepared = sequence.prepared.take();
        let result = match prepared.as_mut().and_then(|prepared| prepared.downcast_mut::<Recorded>()) {
            Some(recorded) => self.run(sequence, recorded),
            // It was recorded without a graph, or by another device: then the first launch says so.
            None => sequence.bindings.iter().try_for_each(|binding| self.launch(binding)).map(Ok),
        };
        let graph = prepared.is_some();
        sequence.prepared = prepared;
        let result = result?;
        if graph && let (Some(first), Some(last)) = (sequence.bindings.first(), sequence.bindings.last()) {
            self.sent(&first.kernel().name, sequence.bindings.len());
            return result.map_err(|error| self.failed(&last.kernel().name, error));
        }
        sequence.changed.clear();
        Ok(())
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
