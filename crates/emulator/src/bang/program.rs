//! Programs: compile once, launch often.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::compile::{self, Built, TEXT};
use super::engine::{Core, RawFault, Shadow};
use super::error::Error;
use super::fault::{Fault, Other};
use super::op::Space;
use super::spaces::{Array, Buffer, Spaces};
use super::tasks::Tasks;
use super::{Arch, Launch, NRAM_BYTES, Schedule, WRAM_BYTES, hooks, task};
use crate::build::ParamKind;
use crate::library::Instance;
use crate::memory::Guarded;
use crate::run::{Fibers, Order};
use crate::{Arg, Checks};

/// A compiled kernel.
#[derive(Debug)]
pub struct Program {
    arch: Arch,
    checks: Checks,
    built: Built,
    nram: u64,
    wram: u64,
    /// Loaded copies that no launch uses, and how many there are in all.
    idle: Mutex<(Vec<Instance>, usize)>,
    /// Dropped last: copies are files in it.
    _folder: TempDir,
}

fn folder() -> Result<TempDir, Error> {
    let build = tempfile::Builder::new().prefix("emulator-").tempdir();
    let doing = || "making a temporary folder".to_owned();
    build.map_err(|source| crate::Error::Io { doing: doing(), source }.into())
}

/// Checks that `source` is BANG C for every arch, without making code; sums of arrays are not looked at.
///
/// # Errors
/// [`Error::Lint`] or [`Error::Compile`]; [`crate::Error::Missing`] if there is no compiler.
pub fn check(source: &str) -> Result<(), Error> {
    compile::check(folder()?.path(), source)
}

impl Program {
    /// Compiles kernel `entry` of `source`, which must be right for every arch, for `arch`.
    ///
    /// # Errors
    /// [`Error::Lint`] and [`Error::Compile`] if the text is not valid, [`crate::Error::Limit`] if its arrays are too large,
    /// [`crate::Error::NoEntry`] if it has no such kernel, [`crate::Error::Missing`] if there is no compiler.
    pub fn compile(arch: Arch, source: &str, entry: &str, checks: Checks) -> Result<Program, Error> {
        Program::make(None, arch, source, entry, checks)
    }

    /// As [`Program::compile`], with what the compiler makes kept in the folder `cache`.
    ///
    /// # Errors
    /// As there. A folder that cannot be used is none.
    pub fn compile_cached(
        cache: &Path,
        arch: Arch,
        source: &str,
        entry: &str,
        checks: Checks,
    ) -> Result<Program, Error> {
        Program::make(Some(cache), arch, source, entry, checks)
    }

    /// As [`Program::compile`], for every arch, in the order of [`Arch::ALL`]; what is the same for each is done once. With a
    /// folder `cache`, what the compiler makes is kept there.
    ///
    /// # Errors
    /// As there. A folder that cannot be used is none.
    pub fn compile_all(
        cache: Option<&Path>,
        source: &str,
        entry: &str,
        checks: Checks,
    ) -> Result<[Program; Arch::ALL.len()], Error> {
        let first = folder()?;
        compile::types(first.path(), cache, source)?;
        let [one, other] = Arch::ALL;
        let one = Program::typed(first, cache, one, source, entry, checks)?;
        Ok([one, Program::typed(folder()?, cache, other, source, entry, checks)?])
    }

    fn make(cache: Option<&Path>, arch: Arch, source: &str, entry: &str, checks: Checks) -> Result<Program, Error> {
        let folder = folder()?;
        compile::types(folder.path(), cache, source)?;
        Program::typed(folder, cache, arch, source, entry, checks)
    }

    /// Compiles a text whose words and types were checked.
    fn typed(
        folder: TempDir,
        cache: Option<&Path>,
        arch: Arch,
        source: &str,
        entry: &str,
        checks: Checks,
    ) -> Result<Program, Error> {
        let built = compile::build(folder.path(), cache, source, entry, arch, checks)?;
        let instance = load(&built, 0)?;
        let sum = |space: Space| -> u64 {
            let arrays = built.arrays.iter().zip(&instance.shared).filter(|((_, other), _)| *other == space);
            arrays.map(|(_, (_, bytes))| bytes.next_multiple_of(64)).sum()
        };
        let (nram, wram) = (sum(Space::Nram) + built.tables, sum(Space::Wram));
        for (what, value, limit) in [("bytes of NRAM", nram, NRAM_BYTES), ("bytes of WRAM", wram, WRAM_BYTES)] {
            if value > limit {
                return Err(crate::Error::Limit { what, value, limit }.into());
            }
        }
        Ok(Program { arch, checks, built, nram, wram, idle: Mutex::new((vec![instance], 1)), _folder: folder })
    }

