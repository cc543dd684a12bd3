//! Lowered kernels with one operation damaged: each must be noticed.

mod original;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use lower_simt::target::Target;
use lower_simt::testing::{Mutation, mutations};
use lower_simt::text::print;
use lower_simt::verify::verify;
use rayon::prelude::*;
use tile_ir::{BinaryOp, Predicate, ReduceOp, UnaryOp};

use crate::{Backend, full};
use original::{Original, Verdict};

/// Statements and expressions that must be among the damaged ones, besides those that have operators.
const PLAIN: [&str; 30] = [
    "Declare",
    "Assign",
    "Store",
    "LoadVector",
    "StoreVector",
    "Barrier",
    "For",
    "While",
    "If",
    "Float",
    "Int",
    "Builtin::Thread",
    "Builtin::Lane",
    "Builtin::Subgroup",
    "Builtin::Program(X)",
    "Param",
    "Fma",
    "Select",
    "Load",
    "Convert::Round(F16)",
    "Convert::Round(Bf16)",
    "Convert::SignedToFloat",
    "Convert::UnsignedToFloat",
    "Convert::FloatToSigned(I32)",
    "Convert::FloatToUnsigned(I32)",
    "Convert::SignExtend(I64)",
    "Convert::ZeroExtend(I64)",
    "Convert::Truncate(I8)",
    "Convert::Bits(I32)",
    "Convert::Bits(F32)",
];

/// Numbers that are reduced to one: no multiple of what a group of threads holds.
const TERMS: u64 = 300;

/// As [`PLAIN`], for targets with a matrix unit.
const MATRIX: [&str; 4] = ["Matrix::Fill", "Matrix::Load", "Matrix::Multiply", "Matrix::Store"];

/// As [`PLAIN`], for targets that copy ahead.
const AHEAD: [&str; 1] = ["AwaitCopy"];

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
    /// Compute the same, as their terms show.
    pub same: usize,
    /// Left out of this run.
    pub skipped: usize,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caught { verify, compile, run, endless, same, skipped } = self;
        write!(
            f,
            "{verify} by the verifier, {compile} by the compiler, {run} by running, {endless} never end; {same} compute the same; {skipped} not executed"
        )
    }
}

/// Kinds of operations that must be damaged.
fn wanted(target: &Target) -> BTreeSet<String> {
    let matrix = if target.matrix.is_empty() { &[][..] } else { &MATRIX };
    let ahead = if target.ahead.is_some() { &AHEAD[..] } else { &[] };
    let plain = PLAIN.iter().chain(matrix).chain(ahead);
    let unary = UnaryOp::ALL.iter().map(|op| format!("Unary::{op:?}"));
    let binary = BinaryOp::ALL.iter().map(|op| format!("Binary::{op:?}"));
    let predicates = Predicate::ALL.iter().map(|(op, _, _)| format!("Compare::{op:?}"));
    let reduce = ReduceOp::ALL.iter().map(|(op, _)| format!("LaneReduce::{op:?}"));
    unary.chain(binary).chain(predicates).chain(reduce).chain(plain.map(ToString::to_string)).collect()
}

/// Name of a damaged kernel: what was done, and the first line that differs, before and after.
fn name(original: &Original, mutation: &Mutation) -> String {
    let (before, after) = (print(&original.lane), print(&mutation.kernel));
    let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    let (before, after) = differs.unwrap_or_default();
    let Mutation { op, change, .. } = mutation;
    format!("{}: {op} {change}: `{}` -> `{}`", original.kernel.name, before.trim(), after.trim())
}

/// Damages each operation of small lowered kernels by itself, and has the result verified and interpreted. The first and the last of
/// each kind of operation are printed, compiled and executed too, as is all that the lane interpreter does not notice. The normal run
/// does no more than those two.
///
/// # Panics
/// If a damaged kernel is not noticed whose terms are not those of the undamaged one; if an undamaged kernel fails; if a kind of
/// operation is never damaged so that it matters.
pub fn sweep(backend: &Backend) -> Caught {
    let mut caught = Caught::default();
    let mut by_op: BTreeMap<String, Vec<(Arc<Original>, Mutation)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for kernel in kernel_testing::kernels(UnaryOp::ALL, TERMS) {
        let original = Arc::new(Original::new(kernel, backend));
        for mutation in mutations(&original.lane) {
            if verify(&mutation.kernel, backend.target).is_err() {
                kinds.insert(mutation.op);
                caught.verify += 1;
            } else {
                by_op.entry(mutation.op.clone()).or_default().push((original.clone(), mutation));
            }
        }
    }
    let mut judged = Vec::new();
    for (op, group) in by_op {
        let matters = |(original, mutation): &(Arc<Original>, Mutation)| !original.same(&mutation.kernel, backend);
        let ends = [group.iter().position(matters), group.iter().rposition(matters)];
        if ends[0].is_some() {
            kinds.insert(op);
        }
        for (at, (original, mutation)) in group.into_iter().enumerate() {
            let end = ends.contains(&Some(at));
            if full() || end {
                judged.push((original, mutation, end));
            } else {
                caught.skipped += 1;
            }
        }
    }
    let verdict = |(original, mutation, text): &(Arc<Original>, Mutation, bool)| {
        (original.judge(&mutation.kernel, backend, *text), name(original, mutation))
    };
    let verdicts: Vec<(Verdict, String)> = judged.par_iter().map(verdict).collect();
    let mut missed = Vec::new();
    for (verdict, name) in verdicts {
        match verdict {
            Verdict::Compile => caught.compile += 1,
            Verdict::Run | Verdict::Undefined => caught.run += 1,
            Verdict::Endless => caught.endless += 1,
            Verdict::Same => {
                println!("the same: {name}");
                caught.same += 1;
            }
            Verdict::Missed => missed.push(name),
        }
    }
    let missing: Vec<String> = wanted(backend.target).difference(&kinds).cloned().collect();
    assert!(missed.is_empty(), "{caught}; {} missed:\n{}\nnever damaged: {missing:?}", missed.len(), missed.join("\n"));
    assert!(missing.is_empty(), "never damaged: {missing:?}; {caught}");
    caught
}
