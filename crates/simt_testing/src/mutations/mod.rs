//! Lowered kernels with one operation damaged: each must be noticed.

mod kernels;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use judge::Case;
use lower_simt::interp::{Options, TrapKind};
use lower_simt::ir::LaneKernel;
use lower_simt::testing::{Mutation, mutations};
use lower_simt::text::print;
use lower_simt::verify::verify;
use rayon::prelude::*;
use tile_ir::{BinaryOp, Kernel, Predicate, ReduceOp, UnaryOp};

use crate::execute::run_lanes;
use crate::random::lower;
use crate::{Backend, Program, Runs, full, judged_cases};

/// Seeds of the arguments.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Seeds for what those do not show: a sum of many terms shows every one of them, a largest value only where it is found.
const MORE_SEEDS: std::ops::RangeInclusive<u64> = 4..=60;

/// How many times longer than the kernel a damaged one may run.
const LONGER: u64 = 20;

/// Statements and expressions without variants of their own that must be among the damaged ones.
const PLAIN: [&str; 12] =
    ["Assign", "Store", "LoadVector", "StoreVector", "Barrier", "For", "While", "If", "Fma", "Select", "Load", "Param"];

/// How many mutants were noticed, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// Refused by the verifier.
    pub verify: usize,
    /// Refused by the printer or the compiler.
    pub compile: usize,
    /// Stopped while running, or gave other results.
    pub run: usize,
    /// Does not end, by the lane interpreter.
    pub endless: usize,
    /// Left out of this run.
    pub skipped: usize,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caught { verify, compile, run, endless, skipped } = self;
        write!(
            f,
            "{verify} by the verifier, {compile} by the compiler, {run} by running, {endless} never end; {skipped} not executed"
        )
    }
}

enum Verdict {
    Compile,
    Run,
    Endless,
    Missed,
}

/// A kernel, and the most steps that a damaged one may take for what the kernel does.
struct Original {
    kernel: Kernel,
    lane: LaneKernel,
    cases: Vec<Case>,
    /// Those of [`MORE_SEEDS`].
    more: OnceLock<Vec<Case>>,
    limit: u64,
}

impl Original {
    fn more(&self) -> &[Case] {
        self.more.get_or_init(|| judged_cases(&self.kernel, &MORE_SEEDS.collect::<Vec<_>>()))
    }
}

fn judge(original: &Original, mutation: &Mutation, backend: &Backend) -> Verdict {
    let Original { kernel, cases, limit, .. } = original;
    // The printed text has no limit: what does not end is not executed.
    let options = Options { max_steps: *limit, ..Options::default() };
    let endless = |case: &Case| match run_lanes(&mutation.kernel, backend.target, case, &options) {
        Ok((_, Err(trap))) => matches!(trap.kind, TrapKind::Fuel(_)),
        Ok((_, Ok(_))) | Err(_) => false,
    };
    if cases.iter().any(endless) {
        return Verdict::Endless;
    }
    let Ok(program) = Program::new(&mutation.kernel, backend) else { return Verdict::Compile };
    // A device checks no access: what the lane interpreter stops is not to run there.
    let stopped = |case: &Case| match backend.runs {
        Runs::Emulated(_) => false,
        Runs::On(_) => {
            let ran = run_lanes(&mutation.kernel, backend.target, case, &options);
            ran.is_err() || ran.is_ok_and(|(_, run)| run.is_err())
        }
    };
    let noticed = |case: &Case| stopped(case) || program.check(kernel, case).is_err();
    if cases.iter().any(noticed) || original.more().iter().any(noticed) { Verdict::Run } else { Verdict::Missed }
}

/// The first line that differs, in both texts.
fn difference(before: &str, after: &str) -> String {
    let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    differs.map_or_else(String::new, |(before, after)| format!("`{}` -> `{}`", before.trim(), after.trim()))
}

