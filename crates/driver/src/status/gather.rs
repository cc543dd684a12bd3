//! Everything before every judge.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Context;
use rayon::prelude::*;
use tile_ir::Module;
use vendor::Outcome;

use super::Cell;
use super::hardware;
use super::page::{Page, Suite, TargetRow, VendorRow};
use crate::frontend::Source;
use crate::judges::family::{Family, names};
use crate::judges::{Judge, Vendors};
use crate::names::SUITES;
use crate::targets::{self, Target};
use crate::{pipeline, tools};

/// The golden file of SmolLM2-135M, relative to the repository.
const GOLDEN: &str = "crates/decode/tests/data/smollm2-135m.json";

/// Tokens compared of each golden text.
const TOKENS: &str = "4";

/// Runs everything; says on standard error what it is at. What a judge finds wrong is in the page, and told as it comes.
///
/// # Errors
/// The suites do not compile, or a tool does not start.
pub fn gather() -> anyhow::Result<Page> {
    let mut page = Page::default();
    let mut vendors: BTreeMap<(Target, &'static str), VendorRow> = BTreeMap::new();
    let mut languages: BTreeMap<Target, String> = BTreeMap::new();
    for (suite, _) in SUITES {
        let module = pipeline::module(&Source::parse(suite)?)?;
        let mut rows = Vec::new();
        for name in names(&module) {
            let family = Family::new(suite, name, &module, false);
            eprintln!("status: {suite}/{name}");
            rows.push((name.to_owned(), Target::ALL.map(|target| cell(&family, target)).to_vec()));
        }
        page.suites.push(Suite { name: (*suite).to_owned(), rows });
        eprintln!("status: {suite}: compilers");
        for (target, language, said) in by_vendors(&module) {
            languages.entry(target).or_insert(language);
            for verdict in said {
                let row = || VendorRow::new(target, verdict.judge);
                vendors.entry((target, verdict.judge)).or_insert_with(row).count(&verdict.outcome);
            }
        }
    }
    page.vendors = vendors.into_values().collect();
    for target in Target::ALL {
        eprintln!("status: decoding on {}", target.device());
        page.targets.push(TargetRow {
            target,
            language: languages.remove(&target).unwrap_or_default(),
            decoded: decode(target)?,
            hardware: hardware::ran_on(target).to_owned(),
        });
    }
    Ok(page)
}

fn cell(family: &Family, target: Target) -> Cell {
    match family.verdicts(target) {
        Ok(said) => {
            let cell = Cell::of(Judge::of_device(target), said.iter().map(|(_, judge, outcome)| (*judge, outcome)));
            for (seed, judge, outcome) in &said {
                if let crate::judges::Outcome::Failed(why) = outcome {
                    eprintln!(
                        "status: {}/{} {target}, seed {seed}, {}: {why}",
                        family.suite,
                        family.name,
                        judge.name()
                    );
                }
            }
            cell
        }
        Err(why) => {
            eprintln!("status: {}/{} {target}: {why}", family.suite, family.name);
            Cell::Refused
        }
    }
}

/// What the vendors' compilers say of what each target prints, and its language.
fn by_vendors(module: &Module) -> Vec<(Target, String, Vec<vendor::Verdict>)> {
    let of = |target: Target| {
        let compiled = targets::compile(target, module).ok()?;
        let language = language(&compiled.source()).unwrap_or_else(|| "machine code by Cranelift".to_owned());
        let judges = Vendors::find(target, &vendor::Tools::default());
        Some((target, language, judges.judge_all(&compiled.sources())))
    };
    Target::ALL.into_par_iter().filter_map(of).collect()
}

/// The language that a text's first line names.
fn language(text: &str) -> Option<String> {
    let line = text.lines().next()?;
    let (_, from) = line.split_once("; language ")?;
    Some(from.split_once(';')?.0.to_owned())
}

/// What `decode check` says of a device, such as `3 of 3`.
fn decode(target: Target) -> anyhow::Result<String> {
    if let Err(error) = decode::open_device(target.device(), None) {
        return Ok(format!("skipped: {error}"));
    }
    let own = std::env::current_exe().context("this executable has no path")?;
    let output = Command::new(own)
        .args(["decode", "check", "--golden", GOLDEN, "--device", target.device(), "--tokens", TOKENS])
        .current_dir(tools::workspace_root())
        .output()
        .context("tenfold does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().rev().find_map(|line| line.strip_suffix(" prompts passed"));
    match said {
        Some(said) => Ok(said.to_owned()),
        None => {
            Ok(format!("wrong: {}", String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("no verdict")))
        }
    }
}

impl VendorRow {
    fn new(target: Target, judge: &str) -> VendorRow {
        VendorRow { target, judge: judge.to_owned(), passed: 0, found: 0, skipped: String::new() }
    }

    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed(_) => self.passed += 1,
            Outcome::Findings(_) => self.found += 1,
            Outcome::Skipped(absent) => self.skipped = absent.to_string(),
        }
    }
}
