//! Loops that count.
//!
//! The counter is an argument of the header that every round increases (or lowers by one) by a constant, compared with
//! an invariant bound. It becomes the `index` of an `scf.for`; other arguments that move by a constant are computed from
//! it; the rest is carried.
//!
//! Unsigned bounds are taken as `index`, which is signed: a bound of 2^63 or more, which no loop can reach, counts as no
//! rounds at all.

use std::collections::BTreeSet;

use tile_ir::{BinaryOp, Block, CastOp, Elem, Loc, Number, Op, OpKind, Predicate, Type, Value};

use super::loops::HeaderLoop;
use super::structure::{Structurer, inverse};
use super::{Edge, EdgeRef, Term};
use crate::errors::Result;

/// Rounds that are counted out to find the length of a loop that tests at its end.
const LONGEST: i64 = 1 << 24;

/// How a counted loop counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counted {
    /// Number of the counter among the header's arguments.
    counter: usize,
    /// Added each round; positive, or -1.
    step: i64,
    /// The counter stays below this (above this, if it goes down).
    bound: Value,
    /// Added to the bound, for `<=` and `>=`.
    offset: i64,
    /// Whether the comparison is signed.
    signed: bool,
}

impl Structurer {
    /// The jump back, if there is only one.
    fn back_edge(&self, header: usize, cycle: &BTreeSet<usize>) -> Option<EdgeRef> {
        let edges = cycle.iter().flat_map(|&block| self.cfg.edges_of(block));
        let mut back = edges.filter(|&edge| self.cfg.edge(edge).to == header);
        let first = back.next()?;
        back.next().is_none().then_some(first)
    }

    /// What defines an unstructured value.
    fn definition(&self, value: Value) -> Option<&OpKind> {
        let block = self.owner.get(&value)?;
        let op = self.cfg.blocks[*block].ops.iter().find(|op| op.results.contains(&value))?;
        Some(&op.kind)
    }

    /// The constant that is added to `arg` to make `next`.
    fn step(&self, arg: Value, next: Value) -> Option<i64> {
        match *self.definition(next)? {
            OpKind::Binary(BinaryOp::Add, a, b) if a == arg => self.cfg.integer(b),
            OpKind::Binary(BinaryOp::Add, a, b) if b == arg => self.cfg.integer(a),
            OpKind::Binary(BinaryOp::Sub, a, b) if a == arg => self.cfg.integer(b)?.checked_neg(),
            _ => None,
        }
    }

