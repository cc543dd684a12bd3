//! Loops that count.
//!
//! The counter is an argument of the header that every round increases (or lowers by one) by a constant, compared with
//! an invariant bound. It becomes the `index` of an `scf.for`; other arguments that move by a constant are computed from
//! it; the rest is carried.
//!
//! Unsigned bounds are taken as `index`, which is signed: a bound of 2^63 or more, which no loop can reach, counts as no
//! rounds at all.

use std::collections::BTreeSet;

use tile_ir::{BinaryOp, CastOp, Elem, OpKind, Predicate, Value};

use super::loops::HeaderLoop;
use super::predicates::{holds, inverse, swapped, wrap};
use super::structure::Structurer;
use super::{EdgeRef, Term};

/// Rounds that are counted out to find the length of a loop that tests at its end.
const LONGEST: i64 = 1 << 24;

/// How a counted loop counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counted {
    /// Number of the counter among the header's arguments.
    pub(super) counter: usize,
    /// Added each round; positive, or -1.
    pub(super) step: i64,
    /// The counter stays below this (above this, if it goes down).
    pub(super) bound: Value,
    /// Added to the bound, for `<=` and `>=`.
    pub(super) offset: i64,
    /// Whether the comparison is signed.
    pub(super) signed: bool,
    /// Number of the header argument that is zero in every round: the flag of `..=`, see [`Structurer::inclusive`].
    pub(super) flag: Option<usize>,
}

impl Structurer {
    /// The jump back, if there is only one.
    pub(super) fn back_edge(&self, header: usize, cycle: &BTreeSet<usize>) -> Option<EdgeRef> {
        let edges = cycle.iter().flat_map(|&block| self.cfg.edges_of(block));
        let mut back = edges.filter(|&edge| self.cfg.edge(edge).to == header);
        let first = back.next()?;
        back.next().is_none().then_some(first)
    }

    /// What defines an unstructured value.
    pub(super) fn definition(&self, value: Value) -> Option<&OpKind> {
        let block = self.owner.get(&value)?;
        let op = self.cfg.blocks[*block].ops.iter().find(|op| op.results.contains(&value))?;
        Some(&op.kind)
    }

    /// The constant that is added to `arg` to make `next`.
    pub(super) fn step(&self, arg: Value, next: Value) -> Option<i64> {
        match *self.definition(next)? {
            OpKind::Binary(BinaryOp::Add, a, b) if a == arg => self.cfg.integer(b),
            OpKind::Binary(BinaryOp::Add, a, b) if b == arg => self.cfg.integer(a),
            OpKind::Binary(BinaryOp::Sub, a, b) if a == arg => self.cfg.integer(b)?.checked_neg(),
            _ => None,
        }
    }

    pub(super) fn invariant(&self, value: Value, cycle: &BTreeSet<usize>) -> bool {
        self.owner.get(&value).is_none_or(|block| !cycle.contains(block))
    }

    /// How the loop counts, if it does.
    pub(super) fn counted(&self, found: &HeaderLoop, init: &[Value]) -> Option<Counted> {
        let header = &self.cfg.blocks[found.header];
        if header.ops.iter().any(|op| matches!(op.kind, OpKind::Store { .. } | OpKind::StoreScalar { .. })) {
            return None;
        }
        // What leaves the loop must be known after it: arguments are, the header's other values are not.
        let kept = |value: &Value| header.args.contains(value) || self.invariant(*value, &found.cycle);
        if !self.cfg.edge(found.exit).args.iter().all(kept) {
            return None;
        }
        let OpKind::Compare(predicate, a, b) = *self.definition(found.cond)? else {
            return self.inclusive(found, init);
        };
        let (predicate, counter, bound) = match header.args.iter().position(|&arg| arg == a) {
            Some(counter) => (predicate, counter, b),
            None => (swapped(predicate), header.args.iter().position(|&arg| arg == b)?, a),
        };
        let predicate = if found.inside.side == 1 { inverse(predicate) } else { predicate };
        let back = self.cfg.edge(self.back_edge(found.header, &found.cycle)?);
        let step = self.step(header.args[counter], back.args[counter])?;
        let word = matches!(self.cfg.ty(header.args[counter]).elem, Elem::I32 | Elem::I64);
        if !word || !self.invariant(bound, &found.cycle) || step == 0 || step < -1 {
            return None;
        }
        let (signed, offset) = match (predicate, step > 0) {
            (Predicate::SLt, true) | (Predicate::SGt, false) => (true, 0),
            (Predicate::ULt, true) | (Predicate::UGt, false) => (false, 0),
            (Predicate::SLe, true) => (true, 1),
            (Predicate::ULe, true) => (false, 1),
            (Predicate::SGe, false) => (true, -1),
            (Predicate::INe, _) => (false, self.counts_to(init[counter], bound, step)?),
            _ => return None,
        };
        Some(Counted { counter, step, bound, offset, signed, flag: None })
    }

