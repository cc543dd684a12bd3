//! Runs lane programs on terms instead of numbers: what is read from buffers and scalar parameters has a name, and each output is the
//! expression that the program makes of those names, as a hash. Numbers that depend on none of them (thread numbers, loop variables,
//! constants) are computed.
//!
//! Two programs with equal terms compute the same from whatever they are given. Equal results with unequal terms exist (`x + 0` and
//! `x`): unequal terms prove nothing. A program whose branches, bounds or places depend on what it reads has no terms here.
//!
//! Threads run in step, which is one order of many: the programs must be free of races, as those are that the verifier accepts and
//! the interpreter runs.

mod exprs;
mod matrix;
mod stmts;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use tile_ir::{Elem, ParamKind};

use crate::ir::{self, LaneKernel};
use crate::target::Target;

/// Most evaluations of a statement in one thread.
const MAX_STEPS: u64 = 20_000_000;

/// Most elements of memories, and of variables in all threads.
const MAX_ELEMENTS: u64 = 1 << 24;

/// One value of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Value {
    /// Computed, as bits.
    Known(u64),
    /// The hash of a term; the narrow type that it is a value of, where it is known to be.
    Term(u64, Option<Elem>),
}

impl Value {
    fn known(self) -> Option<u64> {
        match self {
            Value::Known(bits) => Some(bits),
            Value::Term(..) => None,
        }
    }
}

/// A term made of `parts`.
fn term(parts: impl Hash) -> Value {
    Value::Term(hash(parts), None)
}

fn hash(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// What a program computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Elements of each view; what is not written is as it was.
    views: Vec<Vec<Value>>,
    /// Operations that stop or mean nothing for some operands, with the operands.
    partial: BTreeSet<u64>,
}

impl Terms {
    /// Whether a program with the terms `other`, which ends wherever this one does, leaves the same in every view, whatever
    /// is in them before.
    pub fn show_same(&self, other: &Terms) -> bool {
        self.views == other.views && other.partial.is_subset(&self.partial)
    }
}

/// One group of threads on its way.
struct Machine<'a> {
    kernel: &'a LaneKernel,
    target: &'a Target,
    threads: usize,
    program: [u64; 3],
    /// First element of each variable in `registers`.
    base: Vec<usize>,
    /// By element, then thread; `None` is undefined.
    registers: Vec<Option<Value>>,
    views: Vec<Vec<Value>>,
    shared: Vec<Vec<Option<Value>>>,
    /// By fragment array: by subgroup, then index, then row-major.
    fragments: Vec<Vec<Option<Value>>>,
    partial: BTreeSet<u64>,
    steps: u64,
}

/// The terms of `kernel`; `None` where it has none here (see the module), or does something that traps.
pub fn terms(kernel: &LaneKernel, target: &Target) -> Option<Terms> {
    let threads = kernel.threads as usize;
    let mut base = Vec::new();
    let mut elements = 0u64;
    for var in &kernel.vars {
        base.push(elements as usize);
        elements += u64::from(var.len.unwrap_or(1));
    }
    let memory = |kind: &ParamKind| match kind {
        ParamKind::View(view) => view.shape.count(),
        ParamKind::Scalar(_) => 0,
    };
    let sizes =
        kernel.params.iter().map(|param| memory(&param.kind)).chain(kernel.shared.iter().map(|array| array.len));
    if sizes.chain([elements.saturating_mul(threads as u64)]).any(|size| size > MAX_ELEMENTS) {
        return None;
    }
    let views = kernel.params.iter().enumerate().map(|(number, param)| match &param.kind {
        ParamKind::Scalar(_) => Vec::new(),
        ParamKind::View(view) => {
            let narrow = matches!(view.elem, Elem::F16 | Elem::Bf16).then_some(view.elem);
            (0..view.shape.count()).map(|at| Value::Term(hash(("element", number, at)), narrow)).collect()
        }
    });
    let mut machine = Machine {
        kernel,
        target,
        threads,
        program: [0; 3],
        base,
        registers: vec![None; elements as usize * threads],
        views: views.collect(),
        shared: Vec::new(),
        fragments: Vec::new(),
        partial: BTreeSet::new(),
        steps: 0,
    };
    let [x, y, z] = kernel.grid;
    for number in 0..x.checked_mul(y)?.checked_mul(z)? {
        machine.program = [number % x, number / x % y, number / x / y];
        machine.registers.fill(None);
        machine.shared = kernel.shared.iter().map(|array| vec![None; array.len as usize]).collect();
        machine.fragments = (0..kernel.fragments.len() as u32)
            .map(|fragment| machine.fragment_len(ir::Fragment(fragment)).map(|len| vec![None; len * threads / 32]))
            .collect::<Option<_>>()?;
        machine.block(&kernel.body, &vec![true; threads])?;
    }
    Some(Terms { views: machine.views, partial: machine.partial })
}
