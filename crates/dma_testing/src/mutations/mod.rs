//! Core programs with one thing damaged: each must be noticed, by the proof or by running.

mod kernels;
mod original;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use lower_dma::target::{Sync, Target};
use lower_dma::testing::{Mutation, mutations};
use lower_dma::text::print;
use lower_dma::verify::verify;
use rayon::prelude::*;

use crate::{Backend, full};
use original::{Original, Verdict};

/// Statements that must be among the damaged ones.
const PLAIN: [&str; 5] = ["CopyIn", "CopyOut", "Write", "For", "If"];

/// How many damaged programs were noticed, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// Refused by the proof.
    pub verify: usize,
    /// Refused by the printer or the compiler.
    pub compile: usize,
    /// Stopped while running, or gave other results: in the interpreter of core programs or as text.
    pub run: usize,
    /// Does not end, by the interpreter of core programs.
    pub endless: usize,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caught { verify, compile, run, endless } = self;
        write!(f, "{verify} by the proof, {compile} by the compiler, {run} by running, {endless} never end")
    }
}

/// Kinds of statements that must be damaged.
fn wanted(target: &Target) -> BTreeSet<String> {
    let order: &[&str] = match target.sync {
        Sync::Events { .. } => &["Signal", "Await", "Barrier"],
        Sync::Drain { copies_wait: false } => &["Drain"],
        Sync::Drain { copies_wait: true } => &[],
    };
    PLAIN.iter().chain(order).map(ToString::to_string).collect()
}

/// Name of a damaged program: what was done, where, and the first line that differs, before and after.
fn name(original: &Original, mutation: &Mutation) -> String {
    let (before, after) = (print(&original.core), print(&mutation.kernel));
    let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    let (before, after) = differs.unwrap_or_default();
    let Mutation { op, change, loc, .. } = mutation;
    format!("{} at {loc}: {op} {change}: `{}` -> `{}`", original.kernel.name, before.trim(), after.trim())
}

/// Damages each statement of small lowered kernels by itself, and has the result proven and interpreted. The first and the last of
/// each kind of statement that the proof accepts are printed, compiled and executed too, as is all that the interpreter does not notice;
/// with `TENFOLD_FULL=1` all.
///
/// # Panics
/// If a damaged program is not noticed; if an undamaged one fails; if a kind of statement is never damaged.
pub fn sweep(backend: &Backend) -> Caught {
    damage(backend.target, Some(backend))
}

/// As [`sweep`], without text.
///
/// # Panics
/// As there.
pub fn interpreted(target: &Target) -> Caught {
    damage(target, None)
}

fn damage(target: &Target, text: Option<&Backend>) -> Caught {
    let mut caught = Caught::default();
    let mut accepted: BTreeMap<String, Vec<(Arc<Original>, Mutation)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for kernel in kernels::kernels(target) {
        let original = Arc::new(Original::new(kernel, target, text));
        for mutation in mutations(&original.core) {
            kinds.insert(mutation.op.clone());
            if verify(&mutation.kernel, target).is_err() {
                caught.verify += 1;
            } else {
                accepted.entry(mutation.op.clone()).or_default().push((original.clone(), mutation));
            }
        }
    }
    let ends = |group: Vec<(Arc<Original>, Mutation)>| {
        let last = group.len() - 1;
        group.into_iter().enumerate().map(move |(at, damaged)| (damaged, at == 0 || at == last))
    };
    let judged: Vec<_> = accepted.into_values().flat_map(ends).collect();
    let verdict = |((original, mutation), end): &((Arc<Original>, Mutation), bool)| {
        (original.judge(&mutation.kernel, target, text, full() || *end), name(original, mutation))
    };
    let verdicts: Vec<(Verdict, String)> = judged.par_iter().map(verdict).collect();
    let mut missed = Vec::new();
    for (verdict, name) in verdicts {
        match verdict {
            Verdict::Compile => caught.compile += 1,
            Verdict::Run => caught.run += 1,
            Verdict::Endless => caught.endless += 1,
            Verdict::Missed => missed.push(name),
        }
    }
    let missing: Vec<String> = wanted(target).difference(&kinds).cloned().collect();
    assert!(
        missed.is_empty(),
        "{}: {caught}; {} missed:\n{}\nnever damaged: {missing:?}",
        target.name,
        missed.len(),
        missed.join("\n")
    );
    assert!(missing.is_empty(), "{}: never damaged: {missing:?}; {caught}", target.name);
    caught
}