    /// Loops over `first..=last`. Rust keeps a flag, so that a `last` at the end of its type is not passed:
    ///
    /// ```text
    /// header(i, flag): go on unless flag | i > last
    /// body:            more = i < last; next i = i + more; next flag = more ? flag : 1
    /// ```
    ///
    /// In `index` there is room beyond, and the flag is not needed.
    fn inclusive(&self, found: &HeaderLoop, init: &[Value]) -> Option<Counted> {
        let args = &self.cfg.blocks[found.header].args;
        let exit = self.cfg.edge(found.exit);
        let OpKind::Binary(BinaryOp::Or, flagged, above) = *self.definition(found.cond)? else {
            return None;
        };
        let OpKind::Compare(predicate, a, b) = *self.definition(above)? else {
            return None;
        };
        let (counter, bound, signed, below) = match predicate {
            Predicate::UGt => (a, b, false, Predicate::ULt),
            Predicate::ULt => (b, a, false, Predicate::ULt),
            Predicate::SGt => (a, b, true, Predicate::SLt),
            Predicate::SLt => (b, a, true, Predicate::SLt),
            _ => return None,
        };
        let flag = match *self.definition(flagged).unwrap_or(&OpKind::Cast(CastOp::TruncI, flagged)) {
            OpKind::Cast(CastOp::TruncI, flag) => flag,
            _ => return None,
        };
        let at = |value: Value| args.iter().position(|&arg| arg == value);
        let (counter_at, flag_at) = (at(counter)?, at(flag)?);
        let back = self.cfg.edge(self.back_edge(found.header, &found.cycle)?);
        let is_more = |value: Value| match self.definition(value) {
            Some(&OpKind::Compare(predicate, a, b)) => {
                (predicate, a, b) == (below, counter, bound) || (swapped(predicate), b, a) == (below, counter, bound)
            }
            _ => false,
        };
        let counts = match *self.definition(back.args[counter_at])? {
            OpKind::Binary(BinaryOp::Add, a, b) if a == counter || b == counter => {
                let more = if a == counter { b } else { a };
                matches!(self.definition(more), Some(&OpKind::Cast(CastOp::ExtU, more)) if is_more(more))
            }
            _ => false,
        };
        let flags = match *self.definition(back.args[flag_at])? {
            OpKind::Select { cond, on_true, on_false } => {
                is_more(cond) && on_true == flag && self.cfg.integer(on_false) == Some(1)
            }
            _ => false,
        };
        let word = matches!(self.cfg.ty(counter).elem, Elem::I32 | Elem::I64);
        let fits = word && counts && flags && found.inside.side == 1 && self.cfg.integer(init[flag_at]) == Some(0);
        let leaves = exit.args.contains(&counter) || exit.args.contains(&flag);
        (fits && !leaves && self.invariant(bound, &found.cycle)).then_some(Counted {
            counter: counter_at,
            step: 1,
            bound,
            offset: 1,
            signed,
            flag: Some(flag_at),
        })
    }

    /// `counter != bound` is as good as a comparison by order if the counter is sure to hit the bound. Gives the offset.
    fn counts_to(&self, first: Value, bound: Value, step: i64) -> Option<i64> {
        let (first, last) = (self.cfg.integer(first), self.cfg.integer(self.resolve(bound)));
        let hits = match (first, last, step) {
            (_, Some(0), -1) | (Some(0), None, 1) => true,
            (Some(first), Some(last), step) => {
                let distance = last.checked_sub(first)?;
                first >= 0 && last >= 0 && distance.checked_rem(step)? == 0 && distance.signum() * step.signum() >= 0
            }
            _ => false,
        };
        hits.then_some(0)
    }

    /// How often a loop runs that tests a counter of constant start and bound where it jumps back.
    pub(super) fn rounds(&self, header: usize, cycle: &BTreeSet<usize>, init: &[Value]) -> Option<i64> {
        let exits = self.exits(cycle);
        let [exit] = exits[..] else { return None };
        let back = self.back_edge(header, cycle)?;
        let Term::Branch { cond, .. } = &self.cfg.blocks[back.from].term else {
            return None;
        };
        let OpKind::Compare(predicate, a, b) = *self.definition(*cond)? else {
            return None;
        };
        let args = &self.cfg.blocks[header].args;
        let next = &self.cfg.edge(back).args;
        // The comparison is with the counter, or with its next value.
        let counter = |value: Value| {
            let of = |list: &[Value]| list.iter().position(|&item| item == value);
            of(args).map(|i| (i, false)).or_else(|| of(next).map(|i| (i, true)))
        };
        let (predicate, (counter, is_next), bound) = match counter(a) {
            Some(found) => (predicate, found, b),
            None => (swapped(predicate), counter(b)?, a),
        };
        if exit.from != back.from {
            return None;
        }
        let predicate = if back.side == 1 { inverse(predicate) } else { predicate };
        let step = self.step(args[counter], next[counter])?;
        let bits = match self.cfg.ty(args[counter]).elem {
            Elem::I32 => 32,
            Elem::I64 => 64,
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::Index => return None,
        };
        let bound = self.cfg.integer(self.resolve(bound))?;
        let mut value = self.cfg.integer(init[counter])?;
        for rounds in 1..=LONGEST {
            let after = wrap(value.wrapping_add(step), bits);
            if !holds(predicate, if is_next { after } else { value }, bound, bits)? {
                return Some(rounds);
            }
            value = after;
        }
        None
    }
}
