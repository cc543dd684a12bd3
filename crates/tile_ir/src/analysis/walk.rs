//! The walk over a kernel.

use super::range::{Range, gcd};
use super::{Access, Analysis, transfer};
use crate::kernel::{Kernel, ParamKind};
use crate::op::{BinaryOp, Block, Index, Literal, Number, Op, OpKind, Predicate, ReduceOp, Value};
use crate::types::{Elem, Type};

/// Rounds of a loop before bounds that still move are given up.
const PATIENCE: usize = 2;

/// How often each operation may be looked at on average, so that deep nests end.
const VISITS: usize = 200;

pub(super) fn analyze(kernel: &Kernel) -> Analysis {
    let mut defs = vec![None; kernel.values.len()];
    let mut count = 0;
    kernel.body.for_each_op(&mut |op| {
        count += 1;
        op.results.iter().for_each(|result| defs[result.index()] = Some(&op.kind));
    });
    let mut walk = Walk {
        kernel,
        defs,
        values: kernel.values.iter().map(|data| all(data.ty)).collect(),
        accesses: vec![None; count],
        at: 0,
        visits: count.saturating_mul(VISITS),
    };
    for param in &kernel.params {
        if let ParamKind::Scalar(scalar) = &param.kind
            && let Some(largest) = scalar.bound.and_then(|bound| i64::try_from(bound.saturating_sub(1)).ok())
            && let Some(range) = Range::new(0, largest, 1).filter(|&range| Range::all(scalar.elem).includes(range))
        {
            walk.values[scalar.value.index()] = Some(range);
        }
    }
    match walk.block(&kernel.body) {
        Some(()) => Analysis { values: walk.values, accesses: walk.accesses },
        // Nothing is known of a kernel that takes too long.
        None => {
            Analysis { values: kernel.values.iter().map(|data| all(data.ty)).collect(), accesses: vec![None; count] }
        }
    }
}

/// Every value of a type; nothing for floats.
fn all(ty: Type) -> Option<Range> {
    ty.elem.is_int().then(|| Range::all(ty.elem))
}

struct Walk<'a> {
    kernel: &'a Kernel,
    /// The operation that defines each value.
    defs: Vec<Option<&'a OpKind>>,
    /// What is known of each value here.
    values: Vec<Option<Range>>,
    accesses: Vec<Option<Access>>,
    /// Number of the next operation, in source order.
    at: usize,
    /// Looks left.
    visits: usize,
}

/// `None` when out of visits.
type Done = Option<()>;

impl<'a> Walk<'a> {
    /// What is known of an integer; anything for a float, which is never asked for.
    fn get(&self, value: Value) -> Range {
        self.values[value.index()].unwrap_or(Range::all(Elem::I64))
    }

    fn set(&mut self, value: Value, range: Option<Range>) {
        self.values[value.index()] = range;
    }

    fn block(&mut self, block: &'a Block) -> Done {
        block.ops.iter().try_for_each(|op| self.op(op))
    }

    fn op(&mut self, op: &'a Op) -> Done {
        self.visits = self.visits.checked_sub(1)?;
        let number = self.at;
        self.at += 1;
        if let OpKind::Load { indices, mask, .. } | OpKind::Store { indices, mask, .. } = &op.kind {
            let starts = indices.iter().map(|&index| self.get(index)).collect();
            let mask_true = mask.is_some_and(|mask| self.get(mask) == Range::constant(1));
            self.accesses[number] = Some(Access { starts, mask_true });
        }
        match &op.kind {
            OpKind::For { lower, upper, step, init, body } => {
                self.for_loop([*lower, *upper, *step], init, body, &op.results)
            }
            OpKind::While { init, before, cond, after } => self.while_loop(init, before, *cond, after, &op.results),
            OpKind::If { cond, then, otherwise } => self.branch(*cond, then, otherwise, &op.results),
            kind => {
                if let Some(result) = op.result() {
                    let ty = self.kernel.ty(result);
                    let range = if ty.elem.is_int() { Some(self.compute(kind, ty)) } else { None };
                    self.set(result, range);
                }
                Some(())
            }
        }
    }

