//! Proves that a lane program keeps the rules of [`crate::ir`].
//!
//! - *Limits*: threads, shared memory, grid and buffers fit the target.
//! - *Types, scopes, indices*: every operand has its type, every variable is declared once and has a value where it is read, array
//!   indices are constants after unrolling and inside.
//! - *Alignment*: vector and matrix accesses start at a multiple of their size, shown from the low bits of expressions.
//! - *Early start*: before the wait only weights are touched, inside of their view and in whole units of 16 bytes.
//! - *Uniformity*: barriers stand where control is the same for the whole group, lane and matrix operations where it is the same for
//!   each subgroup (lane operations for the whole group, where the target's lanes meet so). Follows which values are the same for whom, statement by statement, to a fixpoint in loops.
//! - *Hazards*: of two accesses to one element by different threads, one of them a write, a barrier lies between on every
//!   path. The elements each thread touches are compared; what cannot be compared needs a barrier or an owner number.
//!
//! What cannot be proven is a violation. Offsets are taken not to overflow: accesses are inside their memory.

mod align;
mod constants;
mod early;
mod exprs;
mod form;
mod hazard;
mod limits;
mod types;
mod uniform;

use std::fmt;

use tile_ir::Loc;

use crate::ir::{LaneKernel, Stmt, StmtKind};
use crate::target::Target;

/// A group of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Numbers of the target.
    Limit,
    /// Types of operands, and what operations exist on them.
    Type,
    /// Variables: declared once, in scope, with a value, changed only if declared so.
    Scope,
    /// Indices of arrays.
    Index,
    /// Widths and multiples of vector and matrix accesses.
    Alignment,
    /// Barriers and operations between threads under divergent control.
    Uniformity,
    /// Accesses without a barrier between them.
    Hazard,
    /// What happens before the wait for earlier kernels.
    Early,
}

/// A broken rule, or one that could not be shown to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which group of rules.
    pub rule: Rule,
    /// What is wrong.
    pub detail: String,
    /// Where.
    pub loc: Loc,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} ({})", self.rule, self.detail, self.loc)
    }
}

/// Collects violations.
#[derive(Default)]
struct Violations(Vec<Violation>);

impl Violations {
    fn add(&mut self, rule: Rule, loc: &Loc, detail: impl Into<String>) {
        let violation = Violation { rule, detail: detail.into(), loc: loc.clone() };
        // Loops are walked more than once.
        if !self.0.contains(&violation) {
            self.0.push(violation);
        }
    }
}

/// Checks every rule.
///
/// # Errors
/// All violations. Later groups of rules are only looked at where types and scopes are sound.
pub fn verify(kernel: &LaneKernel, target: &Target) -> Result<(), Vec<Violation>> {
    let mut violations = Violations::default();
    limits::check(kernel, target, &mut violations);
    early::check(kernel, target, &mut violations);
    types::check(kernel, target, &mut violations);
    if violations.0.iter().all(|violation| matches!(violation.rule, Rule::Limit | Rule::Early)) {
        align::check(kernel, target, &mut violations);
        uniform::check(kernel, target, &mut violations);
        hazard::check(kernel, target, &mut violations);
    }
    if violations.0.is_empty() { Ok(()) } else { Err(violations.0) }
}

/// Whether a barrier lies between any two accesses that need one.
pub(crate) fn is_ordered(kernel: &LaneKernel, target: &Target) -> bool {
    let mut violations = Violations::default();
    hazard::check(kernel, target, &mut violations);
    violations.0.is_empty()
}

/// Where barriers stand that could go, or could order one kind of memory less, without a hazard. The kernel must
/// pass [`verify`]. Each barrier is tried by itself.
pub fn redundant_barriers(kernel: &LaneKernel, target: &Target) -> Vec<Loc> {
    let mut count = 0usize;
    kernel.body.iter().for_each(|stmt| {
        stmt.for_each(&mut |stmt| count += usize::from(matches!(stmt.kind, StmtKind::Barrier { .. })));
    });
    let mut found = Vec::new();
    for number in 0..count {
        for keep in [[false, false], [true, false], [false, true]] {
            let mut changed = kernel.clone();
            let mut at = None;
            let mut seen = 0;
            let mut visit = |stmt: &mut Stmt| {
                if let StmtKind::Barrier { global, shared } = &mut stmt.kind {
                    if seen == number && (*global, *shared) != (keep[0], keep[1]) {
                        let weaker = (*global || !keep[0]) && (*shared || !keep[1]);
                        (*global, *shared) = (keep[0], keep[1]);
                        at = weaker.then(|| stmt.loc.clone());
                    }
                    seen += 1;
                }
            };
            changed.body.iter_mut().for_each(|stmt| stmt.for_each_mut(&mut visit));
            if let Some(loc) = at
                && is_ordered(&changed, target)
            {
                found.push(loc);
                break;
            }
        }
    }
    found
}