    /// The arch that it was compiled for.
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// Bytes of NRAM that the text uses: arrays, each rounded up to 64, and tables of active functions.
    pub fn nram_bytes(&self) -> u64 {
        self.nram
    }

    /// Bytes of WRAM that the text uses.
    pub fn wram_bytes(&self) -> u64 {
        self.wram
    }

    /// Runs every task of a launch, whose buffers must be valid for their sizes until it returns.
    ///
    /// # Errors
    /// The first fault found. What was written until then stays, except in [`Checks::Memory`], where nothing is written.
    pub fn launch(&self, launch: &Launch<'_>) -> Result<(), Fault> {
        self.admit(launch)?;
        match self.checks {
            Checks::Barriers => self.run(launch, launch.args),
            Checks::Memory => {
                // SAFETY: the caller's buffers are valid, as `Arg` demands.
                let guarded = unsafe { Guarded::new(launch.args) };
                self.run(launch, guarded.args())?;
                // SAFETY: as above.
                unsafe { guarded.write_back(launch.args) };
                Ok(())
            }
        }
    }

    fn admit(&self, launch: &Launch<'_>) -> Result<(), Fault> {
        if launch.tasks == 0 {
            return Err(Fault::launch("0 tasks; a launch has at least one"));
        }
        let params = &self.built.params;
        if params.len() != launch.args.len() {
            return Err(Fault::launch(format!("{} arguments for {} parameters", launch.args.len(), params.len())));
        }
        for (param, arg) in params.iter().zip(launch.args) {
            let fits = match (&param.kind, arg) {
                (ParamKind::Buffer, Arg::Buffer { .. }) => true,
                (ParamKind::Value(ty), Arg::U32(_)) => ty == "i32",
                (ParamKind::Value(ty), Arg::U64(_)) => ty == "i64",
                (ParamKind::Value(ty), Arg::F32(_)) => ty == "float",
                (ParamKind::Buffer | ParamKind::Value(_) | ParamKind::Reference(_) | ParamKind::Number(_), _) => false,
            };
            if !fits {
                return Err(Fault::launch(format!(
                    "argument {} is not what the parameter `{}` takes",
                    param.slot, param.name
                )));
            }
        }
        Ok(())
    }

    fn run(&self, launch: &Launch<'_>, args: &[Arg]) -> Result<(), Fault> {
        let scalars: Vec<u64> = args.iter().map(scalar).collect();
        let address = |(arg, value): (&Arg, &u64)| match arg {
            Arg::Buffer { address, .. } => *address as usize,
            Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => std::ptr::from_ref(value) as usize,
        };
        let addresses: Vec<usize> = args.iter().zip(&scalars).map(address).collect();
        let seed = match launch.schedule {
            Schedule::Eager | Schedule::Late => 0,
            Schedule::Random(seed) => seed,
        };
        let job = Job {
            program: self,
            tasks: launch.tasks,
            schedule: launch.schedule,
            buffers: self.buffers(args, &addresses),
            args: addresses,
            order: Order::new(u64::from(launch.tasks), seed),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            global: Tasks::default(),
            fault: Mutex::new(None),
        };
        let workers = launch.workers.clamp(1, launch.tasks.min(1024) as usize);
        if workers == 1 {
            job.work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(|| job.work());
                }
            });
        }
        match job.fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, fault)) => Err(fault),
            None => Ok(()),
        }
    }

    /// Buffers and scalars of a launch, writable ones first.
    fn buffers(&self, args: &[Arg], addresses: &[usize]) -> Vec<Buffer> {
        let buffer = |((param, arg), start): ((&crate::build::Param, &Arg), &usize)| {
            let (bytes, writable) = match arg {
                Arg::Buffer { bytes, writable, .. } => (*bytes, *writable),
                Arg::U32(_) | Arg::F32(_) => (4, false),
                Arg::U64(_) => (8, false),
            };
            Buffer { name: format!("argument {} `{}`", param.slot, param.name), start: *start, bytes, writable }
        };
        let mut buffers: Vec<_> = self.built.params.iter().zip(args).zip(addresses).map(buffer).collect();
        buffers.sort_by_key(|buffer| !buffer.writable);
        buffers
    }

    fn take(&self) -> Result<Instance, Error> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = idle.0.pop() {
            return Ok(instance);
        }
        let number = idle.1;
        idle.1 += 1;
        drop(idle);
        load(&self.built, number)
    }

    fn fault(&self, instance: &Instance, raw: RawFault, task: u32) -> Fault {
        let line = |site: usize| instance.line(instance.base + site, TEXT);
        let other = raw.other.map(|(task, what, site)| Other { task, line: line(site), what });
        let refusal = raw.refusal;
        Fault { kind: refusal.kind, line: line(raw.site), task, message: refusal.message, rule: refusal.rule, other }
    }
}

