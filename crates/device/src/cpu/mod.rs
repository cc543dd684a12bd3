//! The processor itself: kernels are native code in a shared library.
//!
//! Every kernel is `extern "C" fn(args, first, last, scratch)`: `args` points to one pointer per argument (a view's
//! data, or a scalar's value in memory), programs `first..last` of the grid are to be run (x fastest), `scratch` is
//! that thread's own memory of the size the manifest states. Programs of one launch are split over the threads.
mod features;
mod library;
mod pool;
mod reads;

use std::ffi::c_void;

use bundle::Bundle;
use bundle::limits;

use crate::binding::{Arg, Binding};
use crate::buffer::{Allocation, Buffer, BufferInfo, Table, Usage, copy_range, new_device_id};
use crate::error::Error;
use crate::facts::{Fact, ReadRate};
use crate::memory::Memory;
use crate::program::{Kernels, Program};
use crate::{Device, Judge, MAX_THREADS};
pub use features::host_features;
use library::{Entry, Kernel, Libraries};
use pool::Pool;

/// Chunks handed out per thread and launch: more evens out threads of unequal speed, fewer cost less.
const CHUNKS_PER_THREAD: u64 = 4;

/// The `cpu` device.
pub struct Cpu {
    pool: Pool,
    /// One per thread, grown when a bundle is loaded.
    scratch: Vec<Memory>,
    buffers: Table<Allocation>,
    kernels: Kernels<Kernel>,
    libraries: Libraries,
}

impl Cpu {
    /// A device of `threads` threads, the calling one included; `None` takes all cores.
    ///
    /// # Errors
    /// No threads, too many, or the system refuses to start them.
    pub fn new(threads: Option<usize>) -> Result<Cpu, Error> {
        let available = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.unwrap_or_else(available);
        let open = |message: String| Error::Open { device: "cpu", message };
        if threads == 0 || threads > MAX_THREADS {
            return Err(open(format!("{threads} threads; 1 to {} are possible", MAX_THREADS)));
        }
        let pool = Pool::new(threads).map_err(|error| open(format!("cannot start a thread: {error}")))?;
        let id = new_device_id();
        let scratch = (0..threads).map(|_| Memory::zeroed(0)).collect::<Result<_, _>>()?;
        Ok(Cpu { pool, scratch, buffers: Table::new(id), kernels: Kernels::new(id), libraries: Libraries::default() })
    }

    /// Number of threads, the calling one included.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    fn grow_scratch(&mut self, bytes: u64) -> Result<(), Error> {
        for memory in &mut self.scratch {
            if memory.bytes() < bytes {
                *memory = Memory::zeroed(bytes)?;
            }
        }
        Ok(())
    }
}

impl Device for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn judge(&self) -> Judge {
        Judge::NativeCpu
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        let memory = Memory::zeroed(bytes)?;
        Ok(self.buffers.insert(Allocation { memory, info: BufferInfo { bytes, usage } }))
    }

    fn free(&mut self, buffer: Buffer) -> Result<(), Error> {
        self.buffers.remove(buffer).map(drop)
    }

    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error> {
        Ok(self.buffers.get(buffer)?.info)
    }

    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let allocation = self.buffers.get_mut(buffer)?;
        let range = copy_range(allocation.info.bytes, offset, bytes.len() as u64)?;
        allocation.memory.as_mut_slice()[range].copy_from_slice(bytes);
        Ok(())
    }

    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let allocation = self.buffers.get(buffer)?;
        let range = copy_range(allocation.info.bytes, offset, bytes.len() as u64)?;
        bytes.copy_from_slice(&allocation.memory.as_slice()[range]);
        Ok(())
    }

    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        let manifest = bundle.manifest();
        if manifest.target != "cpu" {
            return Err(Error::Target { device: "cpu", expected: "cpu", found: manifest.target.clone() });
        }
        features::check(&manifest.features)?;
        let loaded = self.libraries.load(bundle)?;
        let scratch = loaded.iter().map(|kernel| kernel.scratch).max().unwrap_or(0);
        self.grow_scratch(scratch)?;
        Ok(self.kernels.add(manifest, loaded))
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let kernel = self.kernels.get(binding)?;
        let mut scalars = [0u64; limits::ARGS as usize];
        let mut pointers = [std::ptr::null::<c_void>(); limits::ARGS as usize];
        // The manifest's limit on arguments was checked when the bundle was opened.
        for ((arg, scalar), pointer) in binding.args().iter().zip(&mut scalars).zip(&mut pointers) {
            *pointer = match *arg {
                Arg::Buffer(buffer) => self.buffers.get(buffer)?.memory.pointer().cast(),
                Arg::F32(value) => store(scalar, &value.to_ne_bytes()),
                Arg::U32(value) => store(scalar, &value.to_ne_bytes()),
                Arg::U64(value) => store(scalar, &value.to_ne_bytes()),
            };
        }
        let call = Call { entry: kernel.entry, args: pointers.as_ptr(), scratch: &self.scratch };
        let chunk = (kernel.programs / (self.pool.threads() as u64 * CHUNKS_PER_THREAD)).max(1);
        self.pool.run(kernel.programs, chunk, &|thread, first, last| call.run(thread, first, last));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        // A launch returns when all of its programs have run.
        Ok(())
    }

    fn facts(&self) -> Vec<Fact> {
        reads::facts(self.threads())
    }

    fn condition(&self) -> Vec<Fact> {
        reads::condition()
    }

    fn measure_reads(&mut self, bytes: u64) -> Result<Option<ReadRate>, Error> {
        reads::measure(self.threads(), bytes)
    }
}

/// One launch, as every thread sees it.
struct Call<'a> {
    entry: Entry,
    args: *const *const c_void,
    scratch: &'a [Memory],
}

// SAFETY: the pointers lead to buffers that only this launch uses while it runs (`Cpu::launch` borrows the device
// mutably); programs write disjoint parts, as the binding and the compiler guarantee.
unsafe impl Sync for Call<'_> {}

impl Call<'_> {
    fn run(&self, thread: usize, first: u64, last: u64) {
        let scratch = self.scratch[thread].pointer();
        // SAFETY: `entry` has this signature by the bundle's contract; the binding has checked number, kinds and sizes
        // of the arguments; `scratch` has the stated size and belongs to this thread.
        unsafe { (self.entry)(self.args, first, last, scratch) }
    }
}

/// Stores a scalar's bytes at the start of its slot and returns the slot's address.
fn store(slot: &mut u64, bytes: &[u8]) -> *const c_void {
    let mut value = [0; 8];
    value[..bytes.len()].copy_from_slice(bytes);
    *slot = u64::from_ne_bytes(value);
    std::ptr::from_ref(slot).cast()
}
