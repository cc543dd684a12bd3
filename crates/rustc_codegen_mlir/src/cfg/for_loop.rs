//! Counted loops as `scf.for`.

use std::collections::BTreeSet;

use tile_ir::{Block, Elem, Op, OpKind, Type, Value};

use super::counted::Counted;
use super::index_math::Emit;
use super::loops::HeaderLoop;
use super::structure::Structurer;
use super::{Edge, Term};
use crate::errors::Result;

impl Structurer {
    /// A loop that counts, from its header's first arguments on. Returns the jump out.
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
        let bound = emit.as_index(self, bound, counted.signed);
        let bound = emit.add(self, bound, counted.offset);
        let first_index = emit.as_index(self, first, counted.signed);
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
                _ if Some(i) == counted.flag => Some(init[i]),
                _ if i == counted.counter && up => {
                    Some(inner.as_integer(self, induction, self.cfg.ty(arg).elem, counted.signed))
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
        let Some(rounds) = self.rounds(header, cycle, init) else {
            return Ok(None);
        };
        let (exit, Some(back)) = (self.exits(cycle)[0], self.back_edge(header, cycle)) else {
            return Ok(None);
        };
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
            let by = self
                .step(arg, again.args[i])
                .filter(|_| !left.contains(&arg) && matches!(self.cfg.ty(arg).elem, Elem::I32 | Elem::I64));
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
}