    /// Range of an operation of integer type without regions.
    fn compute(&self, kind: &OpKind, ty: Type) -> Range {
        let anything = Range::all(ty.elem);
        let up_to = |limit: u64| Range::new(0, i64::try_from(limit).unwrap_or(i64::MAX) - 1, 1).unwrap_or(anything);
        match kind {
            OpKind::ProgramId(axis) => up_to(self.kernel.grid[axis.index()]),
            OpKind::NumPrograms(axis) => Range::constant(self.kernel.grid[axis.index()] as i64),
            OpKind::Constant(Literal::Splat(number)) => constant(number),
            OpKind::Constant(Literal::Iota { dim }) => up_to(ty.shape.dims()[*dim]),
            OpKind::Constant(Literal::Dense(numbers)) => {
                numbers.iter().map(constant).reduce(Range::join).unwrap_or(anything)
            }
            OpKind::Binary(op, a, b) => transfer::binary(*op, self.get(*a), self.get(*b), ty.elem),
            OpKind::Compare(predicate, a, b) => {
                let elem = self.kernel.ty(*a).elem;
                match transfer::compare(*predicate, self.get(*a), self.get(*b), elem) {
                    Some(known) if elem.is_int() => Range::constant(i64::from(known)),
                    Some(_) | None => anything,
                }
            }
            OpKind::Select { cond, on_true, on_false } => match self.get(*cond).as_constant() {
                Some(0) => self.get(*on_false),
                Some(_) => self.get(*on_true),
                None => self.get(*on_true).join(self.get(*on_false)),
            },
            OpKind::Cast(op, a) => transfer::cast(*op, self.values[a.index()], self.kernel.ty(*a).elem, ty.elem),
            OpKind::Broadcast(a)
            | OpKind::Reshape(a)
            | OpKind::Transpose { value: a, perm: _ }
            | OpKind::Slice { value: a, offsets: _ }
            | OpKind::Extract { value: a, indices: _ } => self.get(*a),
            OpKind::InsertSlice { value, into, offsets: _ } | OpKind::Insert { value, into, indices: _ } => {
                self.get(*value).join(self.get(*into))
            }
            OpKind::Reduce { op, value, acc, dims: _ } => self.reduce(*op, *value, *acc, ty.elem),
            OpKind::CreateMask { bounds } => self.mask(bounds, ty),
            OpKind::Unary(..) | OpKind::Fma(..) | OpKind::Contract { .. } => anything,
            OpKind::Load { .. } | OpKind::LoadScalar { .. } | OpKind::Gather { .. } => anything,
            OpKind::Store { .. } | OpKind::StoreScalar { .. } => anything,
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => anything,
        }
    }

    fn reduce(&self, op: ReduceOp, value: Value, acc: Value, elem: Elem) -> Range {
        let (tile, start) = (self.get(value), self.get(acc));
        match op {
            ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => tile.join(start),
            ReduceOp::Add => {
                let count = self.kernel.ty(value).shape.count() / self.kernel.ty(acc).shape.count().max(1);
                transfer::Wide::sum(tile, count).add(start).wrapped(elem)
            }
            ReduceOp::MinF | ReduceOp::MaxF => Range::all(elem),
        }
    }

    fn mask(&self, bounds: &[Index], ty: Type) -> Range {
        let bounds = bounds.iter().map(|bound| match *bound {
            Index::Static(bound) => Range::constant(i64::try_from(bound).unwrap_or(i64::MAX)),
            Index::Dynamic(value) => self.get(value),
        });
        let pairs: Vec<(Range, i64)> = bounds.zip(ty.shape.dims().iter().map(|&dim| dim as i64)).collect();
        if pairs.iter().all(|(bound, dim)| bound.lo() >= *dim) {
            Range::constant(1)
        } else if pairs.iter().any(|(bound, _)| bound.hi() <= 0) {
            Range::constant(0)
        } else {
            Range::all(Elem::I1)
        }
    }

    fn gets(&self, values: &[Value]) -> Vec<Option<Range>> {
        values.iter().map(|value| self.values[value.index()]).collect()
    }

    fn sets(&mut self, values: &[Value], ranges: &[Option<Range>]) {
        values.iter().zip(ranges).for_each(|(&value, &range)| self.set(value, range));
    }

    /// Finds ranges of values carried around a loop. `round` runs the loop's regions once, with `args` set, and gives the
    /// ranges handed to the next round. The last round leaves everything inside the loop with its final ranges.
    fn carried(
        &mut self,
        args: &[Value],
        init: &[Option<Range>],
        mut round: impl FnMut(&mut Self) -> Option<Vec<Option<Range>>>,
    ) -> Done {
        let start = self.at;
        let mut state = init.to_vec();
        for turn in 0.. {
            self.at = start;
            self.sets(args, &state);
            let next = joined(init, &round(self)?);
            let wider = joined(&state, &next);
            if wider == state {
                // A fixpoint. What comes round may be tighter than what widening left; one step of narrowing takes that
                // if it is a fixpoint too.
                if next != state {
                    self.at = start;
                    self.sets(args, &next);
                    let again = joined(init, &round(self)?);
                    if joined(&next, &again) != next {
                        self.at = start;
                        self.sets(args, &state);
                        round(self)?;
                    }
                }
                return Some(());
            }
            state = if turn < PATIENCE { wider } else { self.widened(args, &state, &wider) };
        }
        None
    }

