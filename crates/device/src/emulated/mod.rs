//! Emulated accelerators: the printed source of a bundle, compiled by clang and run under the rules of its language.
//!
//! One implementation for all languages; what a barrier, a lane operation or an access means is the emulator's. Times
//! mean nothing here.
mod load;

use std::path::PathBuf;

use bundle::Bundle;
use bundle::manifest::{Access, ArgKind};
use emulator::{Checks, Language, Launch};

use crate::binding::{Arg, Binding};
use crate::buffer::{Allocation, Buffer, BufferInfo, Table, Usage, copy_range, new_device_id};
use crate::error::Error;
use crate::memory::Memory;
use crate::program::{Kernels, Program};
use crate::{Device, Judge};
use load::Kernel;

/// How an emulated device is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmulatedOptions {
    /// What is checked while kernels run.
    pub checks: Checks,
    /// Threads that run programs; `None` takes all cores.
    pub threads: Option<usize>,
    /// Chooses the order in which programs and threads run; every launch takes the next one.
    pub seed: u64,
    /// Folder that keeps compiled kernels between runs; `None` compiles anew.
    pub cache: Option<PathBuf>,
}

impl EmulatedOptions {
    /// Every access is checked, and compiled kernels are kept in the user's cache folder.
    pub fn checked(threads: Option<usize>) -> EmulatedOptions {
        EmulatedOptions { checks: Checks::Memory, threads, seed: 1, cache: crate::cache_folder("emulator") }
    }

    /// For whole models: barriers and lane operations are checked (every access with `TENFOLD_EMULATOR_CHECKS=memory`),
    /// compiled kernels are kept in the user's cache folder.
    ///
    /// # Errors
    /// Another value of that variable.
    pub fn from_environment(device: &'static str, threads: Option<usize>) -> Result<EmulatedOptions, Error> {
        let checks = match std::env::var("TENFOLD_EMULATOR_CHECKS").as_deref() {
            Err(_) | Ok("" | "barriers") => Checks::Barriers,
            Ok("memory") => Checks::Memory,
            Ok(other) => {
                let message = format!("TENFOLD_EMULATOR_CHECKS is `{other}`; it takes `barriers` or `memory`");
                return Err(Error::Open { device, message });
            }
        };
        Ok(EmulatedOptions { checks, threads, seed: 0, cache: crate::cache_folder("emulator") })
    }
}

/// An emulated device: `msl-emu`, `cuda-emu` or `musa-emu`.
pub struct Emulated {
    language: Language,
    options: EmulatedOptions,
    workers: usize,
    buffers: Table<Allocation>,
    kernels: Kernels<Kernel>,
    launches: u64,
}

/// The device of a language.
const fn device_name(language: Language) -> &'static str {
    match language {
        Language::Msl => "msl-emu",
        Language::Cuda => "cuda-emu",
        Language::Musa => "musa-emu",
        Language::AscendC => "ascendc-emu",
        Language::Pto => "pto-emu",
    }
}

/// The target whose bundles it runs.
const fn target(language: Language) -> &'static str {
    match language {
        Language::Msl => "msl",
        Language::Cuda => "cuda",
        Language::Musa => "musa",
        Language::AscendC => "ascendc",
        Language::Pto => "pto",
    }
}

impl Emulated {
    /// The language that the device `name` runs.
    pub fn language_of(name: &str) -> Option<Language> {
        [Language::Msl, Language::Cuda, Language::Musa, Language::AscendC, Language::Pto]
            .into_iter()
            .find(|language| device_name(*language) == name)
    }

    /// A device for `language`.
    ///
    /// # Errors
    /// No threads, or too many.
    pub fn new(language: Language, options: EmulatedOptions) -> Result<Emulated, Error> {
        let workers = options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if workers == 0 || workers > crate::MAX_THREADS {
            let message = format!("{workers} threads; 1 to {} are possible", crate::MAX_THREADS);
            return Err(Error::Open { device: device_name(language), message });
        }
        let id = new_device_id();
        let buffers = Table::new(id);
        Ok(Emulated { language, options, workers, buffers, kernels: Kernels::new(id), launches: 0 })
    }
}

impl Device for Emulated {
    fn name(&self) -> &str {
        device_name(self.language)
    }

    fn judge(&self) -> Judge {
        Judge::Emulated
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
        let (device, expected) = (device_name(self.language), target(self.language));
        if manifest.target != expected {
            return Err(Error::Target { device, expected, found: manifest.target.clone() });
        }
        let loaded = load::kernels(bundle, self.language, &self.options, self.workers)?;
        Ok(self.kernels.add(manifest, loaded))
    }

    fn launch(&mut self, binding: &Binding) -> Result<(), Error> {
        let manifest = binding.kernel();
        let kernel = self.kernels.get(binding)?;
        let mut args = Vec::with_capacity(binding.args().len());
        for (declared, arg) in manifest.args.iter().zip(binding.args()) {
            args.push(match (*arg, &declared.kind) {
                (Arg::Buffer(buffer), ArgKind::View { dtype, shape, access, .. }) => emulator::Arg::Buffer {
                    address: self.buffers.get(buffer)?.memory.pointer(),
                    // Of a larger buffer, only the view may be touched. The binding has checked that it holds the view.
                    bytes: bundle::view_bytes(*dtype, shape).unwrap_or(0),
                    writable: *access == Access::Write,
                },
                (Arg::Buffer(buffer), ArgKind::Scalar { .. }) => emulator::Arg::Buffer {
                    address: self.buffers.get(buffer)?.memory.pointer(),
                    bytes: 0,
                    writable: false,
                },
                (Arg::U32(value), _) => emulator::Arg::U32(value),
                (Arg::U64(value), _) => emulator::Arg::U64(value),
                (Arg::F32(value), _) => emulator::Arg::F32(value),
            });
        }
        let launch = Launch {
            grid: manifest.grid,
            threads: kernel.threads,
            dynamic_shared: manifest.budgets.get("dynamic_shared").copied().unwrap_or(0),
            args: &args,
            workers: self.workers,
            seed: self.options.seed.wrapping_add(self.launches),
        };
        self.launches += 1;
        kernel.program.launch(&launch).map_err(|fault| Error::Fault {
            kernel: manifest.name.clone(),
            file: manifest.file.clone(),
            line: fault.line,
            message: fault.to_string(),
        })
    }

    fn sync(&mut self) -> Result<(), Error> {
        // A launch returns when all of its programs have run.
        Ok(())
    }
}
