//! Programs: compile once, launch often.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::build::{self, Built, ParamKind};
use crate::library::Instance;
use crate::memory::{Checker, Global, Guarded, Region, RegionKind};
use crate::run::{self, Fibers, Launched, Order, RawFault, Worker};
use crate::{Arg, Checks, Error, Fault, Language, Launch};

/// Programs a worker takes at once.
const BATCH: u64 = 8;

/// A compiled kernel.
#[derive(Debug)]
pub struct Program {
    language: Language,
    checks: Checks,
    built: Built,
    /// Bytes of shared arrays, without the dynamic one.
    shared_bytes: u64,
    /// Loaded copies that no launch uses, and how many there are in all.
    idle: Mutex<(Vec<Instance>, usize)>,
    /// Dropped last: copies are files in it.
    _folder: TempDir,
}

fn folder() -> Result<TempDir, Error> {
    let build = tempfile::Builder::new().prefix("emulator-").tempdir();
    build.map_err(|source| Error::Io { doing: "making a temporary folder".to_owned(), source })
}

/// Checks that `source` is valid text of `language`, without making code.
///
/// # Errors
/// [`Error::Compile`] with the compiler's messages; [`Error::Missing`] if there is no compiler.
pub fn check(language: Language, source: &str) -> Result<(), Error> {
    build::check(folder()?.path(), language, source)
}

/// Most bytes of shared memory a text may declare.
fn shared_limit(language: Language) -> u64 {
    match language {
        Language::Msl => 32_768,
        Language::Cuda => 49_152,
        Language::Musa => 28_672,
    }
}

/// Most bytes of declared and dynamic shared memory together.
fn total_limit(language: Language) -> u64 {
    match language {
        Language::Msl => 32_768,
        Language::Cuda => build::DYNAMIC_BYTES,
        Language::Musa => 28_672,
    }
}

impl Program {
    /// Compiles kernel `entry` of `source`.
    ///
    /// # Errors
    /// [`Error::Compile`] if the text is not valid, [`Error::Signature`] if its parameters cannot be bound, [`Error::Limit`] if it
    /// declares too much shared memory, [`Error::Unsupported`] if it uses what the emulator lacks, [`Error::Missing`] if there
    /// is no compiler.
    pub fn compile(language: Language, source: &str, entry: &str, checks: Checks) -> Result<Program, Error> {
        Program::make(None, language, source, entry, checks)
    }

    /// As [`Program::compile`], with what the compiler makes kept in the folder `cache`, under the SHA-256 of everything that
    /// goes into it: text, headers, entry, checks, options, and what the compiler says of itself. Processes may share the
    /// folder; it is made if it is not there, and may be removed at any time.
    ///
    /// # Errors
    /// As there. A folder that cannot be used is none.
    pub fn compile_cached(
        cache: &Path,
        language: Language,
        source: &str,
        entry: &str,
        checks: Checks,
    ) -> Result<Program, Error> {
        Program::make(Some(cache), language, source, entry, checks)
    }

    fn make(
        cache: Option<&Path>,
        language: Language,
        source: &str,
        entry: &str,
        checks: Checks,
    ) -> Result<Program, Error> {
        let folder = folder()?;
        let built = build::build(folder.path(), cache, language, source, entry, checks)?;
        let instance = Instance::load(&built.library, 0, built.shared.len(), run::hooks())?;
        let shared_bytes = instance.shared.iter().map(|(_, bytes)| bytes.next_multiple_of(16)).sum();
        let limit = shared_limit(language);
        if shared_bytes > limit {
            return Err(Error::Limit { what: "bytes of shared memory", value: shared_bytes, limit });
        }
        Ok(Program { language, checks, built, shared_bytes, idle: Mutex::new((vec![instance], 1)), _folder: folder })
    }

    /// Bytes of shared memory the text declares, each array rounded up to 16.
    pub fn shared_bytes(&self) -> u64 {
        self.shared_bytes
    }

    /// Runs every program of a launch, whose buffers must be valid for their sizes until it returns.
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

