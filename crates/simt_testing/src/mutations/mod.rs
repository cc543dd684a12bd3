//! Lowered kernels with one operation damaged: each must be noticed.

mod kernels;
mod original;
mod survivors;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use lower_simt::testing::{Mutation, mutations};
use lower_simt::verify::verify;
use rayon::prelude::*;
use tile_ir::{BinaryOp, Predicate, ReduceOp, UnaryOp};

use crate::{Backend, full};
use original::{Original, Verdict};

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
    /// In the table of those that compute the same.
    pub equivalent: usize,
    /// Left out of this run.
    pub skipped: usize,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caught { verify, compile, run, endless, equivalent, skipped } = self;
        write!(
            f,
            "{verify} by the verifier, {compile} by the compiler, {run} by running, {endless} never end; {equivalent} equivalent; {skipped} not executed"
        )
    }
}

/// Kinds of operations that must be damaged.
fn wanted() -> BTreeSet<String> {
    let unary = UnaryOp::ALL.iter().map(|op| format!("Unary::{op:?}"));
    let binary = BinaryOp::ALL.iter().map(|op| format!("Binary::{op:?}"));
    let predicates = Predicate::ALL.iter().map(|(op, _, _)| format!("Compare::{op:?}"));
    let reduce = ReduceOp::ALL.iter().map(|(op, _)| format!("LaneReduce::{op:?}"));
    unary.chain(binary).chain(predicates).chain(reduce).chain(PLAIN.iter().map(ToString::to_string)).collect()
}

/// Damages each operation of small lowered kernels by itself, and has the result verified and interpreted. The first and the last of
/// each kind of operation are printed, compiled and executed too, as is all that the lane interpreter does not notice. The normal run
/// does no more than those two.
///
/// # Panics
/// If a damaged kernel is not noticed that is not in the table of equivalent ones, or noticed though it is; if an undamaged kernel
/// fails; if a kind of operation never occurs.
pub fn sweep(backend: &Backend) -> Caught {
    let mut caught = Caught::default();
    let mut by_op: BTreeMap<String, Vec<(Arc<Original>, Mutation)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for kernel in kernels::kernels() {
        let original = Arc::new(Original::new(kernel, backend));
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
    let mut judged = Vec::new();
    for group in by_op.into_values() {
        let last = group.len() - 1;
        for (at, (original, mutation)) in group.into_iter().enumerate() {
            let end = at == 0 || at == last;
            if full() || end {
                judged.push((original, mutation, end));
            } else {
                caught.skipped += 1;
            }
        }
    }
    let verdicts: Vec<Verdict> =
        judged.par_iter().map(|(original, mutation, text)| original.judge(&mutation.kernel, backend, *text)).collect();
    let listed = survivors::listed(backend.target.name);
    let (mut equal, mut wrong) = (BTreeSet::new(), Vec::new());
    for ((original, mutation, _), verdict) in judged.iter().zip(verdicts) {
        let name = survivors::name(original, mutation);
        let missed = matches!(verdict, Verdict::Missed);
        match verdict {
            Verdict::Compile => caught.compile += 1,
            Verdict::Run => caught.run += 1,
            Verdict::Endless => caught.endless += 1,
            Verdict::Missed => caught.equivalent += 1,
        }
        match (missed, listed.contains(&name)) {
            (true, false) => wrong.push(format!("missed: {name}")),
            (false, true) => wrong.push(format!("not equivalent: {name}")),
            (true, true) if !equal.insert(name.clone()) => wrong.push(format!("two changes of one name: {name}")),
            (true, true) | (false, false) => {}
        }
    }
    if full() {
        wrong.extend(listed.difference(&equal).map(|name| format!("in the table, but no such change: {name}")));
    }
    assert!(wrong.is_empty(), "{caught}; {}:\n{}\nnever damaged: {missing:?}", wrong.len(), wrong.join("\n"));
    assert!(missing.is_empty(), "never damaged: {missing:?}; {caught}");
    caught
}

/// tmp
pub fn dump(backend: &Backend) {
    for kernel in kernels::kernels() {
        let lane = crate::random::lower(&kernel, backend.target).unwrap().unwrap();
        println!("{}", lower_simt::text::print(&lane));
    }
}
