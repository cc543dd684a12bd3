//! `tenfold validate`: every kernel before every judge.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context;
use bundle::Bundle;
use tile_ir::{Kernel, Module};
use tile_mlir::stock::StockKernel;

use crate::cli::Validate;
use crate::frontend::Source;
use crate::judges::{self, Judge, Outcome, Refusal, Verdict};
use crate::names::check_target;
use crate::pipeline;
use crate::targets::{self, Compiled};

/// Runs the command; fails if a judge says so.
///
/// # Errors
/// A refusal of the compiler, a linker or a device that is not there.
pub fn run(args: &Validate) -> anyhow::Result<ExitCode> {
    check_target(&args.input.target)?;
    let source = Source::parse(&args.input.input)?;
    let module = pipeline::module(&source)?;
    let module = pipeline::submodule(&module, &pipeline::select(&module, args.input.kernel.as_deref())?);
    let mut bench = Bench::new(module, args.threads)?;
    let mut counts = [[0u32; 3]; Judge::ALL.len()];
    for family in bench.families() {
        for seed in 1..=args.seeds {
            for verdict in bench.judge(&family, seed, !args.no_stock) {
                let column = match &verdict.outcome {
                    Outcome::Passed(_) => 0,
                    Outcome::Failed(_) => 1,
                    Outcome::Skipped(_) => 2,
                };
                counts[verdict.judge as usize][column] += 1;
                println!("{:<26} seed {seed}  {:<9} {}", verdict.kernel, verdict.judge.name(), verdict.outcome);
            }
        }
    }
    for (judge, [passed, failed, skipped]) in Judge::ALL.into_iter().zip(counts) {
        println!("{}: {passed} passed, {failed} failed, {skipped} skipped", judge.name());
    }
    let failed: u32 = counts.iter().map(|count| count[1]).sum();
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A module compiled and loaded, ready to be judged.
pub struct Bench {
    module: Module,
    compiled: Compiled,
    device: Box<dyn device::Device>,
    program: device::Program,
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
    /// Compiles `module` for the CPU and loads it.
    ///
    /// # Errors
    /// The compiler, linker or device refuses it.
    pub fn new(module: Module, threads: Option<usize>) -> anyhow::Result<Bench> {
        let compiled = targets::compile(&module)?;
        let folder = tempfile::tempdir().context("no temporary folder")?;
        targets::write_bundle(&module.name, &compiled, folder.path())?;
        let mut device = device::open("cpu", threads)?;
        let program = device.load(&Bundle::open(folder.path())?)?;
        Ok(Bench { module, compiled, device, program, stock: BTreeMap::new(), _folder: folder })
    }

    /// Names of the kernels, in source order.
    pub fn families(&self) -> Vec<String> {
        self.compiled.kernels().iter().map(|kernel| kernel.name.clone()).collect()
    }

    /// Judges the chosen candidate of a family on one random case.
    pub fn judge(&mut self, family: &str, seed: u64, stock: bool) -> Vec<Verdict> {
        let chosen = self
            .compiled
            .kernels()
            .iter()
            .find(|kernel| kernel.name == family)
            .and_then(|kernel| self.compiled.chosen(&self.module, kernel));
        let verdict = |judge, outcome| Verdict { kernel: family.to_owned(), seed, judge, outcome };
        let Some(kernel) = chosen else {
            return vec![verdict(Judge::Cpu, Outcome::Failed("no candidate was compiled".into()))];
        };
        let run = match judges::interpret(kernel, seed) {
            Ok(run) => run,
            Err(why) => return vec![verdict(Judge::Reference, Outcome::Failed(why))],
        };
        let mut verdicts = vec![
            verdict(Judge::Reference, judges::by_reference(&run)),
            verdict(Judge::Cpu, judges::by_device(self.device.as_mut(), &self.program, kernel, &run)),
        ];
        if stock {
            let small = smallest(&self.module, family).unwrap_or(kernel);
            let stock = self.stock.entry(family.to_owned()).or_insert_with(|| judges::compile_stock(small));
            verdicts.push(verdict(Judge::Stock, judges::by_stock(stock, small, &run)));
        }
        verdicts
    }
}
