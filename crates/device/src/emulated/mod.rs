//! Emulated accelerators: the printed source of a bundle, compiled by clang and run under the rules of its language.
//!
//! One implementation for all languages; what a barrier, a lane operation, a flag or an access means is the emulator's. Times
//! mean nothing here.
mod aie;
mod bang;
mod gaudi;
mod load;
mod nki;
mod target;

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
use target::Target;

/// How an emulated device is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmulatedOptions {
    /// What is checked while kernels run.
    pub checks: Checks,
    /// Threads that run programs; `None` takes all cores.
    pub threads: Option<usize>,
    /// Chooses the order in which programs and threads run; every launch takes the next one. On cores (`ascendc-emu`, `pto-emu`,
    /// `bang-emu`) 0 carries out at once what is handed to a pipe, 1 as late as flags, barriers and waits allow, others at random. On `gaudi-emu` it chooses which members one
    /// processor runs: each one alone, all, or as a seed says.
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

/// A launch that was refused or went wrong: the line of the text, if known, and what happened.
type Fault = (Option<u32>, String);

/// An emulated device: one of [`crate::NAMES`] that ends in `-emu`.
pub struct Emulated {
    target: Target,
    options: EmulatedOptions,
    workers: usize,
    buffers: Table<Allocation>,
    kernels: Kernels<Kernel>,
    /// Of the next launch.
    seed: u64,
}

impl Emulated {
    /// A device for `language`.
    ///
    /// # Errors
    /// No threads, or too many.
    pub fn new(language: Language, options: EmulatedOptions) -> Result<Emulated, Error> {
        Emulated::make(Target::Language(language), options)
    }

    /// The emulated device of this name. `bang-emu` with [`Checks::Memory`] runs kernels on mtp_372 and on mtp_592, whose results
    /// must be the same to the bit; else on mtp_592.
    ///
    /// # Errors
    /// No emulated device has it; no threads, or too many.
    pub fn named(name: &str, options: EmulatedOptions) -> Result<Emulated, Error> {
        match Target::of_device(name) {
            Some(target) => Emulated::make(target, options),
            None => Err(Error::UnknownDevice { name: name.to_owned() }),
        }
    }

    fn make(target: Target, options: EmulatedOptions) -> Result<Emulated, Error> {
        let workers = options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if workers == 0 || workers > crate::MAX_THREADS {
            let message = format!("{workers} threads; 1 to {} are possible", crate::MAX_THREADS);
            return Err(Error::Open { device: target.device(), message });
        }
        let id = new_device_id();
        let (buffers, kernels, seed) = (Table::new(id), Kernels::new(id), options.seed);
        Ok(Emulated { target, options, workers, buffers, kernels, seed })
    }

    /// The next launch takes this seed, those after it the next ones: see [`EmulatedOptions::seed`].
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }
}

impl Device for Emulated {
    fn name(&self) -> &str {
        self.target.device()
    }

    fn judge(&self) -> Judge {
        Judge::Emulated
    }

    fn alloc(&mut self, bytes: u64, usage: Usage) -> Result<Buffer, Error> {
        let memory = match self.target {
            Target::Nki => Memory::shared(bytes)?,
            Target::Language(_) | Target::Bang | Target::Gaudi | Target::Aie => Memory::zeroed(bytes)?,
        };
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
        let (device, expected) = (self.target.device(), self.target.name());
        if manifest.target != expected {
            return Err(Error::Target { device, expected, found: manifest.target.clone() });
        }
        let loaded = load::kernels(bundle, self.target, &self.options, self.workers)?;
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
        let seed = self.seed;
        self.seed = seed.wrapping_add(1);
        let result = match kernel {
            Kernel::Groups { program, grid, threads } => {
                let launch = Launch {
                    grid: *grid,
                    threads: *threads,
                    dynamic_shared: manifest.budgets.get("dynamic_shared").copied().unwrap_or(0),
                    args: &args,
                    workers: self.workers,
                    seed,
                };
                program.launch(&launch).map_err(|fault| (fault.line, fault.to_string()))
            }
            Kernel::Members(members) => members.launch(manifest, &args, self.workers, seed),
            Kernel::Design(design) => design.launch(manifest, &args),
            Kernel::Tasks(tasks) => tasks.launch(manifest, &args, self.workers, seed),
            Kernel::Core(core) => core.launch(manifest, &args),
        };
        result.map_err(|(line, message)| {
            let (kernel, file) = (manifest.name.clone(), manifest.file.clone());
            Error::Fault { kernel, file, line, message }
        })
    }

    fn sync(&mut self) -> Result<(), Error> {
        // A launch returns when all of its programs have run.
        Ok(())
    }
}