fn load(built: &Built, number: usize) -> Result<Instance, Error> {
    Ok(Instance::load(&built.library, number, built.arrays.len(), hooks::table())?)
}

fn scalar(arg: &Arg) -> u64 {
    match arg {
        Arg::Buffer { .. } => 0,
        Arg::U32(value) => u64::from(*value),
        Arg::U64(value) => *value,
        Arg::F32(value) => u64::from(value.to_bits()),
    }
}

/// A launch that workers share.
struct Job<'a> {
    program: &'a Program,
    tasks: u32,
    schedule: Schedule,
    args: Vec<usize>,
    buffers: Vec<Buffer>,
    order: Order,
    /// Place in the order that nobody has taken yet.
    next: AtomicU64,
    stop: AtomicBool,
    global: Tasks,
    /// The fault that comes first in the order.
    fault: Mutex<Option<(u64, Fault)>>,
}

impl Job<'_> {
    fn work(&self) {
        let instance = match self.program.take() {
            Ok(instance) => instance,
            Err(error) => return self.report(0, Fault::launch(error.to_string())),
        };
        match Fibers::new(1) {
            Ok(mut fibers) => self.tasks(&instance, &mut fibers),
            Err(error) => self.report(0, Fault::launch(format!("making a stack: {error}"))),
        }
        self.program.idle.lock().unwrap_or_else(PoisonError::into_inner).0.push(instance);
    }

    fn tasks(&self, instance: &Instance, fibers: &mut Fibers) {
        let (spaces, bytes) = self.spaces(instance, fibers);
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= u64::from(self.tasks) || self.stop.load(Ordering::Relaxed) {
                return;
            }
            let task = self.order.at(index) as u32;
            for array in &spaces.arrays {
                // SAFETY: an array of the loaded copy, which only this worker uses. The bytes are NaN as f32 and as bf16.
                unsafe { std::ptr::write_bytes(array.start as *mut u8, 0xff, array.bytes as usize) };
            }
            let shadow = match self.program.checks {
                Checks::Barriers => None,
                Checks::Memory => Some(Shadow::new(bytes)),
            };
            let numbers = [self.tasks, task];
            let mut core = Core::new(self.program.arch, &spaces, numbers, shadow, &self.global, self.schedule);
            core.base = instance.base;
            if let Err(raw) = task::run(instance.entry, &self.args, core, fibers) {
                return self.report(index, self.program.fault(instance, raw, task));
            }
        }
    }

    /// The memory of a worker's core, and the bytes of its arrays.
    fn spaces(&self, instance: &Instance, fibers: &Fibers) -> (Spaces, usize) {
        let mut first = 0;
        let mut arrays = Vec::new();
        for ((name, space), (start, bytes)) in self.program.built.arrays.iter().zip(&instance.shared) {
            arrays.push(Array { name: name.clone(), start: *start, bytes: *bytes, space: *space, first });
            first += *bytes as usize;
        }
        let stack = fibers.ranges().first().copied().unwrap_or((0, 0));
        let (buffers, constants) = (self.buffers.clone(), instance.constants.clone());
        (Spaces { arrays, buffers, constants, stack }, first)
    }

    fn report(&self, index: u64, fault: Fault) {
        self.stop.store(true, Ordering::Relaxed);
        let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(other, _)| index < *other) {
            *first = Some((index, fault));
        }
    }
}
