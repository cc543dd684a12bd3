//! A kernel family of a suite before the judges of every target: what is interpreted once serves them all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use device::Checks;
use tile_ir::{Access, Elem, Kernel, Module, ParamKind};

use super::{Interpreted, Judge, Outcome, interpret};
use crate::commands::validate::Bench;
use crate::pipeline;
use crate::targets::Target;

/// Cases of this size are judged with one seed in the quick run.
const LARGE_BYTES: u64 = 200 << 20;

/// One kernel family of one suite.
pub struct Family {
    /// The suite.
    pub suite: &'static str,
    /// The family.
    pub name: String,
    /// Its candidates.
    module: Module,
    seeds: u64,
    checks: Checks,
    state: Mutex<State>,
}

/// What a judge said of one seed.
pub type Said = (u64, Judge, Outcome);

/// What was made already.
#[derive(Default)]
struct State {
    benches: BTreeMap<Target, Arc<Mutex<Bench>>>,
    /// By candidate and seed.
    runs: BTreeMap<(String, u64), Arc<Result<Interpreted, String>>>,
    verdicts: BTreeMap<Target, Vec<Said>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of the families of a module, in source order.
pub fn names(module: &Module) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for kernel in &module.kernels {
        if !names.contains(&kernel.family.as_str()) {
            names.push(&kernel.family);
        }
    }
    names
}

impl Family {
    /// The family `name` of a suite's module. It takes several seeds, more with `full`; with a `position` those that reach every edge of a
    /// context. Kernels that read hundreds of megabytes take one, and on emulators without a check of every access.
    pub fn new(suite: &'static str, name: &str, module: &Module, full: bool) -> Family {
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

    /// Whether it writes other numbers than f32.
    pub fn is_coarse(&self) -> bool {
        let params = self.module.kernels.iter().flat_map(|kernel| &kernel.params);
        params.into_iter().any(|param| match &param.kind {
            ParamKind::View(view) => view.access == Access::Write && view.elem != Elem::F32,
            ParamKind::Scalar(_) => false,
        })
    }

    /// All verdicts on what `target` made of the family; made by the first who asks.
    ///
    /// # Errors
    /// The target refuses it, or its device is not there.
    pub fn verdicts(&self, target: Target) -> Result<Vec<Said>, String> {
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
                .or_insert_with(|| Arc::new(interpret(&kernel, seed)))
                .clone();
            let judged = bench.judge_run(&self.name, seed, &run, target == Target::Cpu && seed == 1);
            verdicts.extend(judged.into_iter().map(|verdict| (verdict.seed, verdict.judge, verdict.outcome)));
        }
        state.verdicts.insert(target, verdicts.clone());
        Ok(verdicts)
    }

    /// Frees everything but the verdicts: buffers of the largest kernels take half a gigabyte.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        state.runs.clear();
        state.benches.clear();
    }
}
