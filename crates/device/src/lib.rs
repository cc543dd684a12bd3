//! Devices: where the kernels of a bundle run.
//!
//! A [`Device`] owns memory ([`Buffer`] handles), loads bundles and launches their kernels. Everything that can be
//! checked about a launch is checked once, when its [`Binding`] is made: number and kinds of arguments, sizes, scalar
//! bounds, aliasing. All devices share those checks, so a launch that is refused is refused everywhere alike.
//!
//! Launches of one device run in order; a launch sees everything that earlier launches and uploads wrote. They may
//! still be running when [`Device::launch`] returns; [`Device::download`] and [`Device::sync`] wait.
mod binding;
mod buffer;
mod choice;
mod compile_log;
mod cpu;
mod cuda;
mod disk_cache;
mod emulated;
mod error;
mod facts;
mod limits;
mod memory;
// `tenfold_check_metal` type-checks it elsewhere: tests/metal_types.rs.
#[cfg(any(target_os = "macos", tenfold_check_metal))]
mod metal;
mod program;
mod sequence;
mod stream;
mod vulkan;

use std::time::{Duration, Instant};

use bundle::Bundle;

pub use binding::{Arg, Binding};
pub use buffer::{Buffer, BufferInfo, Usage};
pub use choice::{Choice, Chosen, Mark};
pub use cpu::{Cpu, host_features};
pub use cuda::Cuda;
pub use emulated::{Emulated, EmulatedOptions};
pub use emulator::{Checks, Language};
pub use error::{Cause, Error, Failure};
pub use facts::{Fact, ReadRate};
#[cfg(any(target_os = "macos", tenfold_check_metal))]
pub use metal::Metal;
pub use program::{KernelHandle, LoadedKernel, Program};
pub use sequence::{Note, Sequence};
pub use vulkan::{Vulkan, VulkanOptions};

/// Names that [`open`] takes.
pub const NAMES: &[&str] = &[
    "cpu",
    "cuda",
    "metal",
    "vulkan",
    "msl-emu",
    "cuda-emu",
    "musa-emu",
    "ascendc-emu",
    "pto-emu",
    "bang-emu",
    "nki-emu",
];

/// Most threads of a device that runs on the processor.
pub(crate) const MAX_THREADS: usize = 1024;

/// Where compiled kernels are kept between runs: `$XDG_CACHE_HOME/tenfold/PART`, or below `~/.cache`; `None` if neither is known.
pub(crate) fn cache_folder(part: &str) -> Option<std::path::PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("tenfold").join(part))
}

/// Who executes the kernels, and so what a result or a time is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The accelerator itself, through its vendor's driver.
    Hardware,
    /// Native code on this machine's processor.
    NativeCpu,
    /// A program that models the target; its times mean nothing.
    Emulated,
}

impl std::fmt::Display for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Judge::Hardware => "hardware",
            Judge::NativeCpu => "native cpu",
            Judge::Emulated => "emulated",
        })
    }
}

/// Whose clock tells how long one launch took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The host's: a launch and a wait are counted in.
    Host,
    /// The device's own: only the kernel.
    Device,
}

/// A place where kernels run.
pub trait Device: Send {
    /// The name [`open`] knows it by.
    fn name(&self) -> &str;

    /// Who executes.
    fn judge(&self) -> Judge;

    /// Makes a buffer of `bytes` zero bytes, aligned for every element type and vector access.
    ///
    /// # Errors
    /// Not enough memory.
    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error>;

    /// Gives a buffer back; bindings that hold it can no longer be launched.
    ///
    /// # Errors
    /// Not a live buffer of this device.
    fn free(&mut self, buffer: Buffer) -> Result<(), Error>;

    /// Size and usage of a buffer.
    ///
    /// # Errors
    /// Not a live buffer of this device.
    fn info(&self, buffer: Buffer) -> Result<BufferInfo, Error>;

    /// Copies `bytes` into the buffer from byte `offset` on.
    ///
    /// # Errors
    /// Not a live buffer of this device, or past its end.
    fn upload(&mut self, buffer: Buffer, offset: u64, bytes: &[u8]) -> Result<(), Error>;

    /// Waits for all launches, then copies from byte `offset` of the buffer into `bytes`.
    ///
    /// # Errors
    /// Not a live buffer of this device, past its end, or a launch that failed.
    fn download(&mut self, buffer: Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), Error>;

    /// Loads a bundle's code.
    ///
    /// # Errors
    /// A bundle for another target or for features this machine lacks, or code that does not load.
    fn load(&mut self, bundle: &Bundle) -> Result<Program, Error>;

    /// Launches a kernel with the arguments of its binding.
    ///
    /// # Errors
    /// A binding made on another device, or one that holds a freed buffer.
    fn launch(&mut self, binding: &Binding) -> Result<(), Error>;

    /// Launches a kernel, waits for it and says how long it took: by the device's own clock where [`Device::times`] says
    /// so, else by the host's, the launch and the wait counted in. Nothing may be pending.
    ///
    /// # Errors
    /// As [`Device::launch`] and [`Device::sync`].
    fn launch_timed(&mut self, binding: &Binding) -> Result<Duration, Error> {
        let start = Instant::now();
        self.launch(binding)?;
        self.sync()?;
        Ok(start.elapsed())
    }

    /// Whose clock [`Device::launch_timed`] reads.
    fn times(&self) -> Clock {
        Clock::Host
    }

    /// Waits for all launches.
    ///
    /// # Errors
    /// A launch that failed.
    fn sync(&mut self) -> Result<(), Error>;