    /// Refuses what the target would refuse.
    fn admit(&self, launch: &Launch<'_>) -> Result<(), Fault> {
        let threads = launch.threads;
        if threads == 0 || threads > 1024 {
            return Err(Fault::launch(format!("{threads} threads; a group has 1 to 1024")));
        }
        if self.language == Language::Musa && !threads.is_multiple_of(128) {
            return Err(Fault::launch(format!("{threads} threads; on mp_22 groups are multiples of 128")));
        }
        if launch.grid.iter().any(|size| *size > u64::from(u32::MAX)) {
            return Err(Fault::launch(format!("the grid {:?} does not fit 32 bits", launch.grid)));
        }
        match (&self.built.dynamic, launch.dynamic_shared) {
            (None, 0) | (Some(_), _) => {}
            (None, bytes) => {
                return Err(Fault::launch(format!(
                    "{bytes} bytes of dynamic shared memory, which the text does not have"
                )));
            }
        }
        let (shared, limit) = (self.shared_bytes.saturating_add(launch.dynamic_shared), total_limit(self.language));
        if shared > limit {
            return Err(Fault::launch(format!("{shared} bytes of shared memory; the limit is {limit}")));
        }
        let bound: Vec<_> =
            self.built.params.iter().filter(|param| !matches!(param.kind, ParamKind::Number(_))).collect();
        if bound.len() != launch.args.len() {
            return Err(Fault::launch(format!("{} arguments for {} parameters", launch.args.len(), bound.len())));
        }
        for param in bound {
            let arg = launch.args[param.slot];
            let fits = match (&param.kind, arg) {
                (ParamKind::Buffer, Arg::Buffer { .. }) => true,
                (ParamKind::Reference(bytes), Arg::Buffer { bytes: given, .. }) => given >= *bytes,
                (ParamKind::Reference(bytes), Arg::U32(_) | Arg::F32(_)) => *bytes == 4,
                (ParamKind::Reference(bytes), Arg::U64(_)) => *bytes == 8,
                (ParamKind::Value(ty), Arg::U32(_)) => ty == "i32",
                (ParamKind::Value(ty), Arg::U64(_)) => ty == "i64",
                (ParamKind::Value(ty), Arg::F32(_)) => ty == "float",
                (ParamKind::Buffer, _) | (ParamKind::Value(_), Arg::Buffer { .. }) | (ParamKind::Number(_), _) => false,
            };
            if !fits {
                let arg = describe(arg);
                return Err(Fault::launch(format!(
                    "argument {} is {arg}, which the parameter `{}` does not take",
                    param.slot, param.name
                )));
            }
        }
        Ok(())
    }

    fn run(&self, launch: &Launch<'_>, args: &[Arg]) -> Result<(), Fault> {
        let programs = launch.grid.iter().product::<u64>();
        let scalars: Vec<u64> = args.iter().map(scalar).collect();
        let addresses: Vec<usize> = args
            .iter()
            .zip(&scalars)
            .map(|(arg, value)| match arg {
                Arg::Buffer { address, .. } => *address as usize,
                Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => std::ptr::from_ref(value) as usize,
            })
            .collect();
        let launched = Launched {
            language: self.language,
            grid: launch.grid,
            threads: launch.threads,
            args: &addresses,
            seed: launch.seed,
        };
        let mut regions = self.regions(args, &addresses);
        regions.sort_by_key(|region| !matches!(region.kind, RegionKind::Written(_)));
        let job = Job {
            program: self,
            launched,
            regions,
            dynamic: launch.dynamic_shared,
            order: Order::new(programs, launch.seed),
            programs,
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            global: Arc::new(Global::new()),
            fault: Mutex::new(None),
        };
        let workers = launch.workers.clamp(1, programs.div_ceil(BATCH).clamp(1, 1024) as usize);
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

    fn regions(&self, args: &[Arg], addresses: &[usize]) -> Vec<Region> {
        let name = |slot: usize| {
            let param = self
                .built
                .params
                .iter()
                .find(|param| param.slot == slot && !matches!(param.kind, ParamKind::Number(_)));
            format!("argument {slot} `{}`", param.map_or("", |param| param.name.as_str()))
        };
        let region = |(slot, (arg, start)): (usize, (&Arg, &usize))| {
            let (bytes, kind) = match arg {
                Arg::Buffer { bytes, writable: true, .. } => (*bytes, RegionKind::Written(*start)),
                Arg::Buffer { bytes, writable: false, .. } => (*bytes, RegionKind::Constant),
                Arg::U32(_) | Arg::F32(_) => (4, RegionKind::Constant),
                Arg::U64(_) => (8, RegionKind::Constant),
            };
            Region { name: name(slot), start: *start, bytes, kind }
        };
        args.iter().zip(addresses).enumerate().map(region).collect()
    }

    fn take(&self) -> Result<Instance, Error> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = idle.0.pop() {
            return Ok(instance);
        }
        let number = idle.1;
        idle.1 += 1;
        drop(idle);
        Instance::load(&self.built.library, number, self.built.shared.len(), run::hooks())
    }

