//! Every kernel of every suite before every judge, one named test per kernel and judge.
//!
//! Random inputs, poisoned outputs, several seeds (more with TENFOLD_FULL). Kernels that read hundreds of megabytes, and
//! kernels whose lowering by stock MLIR takes long, take fewer seeds in the quick run.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use driver::commands::validate::Bench;
use driver::frontend::Source;
use driver::judges::{Judge, Outcome};
use driver::targets::Target;
use driver::{names, pipeline};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tile_ir::ParamKind;

/// Cases of this size are judged with one seed in the quick run.
const LARGE_BYTES: u64 = 200 << 20;

/// Verdicts of one kernel, made by the first test that asks.
type Verdicts = Mutex<Option<Vec<(u64, Judge, Outcome)>>>;

fn main() -> ExitCode {
    let full = std::env::var_os("TENFOLD_FULL").is_some();
    let mut arguments = Arguments::from_args();
    // One kernel's buffers at a time: the largest suite needs half a gigabyte for one.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        let mut seeds: BTreeMap<String, u64> = BTreeMap::new();
        for kernel in &module.kernels {
            let bytes: u64 = kernel
                .params
                .iter()
                .map(|param| match &param.kind {
                    ParamKind::View(view) => view.shape.count() * view.elem.bytes(),
                    ParamKind::Scalar(_) => 0,
                })
                .sum();
            let count = match (full, bytes > LARGE_BYTES) {
                (false, true) => 1,
                (false, false) => 3,
                (true, true) => 3,
                (true, false) => 8,
            };
            seeds.insert(kernel.family.clone(), count);
        }
        let bench = Bench::new(Target::Cpu, module, None).unwrap_or_else(|error| panic!("{suite}: {error}"));
        let families = bench.families();
        let bench = Arc::new(Mutex::new(bench));
        for family in families {
            let verdicts = Arc::new(Verdicts::default());
            let count = seeds.get(&family).copied().unwrap_or(1);
            for &judge in Judge::of(Target::Cpu) {
                let (bench, verdicts, family) = (bench.clone(), verdicts.clone(), family.clone());
                let name = format!("{suite}/{family}/{}", judge.name());
                trials.push(Trial::ignorable_test(name, move || check(&bench, &verdicts, &family, count, judge)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs the kernel through all judges once, and answers for one of them.
fn check(
    bench: &Mutex<Bench>,
    verdicts: &Verdicts,
    family: &str,
    seeds: u64,
    judge: Judge,
) -> Result<Completion, Failed> {
    let mut verdicts = verdicts.lock().map_err(|_| "an earlier test of this kernel panicked")?;
    let verdicts = verdicts.get_or_insert_with(|| {
        let mut bench = bench.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (1..=seeds)
            .flat_map(|seed| bench.judge(family, seed, seed == 1))
            .map(|verdict| (verdict.seed, verdict.judge, verdict.outcome))
            .collect()
    });
    let own = || verdicts.iter().filter(|(_, by, _)| *by == judge);
    for (seed, _, outcome) in own() {
        if let Outcome::Failed(why) = outcome {
            return Err(format!("seed {seed}: {why}").into());
        }
    }
    for (_, _, outcome) in own() {
        if let Outcome::Skipped(why) = outcome {
            return Ok(Completion::ignored_with(format!("skipped: {why}")));
        }
    }
    // The interpreter's own failure is reported by the reference judge; the others then have nothing to judge.
    if own().next().is_none() {
        return Err("not judged: the interpreter refused the kernel".into());
    }
    Ok(Completion::Completed)
}
