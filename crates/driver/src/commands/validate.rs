//! `tenfold validate`: every kernel before every judge.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::ExitCode;

use anyhow::Context;
use bundle::Bundle;
use device::{Checks, Emulated, EmulatedOptions};
use diagnostics::{Kind, Report};
use tile_ir::{Kernel, Module};
use tile_mlir::stock::StockKernel;

use crate::cli::Validate;
use crate::frontend::Source;
use crate::judges::{self, Interpreted, Judge, Outcome, Refusal, Vendors, Verdict, faults};
use crate::targets::{self, Compiled, Target};
use crate::{names, pipeline};

/// Runs the command; fails if a judge says so.
///
/// # Errors
/// A refusal of the compiler, a linker or a device that is not there.
pub fn run(args: &Validate) -> anyhow::Result<ExitCode> {
    let targets = names::targets(&args.input.target)?;
    let source = Source::parse(&args.input.input)?;
    let module = pipeline::module(&source)?;
    let module = pipeline::submodule(&module, &pipeline::select(&module, args.input.kernel.as_deref())?);
    let mut failed = 0;
    for target in &targets {
        if targets.len() > 1 {
            println!("== {target}");
        }
        failed += validate(*target, module.clone(), args)?;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every kernel before every judge of one target; the number of failures.
fn validate(target: Target, module: Module, args: &Validate) -> anyhow::Result<u32> {
    let wanted = families(&module);
    let mut bench = Bench::new(target, module, args.threads)?;
    complete(target, &wanted, &bench.families())?;
    let mut table = Table::default();
    for judge in Judge::of(target) {
        table.expect(judge.name());
    }
    for family in bench.families() {
        for seed in 1..=args.seeds {
            for verdict in bench.judge(&family, seed, !args.no_stock) {
                let said = Said::of(&verdict.outcome);
                table.print(&verdict.kernel, Some(seed), verdict.judge.name(), said, &verdict.outcome);
            }
        }
    }
    let vendors = Vendors::find(target, &vendor::Tools::default());
    for verdict in vendors.judge_all(&bench.compiled().sources()) {
        table.print(&verdict.kernel, None, verdict.judge, Said::of_vendor(&verdict.outcome), &verdict.outcome);
        for report in judges::findings(&verdict.outcome) {
            println!("{report}");
        }
    }
    Ok(table.close())
}

/// Kernel families of a module, in source order.
fn families(module: &Module) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = module.kernels.iter().map(|kernel| kernel.family.as_str());
    names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// What is not there cannot be judged, and must not look as if it had passed.
fn complete(target: Target, wanted: &[String], compiled: &[String]) -> Result<(), Report> {
    if wanted.is_empty() {
        return Err(Report::new(Kind::Invalid, "there is no kernel to judge"));
    }
    let missing: Vec<&str> = wanted.iter().filter(|name| !compiled.contains(name)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Report::new(Kind::Bug, format!("target `{target}` has no kernel for: {}", missing.join(", "))))
}

/// Which way a judgement went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Passed,
    Failed,
    Skipped,
}

impl Said {
    fn of(outcome: &Outcome) -> Said {
        match outcome {
            Outcome::Passed(_) => Said::Passed,
            Outcome::Failed(_) => Said::Failed,
            Outcome::Skipped(_) => Said::Skipped,
        }
    }

    fn of_vendor(outcome: &vendor::Outcome) -> Said {
        match outcome {
            vendor::Outcome::Passed(_) => Said::Passed,
            vendor::Outcome::Findings(_) => Said::Failed,
            vendor::Outcome::Skipped(_) => Said::Skipped,
        }
    }
}

/// Prints outcomes as they come, and counts them by judge.
#[derive(Default)]
struct Table {
    /// Judges in order of appearance, with passed, failed, skipped.
    counts: Vec<(String, [u32; 3])>,
}

impl Table {
    fn expect(&mut self, judge: &str) -> &mut [u32; 3] {
        let index = self.counts.iter().position(|row| row.0 == judge).unwrap_or_else(|| {
            self.counts.push((judge.to_owned(), [0; 3]));
            self.counts.len() - 1
        });
        &mut self.counts[index].1
    }

    fn print(&mut self, kernel: &str, seed: Option<u64>, judge: &str, said: Said, words: &dyn fmt::Display) {
        self.expect(judge)[said as usize] += 1;
        let seed = seed.map_or_else(|| "      ".to_owned(), |seed| format!("seed {seed}"));
        println!("{kernel:<26} {seed}  {judge:<9} {words}");
    }

    /// Prints the counts; the number of failures. That no judge passed anything is one: then nothing was judged.
    fn close(&self) -> u32 {
        for (judge, [passed, failed, skipped]) in &self.counts {
            println!("{judge}: {passed} passed, {failed} failed, {skipped} skipped");
        }
        let sum = |column: Said| self.counts.iter().map(|row| row.1[column as usize]).sum::<u32>();
        if sum(Said::Passed) + sum(Said::Failed) == 0 {
            println!("nothing was judged");
            return 1;
        }
        sum(Said::Failed)
    }
}

/// A module compiled and loaded, ready to be judged.
pub struct Bench {
    module: Module,
    compiled: Compiled,
    /// The device with the loaded kernels, or why there is none.
    device: Result<(Box<dyn device::Device>, device::Program), String>,
    /// Compiled by stock MLIR, by family.
    stock: BTreeMap<String, Result<StockKernel, Refusal>>,
    _folder: tempfile::TempDir,
}

/// The candidate of a family with the smallest tiles: stock MLIR unrolls them. Candidates compute the same thing.
fn smallest<'a>(module: &'a Module, family: &str) -> Option<&'a Kernel> {
    let size = |kernel: &&Kernel| kernel.tuning.iter().map(|(_, value)| *value).product::<u64>();
    module.kernels.iter().filter(|kernel| kernel.family == family).min_by_key(size)
}