    fn put(&self, instance: Instance) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).0.push(instance);
    }

    fn fault(&self, instance: &Instance, raw: RawFault, program: [u64; 3]) -> Fault {
        let file = build::clang::text_file(self.language);
        let line = raw.site.and_then(|site| instance.line(site, file));
        let mut message = raw.message;
        for (index, (thread, what, site)) in raw.others.iter().enumerate() {
            message.push_str(if index == 0 { ": " } else { ", " });
            message.push_str(&format!("thread {thread} {what}"));
            if let Some(line) = site.and_then(|site| instance.line(site, file)) {
                message.push_str(&format!(" at line {line}"));
            }
        }
        Fault { kind: raw.kind, line, program, thread: raw.thread, message }
    }
}

fn scalar(arg: &Arg) -> u64 {
    match arg {
        Arg::Buffer { .. } => 0,
        Arg::U32(value) => u64::from(*value),
        Arg::U64(value) => *value,
        Arg::F32(value) => u64::from(value.to_bits()),
    }
}

fn describe(arg: Arg) -> &'static str {
    match arg {
        Arg::Buffer { .. } => "a buffer",
        Arg::U32(_) => "a 32-bit integer",
        Arg::U64(_) => "a 64-bit integer",
        Arg::F32(_) => "an f32",
    }
}

/// A launch that workers share.
struct Job<'a> {
    program: &'a Program,
    launched: Launched<'a>,
    regions: Vec<Region>,
    dynamic: u64,
    order: Order,
    programs: u64,
    /// Place in the order that nobody has taken yet.
    next: AtomicU64,
    stop: AtomicBool,
    global: Arc<Global>,
    /// The fault that comes first in the order.
    fault: Mutex<Option<(u64, Fault)>>,
}

impl Job<'_> {
    fn work(&self) {
        let instance = match self.program.take() {
            Ok(instance) => instance,
            Err(error) => return self.report(0, Fault::launch(error.to_string())),
        };
        match Fibers::new(self.launched.threads as usize) {
            Ok(mut fibers) => self.programs(&instance, &mut fibers),
            Err(error) => self.report(0, Fault::launch(format!("making stacks: {error}"))),
        }
        self.program.put(instance);
    }

    fn programs(&self, instance: &Instance, fibers: &mut Fibers) {
        let checker = match self.program.checks {
            Checks::Barriers => None,
            Checks::Memory => Some(self.checker(instance, fibers)),
        };
        let mut worker = Worker::new(&self.launched, checker);
        let [x, y, _] = self.launched.grid;
        loop {
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            for index in first..(first + BATCH).min(self.programs) {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let number = self.order.at(index);
                let program = [number % x, number / x % y, number / x / y];
                if worker.checker.is_none() {
                    self.poison(instance);
                }
                if let Err(raw) = run::run(&self.launched, instance.entry, &mut worker, fibers, program, number) {
                    return self.report(index, self.program.fault(instance, raw, program));
                }
            }
            if first + BATCH >= self.programs {
                return;
            }
        }
    }

    /// Shared memory holds NaN when a program starts.
    fn poison(&self, instance: &Instance) {
        for (start, bytes) in &instance.shared {
            let bytes = if *bytes == 0 { self.dynamic } else { *bytes };
            // SAFETY: an array of the loaded copy, which only this worker uses.
            unsafe { std::ptr::write_bytes(*start as *mut u8, 0xff, bytes as usize) };
        }
    }

    fn checker(&self, instance: &Instance, fibers: &Fibers) -> Checker {
        let mut regions = self.regions.clone();
        let mut total = 0;
        for (name, (start, bytes)) in self.program.built.shared.iter().zip(&instance.shared) {
            let bytes = if *bytes == 0 { self.dynamic } else { *bytes };
            regions.push(Region {
                name: format!("the shared array `{name}`"),
                start: *start,
                bytes,
                kind: RegionKind::Shared(total),
            });
            total += bytes as usize;
        }
        for (start, end) in &instance.constants {
            let bytes = (end - start) as u64;
            regions.push(Region { name: String::new(), start: *start, bytes, kind: RegionKind::Image });
        }
        Checker::new(regions, fibers.ranges(), total, Arc::clone(&self.global))
    }

    fn report(&self, index: u64, fault: Fault) {
        self.stop.store(true, Ordering::Relaxed);
        let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(other, _)| index < *other) {
            *first = Some((index, fault));
        }
    }
}