    /// Prepares a list of launches to be run in this order as one unit, again and again. Nothing is launched yet.
    /// Unless a device has something better, it launches them one by one.
    ///
    /// # Errors
    /// A binding that holds a freed buffer or, on some devices only when it is run, one made on another device; a
    /// device that cannot prepare it.
    fn record(&mut self, bindings: &[&Binding]) -> Result<Sequence, Error> {
        for arg in bindings.iter().flat_map(|binding| binding.args()) {
            match *arg {
                Arg::Buffer(buffer) => drop(self.info(buffer)?),
                Arg::F32(_) | Arg::U32(_) | Arg::U64(_) => {}
            }
        }
        Ok(Sequence::plain(bindings))
    }

    /// Launches a recorded sequence, with the scalars that were set last. In the order of launches and copies it is what
    /// its launches would be, one after the other.
    ///
    /// # Errors
    /// A sequence of another device, or one that holds a buffer freed since.
    fn replay(&mut self, sequence: &mut Sequence) -> Result<(), Error> {
        sequence.bindings().iter().try_for_each(|binding| self.launch(binding))?;
        sequence.changed.clear();
        Ok(())
    }

    /// Asks for what a kernel chose: the 32-bit number at the start of `index`, and the f32 of this number in `values`, as
    /// they are behind everything sent so far. [`Device::chosen`] waits for it; what is sent in the meantime need not have
    /// ended by then. Unless a device has something better, it waits right here.
    ///
    /// # Errors
    /// Not live buffers of this device, no number in `index`, or a launch that failed.
    fn choose(&mut self, index: Buffer, values: Buffer) -> Result<Choice, Error> {
        let mut word = [0; 4];
        self.download(index, 0, &mut word)?;
        let index = u32::from_le_bytes(word);
        let offset = u64::from(index) * 4;
        let value = if offset + 4 <= self.info(values)?.bytes {
            self.download(values, offset, &mut word)?;
            f32::from_le_bytes(word)
        } else {
            f32::NAN
        };
        Ok(Choice::Here(Chosen { index, value }))
    }

    /// Waits for a choice, and for nothing that was sent after it was asked for.
    ///
    /// # Errors
    /// A choice of another device, or a launch that failed.
    fn chosen(&mut self, choice: Choice) -> Result<Chosen, Error> {
        match choice {
            Choice::Here(chosen) => Ok(chosen),
            Choice::Pending(_) => Err(Error::ForeignChoice),
        }
    }

    /// Marks a point in the order of launches, to ask for the time between two of them; `None` if the device has no clock of
    /// its own.
    ///
    /// # Errors
    /// A device that fails.
    fn mark(&mut self) -> Result<Option<Mark>, Error> {
        Ok(None)
    }

    /// Waits for two marks: the time between them by the device's clock.
    ///
    /// # Errors
    /// Marks of another device, or a launch that failed.
    fn between(&mut self, from: &Mark, to: &Mark) -> Result<Duration, Error> {
        let _ = (from, to);
        Err(Error::ForeignMark)
    }

    /// What it says about itself that does not change: its maker's name, driver, compiler. Empty if it says nothing.
    fn facts(&self) -> Vec<Fact> {
        Vec::new()
    }

    /// What it says about its present condition: clocks, power, temperature. Empty if it says nothing.
    fn condition(&self) -> Vec<Fact> {
        Vec::new()
    }

    /// Bytes per second that its memory is built for, if it says so: the number of a datasheet, which nothing reaches.
    fn nominal_read_rate(&self) -> Option<f64> {
        None
    }

    /// Measures how fast it reads its own memory, on a buffer of about `bytes` bytes; `None` if it cannot, or if its
    /// times mean nothing. Take the bytes that a token reads: caches then help (or not) as they help decoding.
    ///
    /// # Errors
    /// Not enough memory, or a device that fails.
    fn measure_reads(&mut self, bytes: u64) -> Result<Option<ReadRate>, Error> {
        let _ = bytes;
        Ok(None)
    }
}

/// Opens a device by name. `threads` is for devices that run on the processor; `None` takes all cores.
///
/// # Errors
/// An unknown name, or a device that this machine lacks.
pub fn open(name: &str, threads: Option<usize>) -> Result<Box<dyn Device>, Error> {
    match name {
        "cpu" => Ok(Box::new(Cpu::new(threads)?)),
        "cuda" => Ok(Box::new(Cuda::new()?)),
        "vulkan" => Ok(Box::new(Vulkan::new(VulkanOptions::from_environment()?)?)),
        "msl-emu" => emulated("msl-emu", threads),
        "cuda-emu" => emulated("cuda-emu", threads),
        "musa-emu" => emulated("musa-emu", threads),
        "ascendc-emu" => emulated("ascendc-emu", threads),
        "pto-emu" => emulated("pto-emu", threads),
        "bang-emu" => emulated("bang-emu", threads),
        "nki-emu" => emulated("nki-emu", threads),
        #[cfg(any(target_os = "macos", tenfold_check_metal))]
        "metal" => Ok(Box::new(Metal::new()?)),
        #[cfg(not(any(target_os = "macos", tenfold_check_metal)))]
        "metal" => Err(Error::Open { device: "metal", message: "it needs macOS".to_owned() }),
        _ => Err(Error::UnknownDevice { name: name.to_owned() }),
    }
}

fn emulated(name: &'static str, threads: Option<usize>) -> Result<Box<dyn Device>, Error> {
    Ok(Box::new(Emulated::named(name, EmulatedOptions::from_environment(name, threads)?)?))
}