impl Bench {
    /// Compiles `module` for `target` and loads it on the device that runs it; an emulator checks every access.
    ///
    /// # Errors
    /// The compiler, linker or device refuses it.
    pub fn new(target: Target, module: Module, threads: Option<usize>) -> anyhow::Result<Bench> {
        Bench::with_checks(target, module, threads, Checks::Memory)
    }

    /// [`Bench::new`] with another choice of what an emulator checks.
    ///
    /// # Errors
    /// As [`Bench::new`].
    pub fn with_checks(
        target: Target,
        module: Module,
        threads: Option<usize>,
        checks: Checks,
    ) -> anyhow::Result<Bench> {
        let compiled = targets::compile(target, &module)?;
        let folder = tempfile::tempdir().context("no temporary folder")?;
        targets::write_bundle(&module.name, &compiled, folder.path())?;
        let opened: Result<Box<dyn device::Device>, device::Error> = if target.is_emulated() {
            let options = EmulatedOptions { checks, ..EmulatedOptions::checked(threads) };
            Emulated::named(target.device(), options).map(|device| Box::new(device) as _)
        } else {
            device::open(target.device(), threads)
        };
        let device = match opened {
            Ok(mut device) => {
                let loaded = device.load(&Bundle::open(folder.path())?);
                let program = loaded.map_err(|error| faults::report(error, compiled.kernels()))?;
                Ok((device, program))
            }
            // Not every machine has one, and the other judges do without.
            Err(error @ device::Error::Open { .. }) if target == Target::Spirv => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        Ok(Bench { module, compiled, device, stock: BTreeMap::new(), _folder: folder })
    }

    /// What the target made of the module.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The candidate that became the kernel of this family.
    pub fn chosen(&self, family: &str) -> Option<&Kernel> {
        let kernel = self.compiled.kernels().iter().find(|kernel| kernel.name == family)?;
        self.compiled.chosen(&self.module, kernel)
    }

    /// Names of the kernels, in source order.
    pub fn families(&self) -> Vec<String> {
        self.compiled.kernels().iter().map(|kernel| kernel.name.clone()).collect()
    }

    /// Judges the chosen candidate of a family on one random case.
    pub fn judge(&mut self, family: &str, seed: u64, stock: bool) -> Vec<Verdict> {
        let run = match self.chosen(family) {
            Some(kernel) => judges::interpret(kernel, seed),
            None => Err("no candidate was compiled".to_owned()),
        };
        self.judge_run(family, seed, &run, stock)
    }

    /// Judges the chosen candidate of a family on a case that was interpreted before.
    pub fn judge_run(
        &mut self,
        family: &str,
        seed: u64,
        run: &Result<Interpreted, String>,
        stock: bool,
    ) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { kernel: family.to_owned(), seed, judge, outcome };
        let run = match run {
            Ok(run) => run,
            Err(why) => return vec![verdict(Judge::Reference, Outcome::Failed(why.clone()))],
        };
        let target = self.compiled.target;
        let kernels = self.compiled.kernels();
        let Some(kernel) = kernels
            .iter()
            .find(|kernel| kernel.name == family)
            .and_then(|kernel| self.compiled.chosen(&self.module, kernel))
        else {
            return vec![verdict(Judge::Reference, Outcome::Failed("no candidate was compiled".into()))];
        };
        let on_device = match &mut self.device {
            Ok((device, program)) => judges::by_device(device.as_mut(), program, kernel, run, kernels),
            Err(why) => Outcome::Skipped(why.clone()),
        };
        let mut verdicts =
            vec![verdict(Judge::Reference, judges::by_reference(run)), verdict(Judge::of_device(target), on_device)];
        if stock && Judge::of(target).contains(&Judge::Stock) {
            let small = smallest(&self.module, family).unwrap_or(kernel);
            let stock = self.stock.entry(family.to_owned()).or_insert_with(|| judges::compile_stock(small));
            verdicts.push(verdict(Judge::Stock, judges::by_stock(stock, small, run)));
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_judged_did_not_pass() {
        let mut table = Table::default();
        table.expect("cpu");
        assert_eq!(table.close(), 1, "no judgement at all");
        table.print("k", None, "mcc", Said::Skipped, &"skipped");
        assert_eq!(table.close(), 1, "only skipped");
        table.print("k", Some(1), "cpu", Said::Passed, &"ok");
        assert_eq!(table.close(), 0);
        table.print("k", Some(1), "cpu", Said::Failed, &"FAILED");
        assert_eq!(table.close(), 1);
    }

    #[test]
    fn a_family_without_a_kernel_is_refused() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(complete(Target::Msl, &names(&["a", "b"]), &names(&["a", "b"])).is_ok());
        let refusal = complete(Target::Msl, &names(&["a", "b"]), &names(&["a"])).unwrap_err();
        assert!(refusal.to_string().contains("no kernel for: b"), "{refusal}");
        assert!(complete(Target::Msl, &[], &[]).is_err(), "nothing to judge");
    }
}