    fn invariant(&self, value: Value, cycle: &BTreeSet<usize>) -> bool {
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
        let OpKind::Compare(predicate, a, b) = *self.definition(found.cond)? else { return None };
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
        Some(Counted { counter, step, bound, offset, signed })
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

    pub(super) fn for_loop(
        &mut self,
        found: &HeaderLoop,
        counted: &Counted,
        init: &[Value],
        ops: &mut Vec<Op>,
    ) -> Result<Edge> {
        let loc = self.cfg.blocks[found.header].loc.clone();
        let args = self.cfg.blocks[found.header].args.clone();
        let exit = self.cfg.edge(found.exit).clone();
        let back = self.back_edge(found.header, &found.cycle).map(|edge| self.cfg.edge(edge).args.clone());
        let back = back.unwrap_or_default();
        let first = init[counted.counter];
        let mut emit = Emit { loc: loc.clone(), ops };
        let bound = self.resolve(counted.bound);
        let bound = emit.to_index(self, bound, counted.signed);
        let bound = emit.add(self, bound, counted.offset);
        let first_index = emit.to_index(self, first, counted.signed);
        // Going down by one from `first` takes `first - bound` rounds, counted up from zero.
        let up = counted.step > 0;
        let (lower, upper, step) = if up {
            (first_index, bound, counted.step)
        } else {
            let rounds = emit.sub(self, first_index, bound);
            (emit.index(self, 0), rounds, 1)
        };
        let step_value = emit.index(self, step);

        let induction = self.cfg.value(Type::INDEX);
        let mut start = Vec::new();
        let mut inner = Emit { loc: loc.clone(), ops: &mut start };
        let mut carried = Vec::new();
        for (i, &arg) in args.iter().enumerate() {
            let moves = back.get(i).and_then(|&next| self.step(arg, next));
            let leaves = exit.args.contains(&arg);
            let value = match moves {
                _ if leaves => None,
                _ if i == counted.counter && up => {
                    Some(inner.from_index(self, induction, self.cfg.ty(arg).elem, counted.signed))
                }
                Some(by) if by % step == 0 && matches!(self.cfg.ty(arg).elem, Elem::I32 | Elem::I64) => {
                    Some(inner.moved(self, (init[i], by / step), induction, lower))
                }
                _ => None,
            };
            match value {
                Some(value) => self.bind(&[arg], &[value]),
                None => carried.push(i),
            }
        }
        start.extend(self.block_ops(found.header));
        let (body, next) = self.body(found.inside, found.header, &found.cycle)?;
        start.extend(body);
        let carried_args: Vec<Value> = carried.iter().map(|&i| args[i]).collect();
        let mut block_args = vec![induction];
        block_args.extend(&carried_args);
        let body = Block { args: block_args, ops: start, yields: carried.iter().map(|&i| next[i]).collect() };
        let results = self.fresh(&carried_args);
        self.bind(&carried_args, &results);
        let values = self.resolve_all(&exit.args);
        let init = carried.iter().map(|&i| init[i]).collect();
        let kind = OpKind::For { lower, upper, step: step_value, init, body };
        ops.push(Op { kind, results, loc });
        Ok(Edge { to: exit.to, args: values })
    }

    /// A loop that tests at its end, of a length that can be counted out. `None` if it is no such loop.
    pub(super) fn fixed_loop(
        &mut self,
        header: usize,
        cycle: &BTreeSet<usize>,
        init: &[Value],
        ops: &mut Vec<Op>,
    ) -> Result<Option<Edge>> {
        let Some(rounds) = self.rounds(header, cycle, init) else { return Ok(None) };
        let (exit, Some(back)) = (self.exits(cycle)[0], self.back_edge(header, cycle)) else { return Ok(None) };
        let loc = self.cfg.blocks[header].loc.clone();
        let args = self.cfg.blocks[header].args.clone();
        let out = self.cfg.edge(exit).clone();
        let again = self.cfg.edge(back).clone();

        // Values that leave the loop are carried, besides the header's arguments.
        let left: Vec<Value> = out.args.iter().copied().filter(|&value| !self.invariant(value, cycle)).collect();
        let left_args = self.fresh(&left);
        let mut joined = self.fresh(&args);
        joined.extend(self.fresh(&left));
        let join = self.cfg.block(joined, loc.clone());
        let values = again.args.iter().chain(&left).copied().collect();
        self.cfg.blocks[back.from].term = Term::Jump(Edge { to: join, args: values });

        let emit = Emit { loc: loc.clone(), ops };
        let (lower, upper, step) = (emit.index(self, 0), emit.index(self, rounds), emit.index(self, 1));
        let induction = self.cfg.value(Type::INDEX);
        let mut start = Vec::new();
        let mut inner = Emit { loc: loc.clone(), ops: &mut start };
        let mut carried = Vec::new();
        for (i, &arg) in args.iter().enumerate() {
            let by = self.step(arg, again.args[i]).filter(|_| {
                !left.contains(&arg) && matches!(self.cfg.ty(arg).elem, Elem::I32 | Elem::I64)
            });
            match by {
                Some(by) => {
                    let value = inner.moved(self, (init[i], by), induction, lower);
                    self.bind(&[arg], &[value]);
                }
                None => carried.push(i),
            }
        }
        let (body, next) = self.region(header, cycle.clone(), join)?;
        start.extend(body);
        let mut block_args = vec![induction];
        block_args.extend(carried.iter().map(|&i| args[i]).chain(left_args.iter().copied()));
        let mut yields: Vec<Value> = carried.iter().map(|&i| next[i]).collect();
        yields.extend(&next[args.len()..]);
        let mut first: Vec<Value> = carried.iter().map(|&i| init[i]).collect();
        first.extend(self.zeros(&left, &loc));
        let results = self.fresh(&block_args[1..]);
        self.bind(&left, &results[carried.len()..]);
        let values = self.resolve_all(&out.args);
        let body = Block { args: block_args, ops: start, yields };
        let kind = OpKind::For { lower, upper, step, init: first, body };
        ops.push(Op { kind, results, loc });
        Ok(Some(Edge { to: out.to, args: values }))
    }

    /// How often a loop runs that tests a counter of constant start and bound where it jumps back.
    fn rounds(&self, header: usize, cycle: &BTreeSet<usize>, init: &[Value]) -> Option<i64> {
        let exits = self.exits(cycle);
        let [exit] = exits[..] else { return None };
        let back = self.back_edge(header, cycle)?;
        let Term::Branch { cond, .. } = &self.cfg.blocks[back.from].term else { return None };
        let OpKind::Compare(predicate, a, b) = *self.definition(*cond)? else { return None };
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

/// Emits scalar arithmetic on `index`.
struct Emit<'a> {
    loc: Loc,
    ops: &'a mut Vec<Op>,
}

impl Emit<'_> {
    fn op(&mut self, s: &mut Structurer, kind: OpKind, ty: Type) -> Value {
        let result = s.cfg.value(ty);
        self.ops.push(Op { kind, results: vec![result], loc: self.loc.clone() });
        result
    }

    fn index(&self, s: &mut Structurer, number: i64) -> Value {
        s.cfg.constant(Type::INDEX, Number::Int(number), &self.loc)
    }

    fn to_index(&mut self, s: &mut Structurer, value: Value, signed: bool) -> Value {
        match s.cfg.integer(value) {
            Some(number) if signed || number >= 0 => self.index(s, number),
            _ => self.op(s, OpKind::Cast(index_cast(signed), value), Type::INDEX),
        }
    }

    fn from_index(&mut self, s: &mut Structurer, value: Value, elem: Elem, signed: bool) -> Value {
        self.op(s, OpKind::Cast(index_cast(signed), value), Type::scalar(elem))
    }

    fn add(&mut self, s: &mut Structurer, value: Value, number: i64) -> Value {
        if number == 0 {
            return value;
        }
        match s.cfg.integer(value) {
            Some(known) => self.index(s, known.saturating_add(number)),
            None => {
                let number = self.index(s, number);
                self.op(s, OpKind::Binary(BinaryOp::Add, value, number), Type::INDEX)
            }
        }
    }

    fn sub(&mut self, s: &mut Structurer, a: Value, b: Value) -> Value {
        match (s.cfg.integer(a), s.cfg.integer(b)) {
            (Some(a), Some(b)) => self.index(s, a.saturating_sub(b)),
            (_, Some(0)) => a,
            _ => self.op(s, OpKind::Binary(BinaryOp::Sub, a, b), Type::INDEX),
        }
    }

    /// `init + (induction - lower) * factor`, in `init`'s type.
    fn moved(&mut self, s: &mut Structurer, moves: (Value, i64), induction: Value, lower: Value) -> Value {
        let (init, factor) = moves;
        let ty = s.cfg.ty(init);
        let distance = self.sub(s, induction, lower);
        let distance = self.from_index(s, distance, ty.elem, false);
        let (op, factor) = if factor < 0 { (BinaryOp::Sub, factor.wrapping_neg()) } else { (BinaryOp::Add, factor) };
        let distance = match factor {
            1 => distance,
            factor => {
                let factor = s.cfg.constant(ty, Number::Int(factor), &self.loc);
                self.op(s, OpKind::Binary(BinaryOp::Mul, distance, factor), ty)
            }
        };
        if op == BinaryOp::Add && s.cfg.integer(init) == Some(0) {
            return distance;
        }
        self.op(s, OpKind::Binary(op, init, distance), ty)
    }
}

fn index_cast(signed: bool) -> CastOp {
    if signed { CastOp::IndexS } else { CastOp::IndexU }
}

/// The predicate with its sides exchanged.
fn swapped(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::SLt => Predicate::SGt,
        Predicate::SLe => Predicate::SGe,
        Predicate::SGt => Predicate::SLt,
        Predicate::SGe => Predicate::SLe,
        Predicate::ULt => Predicate::UGt,
        Predicate::ULe => Predicate::UGe,
        Predicate::UGt => Predicate::ULt,
        Predicate::UGe => Predicate::ULe,
        Predicate::FLt => Predicate::FGt,
        Predicate::FLe => Predicate::FGe,
        Predicate::FGt => Predicate::FLt,
        Predicate::FGe => Predicate::FLe,
        Predicate::IEq | Predicate::INe | Predicate::FEq | Predicate::FNe => predicate,
    }
}

/// Sign-extends the low `bits`.
fn wrap(value: i64, bits: u32) -> i64 {
    value << (64 - bits) >> (64 - bits)
}

/// An integer comparison of constants of this width; `None` for float predicates.
fn holds(predicate: Predicate, a: i64, b: i64, bits: u32) -> Option<bool> {
    let unsigned = |value: i64| (value as u64) << (64 - bits);
    Some(match predicate {
        Predicate::IEq => a == b,
        Predicate::INe => a != b,
        Predicate::SLt => a < b,
        Predicate::SLe => a <= b,
        Predicate::SGt => a > b,
        Predicate::SGe => a >= b,
        Predicate::ULt => unsigned(a) < unsigned(b),
        Predicate::ULe => unsigned(a) <= unsigned(b),
        Predicate::UGt => unsigned(a) > unsigned(b),
        Predicate::UGe => unsigned(a) >= unsigned(b),
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
            return None;
        }
    })
}