    /// Gives up bounds that moved.
    fn widened(&self, args: &[Value], old: &[Option<Range>], new: &[Option<Range>]) -> Vec<Option<Range>> {
        let pairs = old.iter().zip(new).zip(args);
        pairs
            .map(|((old, new), &arg)| {
                let (old, new, all) = ((*old)?, (*new)?, Range::all(self.kernel.ty(arg).elem));
                let step = i128::from(new.step().max(1));
                // A bound that is given up must keep the other numbers in step.
                let lo = if new.lo() < old.lo() {
                    let room = i128::from(new.lo()) - i128::from(all.lo());
                    i128::from(new.lo()) - room / step * step
                } else {
                    new.lo().into()
                };
                let hi = if new.hi() > old.hi() { all.hi() } else { new.hi() };
                Some(Range::wide(lo, hi.into(), step.unsigned_abs()).unwrap_or(all))
            })
            .collect()
    }

    fn for_loop(&mut self, range: [Value; 3], init: &[Value], body: &'a Block, results: &[Value]) -> Done {
        let [lower, upper, step] = range.map(|value| self.get(value));
        let Some((&induction, args)) = body.args.split_first() else {
            return Some(());
        };
        // Every value is the lower bound plus multiples of the step.
        let step = gcd(gcd(step.step().into(), step.lo().unsigned_abs().into()), lower.step().into());
        let last = i128::from(upper.hi()) - 1;
        let range = Range::wide(lower.lo().into(), last.max(lower.lo().into()), step);
        let range = range.unwrap_or(Range::all(Elem::Index));
        let first = self.gets(init);
        self.carried(args, &first, |walk| {
            walk.set(induction, Some(range));
            walk.block(body)?;
            Some(walk.gets(&body.yields))
        })?;
        // The loop may not run at all.
        let last = joined(&first, &self.gets(&body.yields));
        self.sets(results, &last);
        Some(())
    }

    fn while_loop(
        &mut self,
        init: &[Value],
        before: &'a Block,
        cond: Value,
        after: &'a Block,
        results: &[Value],
    ) -> Done {
        let first = self.gets(init);
        self.carried(&before.args, &first, |walk| {
            walk.block(before)?;
            let handed = walk.gets(&before.yields);
            let saved = walk.assume(cond, true);
            // What is handed on is known as well as what it was called before.
            let refined = walk.gets(&before.yields);
            walk.sets(&after.args, &refined);
            walk.block(after)?;
            let next = walk.gets(&after.yields);
            walk.restore(saved);
            walk.sets(results, &handed);
            Some(next)
        })
    }

    fn branch(&mut self, cond: Value, then: &'a Block, otherwise: &'a Block, results: &[Value]) -> Done {
        let saved = self.assume(cond, true);
        self.block(then)?;
        let on_true = self.gets(&then.yields);
        self.restore(saved);
        let saved = self.assume(cond, false);
        self.block(otherwise)?;
        let on_false = self.gets(&otherwise.yields);
        self.restore(saved);
        let ranges = match self.get(cond).as_constant() {
            Some(0) => on_false,
            Some(_) => on_true,
            None => joined(&on_true, &on_false),
        };
        self.sets(results, &ranges);
        Some(())
    }

    /// Refines values by a condition that holds or does not; gives back what they were.
    fn assume(&mut self, cond: Value, holds: bool) -> Vec<(Value, Option<Range>)> {
        let mut saved = Vec::new();
        let mut conditions = vec![cond];
        while let Some(cond) = conditions.pop() {
            match self.defs[cond.index()] {
                Some(OpKind::Binary(BinaryOp::And, a, b)) if holds => conditions.extend([*a, *b]),
                Some(OpKind::Binary(BinaryOp::Or, a, b)) if !holds => conditions.extend([*a, *b]),
                Some(OpKind::Compare(predicate, a, b)) if self.kernel.ty(*a).elem != Elem::I1 => {
                    let predicate = if holds { Some(*predicate) } else { transfer::negated(*predicate) };
                    if let Some(predicate) = predicate.filter(|predicate| !predicate.is_float()) {
                        self.assume_compare(predicate, *a, *b, &mut saved);
                    }
                }
                Some(_) | None => {}
            }
        }
        saved
    }

    fn assume_compare(&mut self, predicate: Predicate, a: Value, b: Value, saved: &mut Vec<(Value, Option<Range>)>) {
        let (left, right) = (self.get(a), self.get(b));
        saved.push((a, Some(left)));
        saved.push((b, Some(right)));
        self.set(a, Some(transfer::refine(predicate, left, right)));
        self.set(b, Some(transfer::refine(transfer::swapped(predicate), right, left)));
    }

    fn restore(&mut self, saved: Vec<(Value, Option<Range>)>) {
        // The first one saved is the oldest.
        for (value, range) in saved.into_iter().rev() {
            self.set(value, range);
        }
    }
}

fn constant(number: &Number) -> Range {
    match number {
        Number::Int(n) => Range::constant(*n),
        Number::Float(_) => Range::all(Elem::I64),
    }
}

fn joined(a: &[Option<Range>], b: &[Option<Range>]) -> Vec<Option<Range>> {
    a.iter().zip(b).map(|(a, b)| a.zip(*b).map(|(a, b)| a.join(b))).collect()
}
