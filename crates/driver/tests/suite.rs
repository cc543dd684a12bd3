//! Every kernel of every suite before every judge, one named test per kernel and judge: `SUITE/KERNEL/reference`, `cpu` and
//! `stock`, and one per target whose text is executed on its emulator.
//!
//! Random inputs, poisoned outputs, several seeds (more with TENFOLD_FULL); kernels with a `position` take the seeds that
//! reach every edge of a context. Kernels that read hundreds of megabytes take one seed in the quick run, and their
//! emulated run checks barriers and lane operations only: the same text with every access checked is what the smaller
//! models' kernels of the same family run.
//!
//! What runs a target's text is compared with `docs/status.md` too, which says what it measured when it was written.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use driver::frontend::Source;
use driver::judges::family::{self, Family, Said};
use driver::judges::{Judge, Outcome};
use driver::status::{Cell, FILE, Page};
use driver::targets::Target;
use driver::{names, pipeline, tools};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The family whose inputs are held now.
type Current = Mutex<Option<Arc<Family>>>;

fn main() -> ExitCode {
    let full = std::env::var_os("TENFOLD_FULL").is_some();
    let mut arguments = Arguments::from_args();
    // One kernel's buffers at a time.
    arguments.test_threads = Some(1);
    let current = Arc::new(Current::default());
    let page = std::fs::read_to_string(tools::workspace_root().join(FILE)).ok();
    // The page is about the quick run's seeds.
    let page = Arc::new(page.as_deref().and_then(Page::parse));
    let page = (!full).then_some(page);
    let mut trials = Vec::new();
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for name in family::names(&module) {
            let family = Arc::new(Family::new(suite, name, &module, full));
            for target in Target::ALL {
                for &judge in Judge::of(target) {
                    // One test per target; the reference has one of its own.
                    let own = if judge == Judge::of_device(target) { target.name() } else { judge.name() };
                    if target != Target::Cpu && judge == Judge::Reference {
                        continue;
                    }
                    let (family, current, page) = (family.clone(), current.clone(), page.clone());
                    let test = format!("{}/{}/{own}", family.suite, family.name);
                    trials.push(Trial::ignorable_test(test, move || {
                        let page = page.as_ref().map(|page| page.as_ref().as_ref());
                        check(&family, &current, target, judge, page)
                    }));
                }
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs what `target` made of the family through its judges once, and answers for one of them. On a target other than the
/// CPU the reference answers too: its candidate may be another. With a page, it must say what is measured.
fn check(
    family: &Arc<Family>,
    current: &Current,
    target: Target,
    judge: Judge,
    page: Option<Option<&Page>>,
) -> Result<Completion, Failed> {
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = current.replace(family.clone())
        && !Arc::ptr_eq(&before, family)
    {
        before.forget();
    }
    let verdicts = family.verdicts(target)?;
    let own: Vec<&Said> = verdicts
        .iter()
        .filter(|(_, by, outcome)| *by == judge || (target != Target::Cpu && matches!(outcome, Outcome::Failed(_))))
        .collect();
    for (seed, by, outcome) in &own {
        if let Outcome::Failed(why) = outcome {
            return Err(format!("seed {seed}, {}: {why}", by.name()).into());
        }
    }
    if let Some(page) = page
        && judge == Judge::of_device(target)
    {
        compare(page, family, target, &verdicts)?;
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

/// Whether the page says what is measured.
fn compare(page: Option<&Page>, family: &Family, target: Target, verdicts: &[Said]) -> Result<(), String> {
    let judge = Judge::of_device(target);
    let measured = Cell::of(judge, verdicts.iter().map(|(_, by, outcome)| (*by, outcome)));
    let page = page.ok_or_else(|| format!("{FILE} is missing or no page: run `./x status`"))?;
    match page.cell(family.suite, &family.name, target) {
        Some(said) if said.agrees(measured, family.is_coarse()) => Ok(()),
        Some(said) => Err(format!("{FILE} says {said}, and this is {measured}: run `./x status`")),
        None => Err(format!("{FILE} says nothing of it: run `./x status`")),
    }
}
