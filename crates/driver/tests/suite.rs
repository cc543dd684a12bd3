//! Every kernel of every suite before every judge, one named test per kernel and judge: `SUITE/KERNEL/reference`, `cpu` and
//! `stock`, and one per target whose text is executed on its emulator.
//!
//! Random inputs, poisoned outputs, several seeds (more with TENFOLD_FULL); kernels with a `position` take the seeds that
//! reach every edge of a context. Kernels that read hundreds of megabytes take one seed in the quick run, and their
//! emulated run checks barriers and lane operations only: the same text with every access checked is what the smaller
//! models' kernels of the same family run.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use device::Checks;
use driver::commands::validate::Bench;
use driver::frontend::Source;
use driver::judges::{self, Interpreted, Judge, Outcome};
use driver::targets::Target;
use driver::{names, pipeline};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tile_ir::{Kernel, Module, ParamKind};

/// Cases of this size are judged with one seed in the quick run.
const LARGE_BYTES: u64 = 200 << 20;

/// One kernel family of one suite.
struct Family {
    suite: &'static str,
    name: String,
    /// Its candidates.
    module: Module,
    seeds: u64,
    checks: Checks,
    state: Mutex<State>,
}

/// What earlier tests of the same family have made.
#[derive(Default)]
struct State {
    benches: BTreeMap<Target, Arc<Mutex<Bench>>>,
    /// By candidate and seed.
    runs: BTreeMap<(String, u64), Arc<Result<Interpreted, String>>>,
    verdicts: BTreeMap<Target, Vec<(u64, Judge, Outcome)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Family {
    fn new(suite: &'static str, name: &str, module: &Module, full: bool) -> Family {
        let kernels: Vec<&Kernel> = module.kernels.iter().filter(|kernel| kernel.family == name).collect();
        let module = pipeline::submodule(module, &kernels);
        let size = |kernel: &Kernel| -> u64 {
            let bytes = kernel.params.iter().map(|param| match &param.kind {
                ParamKind::View(view) => view.shape.count() * view.elem.bytes(),
                ParamKind::Scalar(_) => 0,
            });
            bytes.sum()
        };
        let large = module.kernels.iter().any(|kernel| size(kernel) > LARGE_BYTES);
        let position = module.kernels.iter().any(|kernel| kernel.params.iter().any(|param| param.name == "position"));
        let edges = 2 + judge::CONTEXTS.len() as u64;
        let seeds = match (full, large, position) {
            (false, true, _) => 1,
            (true, true, _) | (false, false, false) => 3,
            (false, false, true) => edges,
            (true, false, _) => 8,
        };
        let checks = if large { Checks::Barriers } else { Checks::Memory };
        Family { suite, name: name.to_owned(), module, seeds, checks, state: Mutex::default() }
    }

    /// All verdicts on what `target` made of the family; made by the first test that asks.
    fn verdicts(&self, target: Target) -> Result<Vec<(u64, Judge, Outcome)>, String> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        if let Some(verdicts) = state.verdicts.get(&target) {
            return Ok(verdicts.clone());
        }
        let bench = match state.benches.get(&target) {
            Some(bench) => bench.clone(),
            None => {
                let bench = Bench::with_checks(target, self.module.clone(), None, self.checks);
                let bench = Arc::new(Mutex::new(bench.map_err(|error| format!("{error:#}"))?));
                state.benches.insert(target, bench.clone());
                bench
            }
        };
        let mut bench = lock(&bench);
        let kernel = bench.chosen(&self.name).ok_or("no candidate was compiled")?.clone();
        let mut verdicts = Vec::new();
        for seed in 1..=self.seeds {
            let run = state
                .runs
                .entry((kernel.name.clone(), seed))
                .or_insert_with(|| Arc::new(judges::interpret(&kernel, seed)))
                .clone();
            let judged = bench.judge_run(&self.name, seed, &run, target == Target::Cpu && seed == 1);
            verdicts.extend(judged.into_iter().map(|verdict| (verdict.seed, verdict.judge, verdict.outcome)));
        }
        state.verdicts.insert(target, verdicts.clone());
        Ok(verdicts)
    }

    /// Frees everything but the verdicts: buffers of the largest kernels take half a gigabyte.
    fn forget(&self) {
        let mut state = lock(&self.state);
        state.runs.clear();
        state.benches.clear();
    }
}

/// The family whose inputs are held now.
type Current = Mutex<Option<Arc<Family>>>;

fn main() -> ExitCode {
    let full = std::env::var_os("TENFOLD_FULL").is_some();
    let mut arguments = Arguments::from_args();
    // One kernel's buffers at a time.
    arguments.test_threads = Some(1);
    let current = Arc::new(Current::default());
    let mut trials = Vec::new();
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        let mut families: Vec<&str> = module.kernels.iter().map(|kernel| kernel.family.as_str()).collect();
        families.dedup();
        for name in families {
            let family = Arc::new(Family::new(suite, name, &module, full));
            for target in Target::ALL {
                for &judge in Judge::of(target) {
                    // One test per target; the reference has one of its own.
                    let own = if judge == Judge::of_device(target) { target.name() } else { judge.name() };
                    if target != Target::Cpu && judge == Judge::Reference {
                        continue;
                    }
                    let (family, current) = (family.clone(), current.clone());
                    let test = format!("{}/{}/{own}", family.suite, family.name);
                    trials.push(Trial::ignorable_test(test, move || check(&family, &current, target, judge)));
                }
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs what `target` made of the family through its judges once, and answers for one of them. On a target other than the
/// CPU the reference answers too: its candidate may be another.
fn check(family: &Arc<Family>, current: &Current, target: Target, judge: Judge) -> Result<Completion, Failed> {
    let mut current = lock(current);
    if let Some(before) = current.replace(family.clone())
        && !Arc::ptr_eq(&before, family)
    {
        before.forget();
    }
    let verdicts = family.verdicts(target)?;
    let own: Vec<&(u64, Judge, Outcome)> = verdicts
        .iter()
        .filter(|(_, by, outcome)| *by == judge || (target != Target::Cpu && matches!(outcome, Outcome::Failed(_))))
        .collect();
    for (seed, by, outcome) in &own {
        if let Outcome::Failed(why) = outcome {
            return Err(format!("seed {seed}, {}: {why}", by.name()).into());
        }
    }
    for (_, _, outcome) in &own {
        if let Outcome::Skipped(why) = outcome {
            return Ok(Completion::ignored_with(format!("skipped: {why}")));
        }
    }
    // The interpreter's own failure is reported by the reference judge; the others then have nothing to judge.
    if own.is_empty() {
        return Err("not judged: the interpreter refused the kernel".into());
    }
    Ok(Completion::Completed)
}