/// Kinds of operations that must be damaged.
fn wanted() -> BTreeSet<String> {
    let unary = UnaryOp::ALL.iter().map(|op| format!("Unary::{op:?}"));
    let binary = BinaryOp::ALL.iter().map(|op| format!("Binary::{op:?}"));
    let predicates = Predicate::ALL.iter().map(|(op, _, _)| format!("Compare::{op:?}"));
    let reduce = ReduceOp::ALL.iter().map(|(op, _)| format!("LaneReduce::{op:?}"));
    unary.chain(binary).chain(predicates).chain(reduce).chain(PLAIN.iter().map(ToString::to_string)).collect()
}

/// Damages each operation of small lowered kernels by itself, prints, compiles and executes the result. In the normal run two
/// mutants of each kind of operation are executed, else all.
///
/// # Panics
/// If a mutant is not noticed, an undamaged kernel fails, or a kind of operation never occurs.
pub fn sweep(backend: &Backend) -> Caught {
    let mut caught = Caught::default();
    let mut by_op: BTreeMap<String, Vec<(Arc<Original>, Mutation)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for kernel in kernels::kernels() {
        let lane = lower(&kernel, backend.target)
            .unwrap_or_else(|problem| panic!("{}: {problem}", kernel.name))
            .unwrap_or_else(|| panic!("{} is refused", kernel.name));
        verify(&lane, backend.target).unwrap_or_else(|errors| panic!("{}: {errors:?}", kernel.name));
        let program = Program::new(&lane, backend).unwrap_or_else(|problem| panic!("{}: {problem}", kernel.name));
        let cases = judged_cases(&kernel, &SEEDS);
        let mut limit = 0;
        for case in &cases {
            let found = program.check(&kernel, case);
            found.unwrap_or_else(|problem| panic!("{}: {problem}\n{}", kernel.name, program.text()));
            let ran = run_lanes(&lane, backend.target, case, &Options::default());
            let stats = ran.and_then(|(_, run)| run.map_err(|trap| trap.to_string()));
            let stats = stats.unwrap_or_else(|problem| panic!("{}: {problem}", kernel.name));
            limit = limit.max(LONGER * (stats.steps + 1));
        }
        let original = Arc::new(Original { kernel, lane, cases, more: OnceLock::new(), limit });
        for mutation in mutations(&original.lane).0.into_iter().filter(|mutation| !mutation.subtle) {
            kinds.insert(mutation.op.clone());
            if verify(&mutation.kernel, backend.target).is_err() {
                caught.verify += 1;
            } else {
                by_op.entry(mutation.op.clone()).or_default().push((original.clone(), mutation));
            }
        }
    }
    let missing: Vec<String> = wanted().difference(&kinds).cloned().collect();
    let mut executed = Vec::new();
    for mut group in by_op.into_values() {
        if !full() && group.len() > 2 {
            caught.skipped += group.len() - 2;
            group.drain(1..group.len() - 1);
        }
        executed.append(&mut group);
    }
    let verdicts: Vec<Verdict> =
        executed.par_iter().map(|(original, mutation)| judge(original, mutation, backend)).collect();
    let mut missed = Vec::new();
    for ((original, mutation), verdict) in executed.iter().zip(verdicts) {
        match verdict {
            Verdict::Compile => caught.compile += 1,
            Verdict::Run => caught.run += 1,
            Verdict::Endless => caught.endless += 1,
            Verdict::Missed => {
                let Mutation { op, change, kernel: damaged, .. } = mutation;
                let lines = difference(&print(&original.lane), &print(damaged));
                missed.push(format!("{}: {op} {change}: {lines}", original.kernel.name));
            }
        }
    }
    assert!(missed.is_empty(), "{caught}; {} missed:\n{}\nnever seen: {missing:?}", missed.len(), missed.join("\n"));
    assert!(missing.is_empty(), "never damaged: {missing:?}; {caught}");
    caught
}
