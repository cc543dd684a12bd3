//! Cycles become loops.
//!
//! In order of preference: a counted loop (`scf.for`, see [`super::counted`]); a loop whose header alone decides whether
//! to go on (`scf.while` with the header as its condition part); any other loop, whose jumps out and back are first
//! joined at its end (`scf.while` with the whole body as its condition part).

use std::collections::BTreeSet;

use tile_ir::{Block, Loc, Number, Op, OpKind, Type, Value};

use super::structure::Structurer;
use super::{Edge, EdgeRef, Term};
use crate::errors::{Error, Problem, Result};

/// A loop whose header ends in the only jump out.
pub(super) struct HeaderLoop {
    /// The header.
    pub(super) header: usize,
    /// Its blocks.
    pub(super) cycle: BTreeSet<usize>,
    /// The header's condition.
    pub(super) cond: Value,
    /// Side of the header's branch that stays inside: 0 if the loop goes on while the condition is true.
    pub(super) inside: EdgeRef,
    /// The jump out.
    pub(super) exit: EdgeRef,
}

impl Structurer {
    /// Structures the cycle entered at `header`, whose arguments are bound to the first values. Returns the one jump out.
    pub(super) fn cycle(
        &mut self,
        header: usize,
        cycle: &BTreeSet<usize>,
        blocks: &mut BTreeSet<usize>,
        ops: &mut Vec<Op>,
    ) -> Result<Edge> {
        let loc = self.cfg.blocks[header].loc.clone();
        let args = self.cfg.blocks[header].args.clone();
        let init = self.resolve_all(&args);
        self.unbind(&args);
        if let Some(found) = self.header_loop(header, cycle) {
            if let Some(counted) = self.counted(&found, &init) {
                return self.for_loop(&found, &counted, &init, ops);
            }
            return self.while_loop(&found, init, ops);
        }
        if let Some(edge) = self.fixed_loop(header, cycle, &init, ops)? {
            return Ok(edge);
        }
        let exits = self.exits(cycle);
        let target = self.join(&exits, blocks, &loc).ok_or_else(|| Error::new(Problem::EndlessLoop, loc))?;
        self.general_loop(header, cycle, init, target, ops)
    }

    /// The loop, if its header ends in the only jump out.
    fn header_loop(&self, header: usize, cycle: &BTreeSet<usize>) -> Option<HeaderLoop> {
        let exits = self.exits(cycle);
        let [exit] = exits[..] else { return None };
        let Term::Branch { cond, .. } = self.cfg.blocks[header].term else {
            return None;
        };
        let inside = EdgeRef { from: header, side: 1 - exit.side };
        (exit.from == header).then(|| HeaderLoop { header, cycle: cycle.clone(), cond, inside, exit })
    }

    /// Values that `block` defines and that its successors or other blocks use.
    fn passed(&self, block: usize, cycle: &BTreeSet<usize>) -> Vec<Value> {
        let defined = |value: &Value| self.owner.get(value) == Some(&block);
        let mut used = BTreeSet::new();
        for &other in cycle {
            let other_block = &self.cfg.blocks[other];
            for edge in other_block.term.edges() {
                used.extend(edge.args.iter().copied().filter(defined));
            }
            if other == block {
                continue;
            }
            for op in &other_block.ops {
                op.kind.for_each_operand(|value| {
                    used.extend(Some(value).filter(|value| defined(value)));
                });
            }
            if let Term::Branch { cond, .. } = &other_block.term {
                used.extend(Some(*cond).filter(defined));
            }
        }
        used.into_iter().collect()
    }

    fn while_loop(&mut self, found: &HeaderLoop, init: Vec<Value>, ops: &mut Vec<Op>) -> Result<Edge> {
        let HeaderLoop { header, cycle, cond, inside, exit } = found;
        let loc = self.cfg.blocks[*header].loc.clone();
        let args = self.cfg.blocks[*header].args.clone();
        let mut before = Block { args, ops: self.block_ops(*header), yields: Vec::new() };
        let mut cond = self.resolve(*cond);
        if inside.side == 1 {
            cond = self.negate(cond, &loc, &mut before.ops);
        }
        let passed = self.passed(*header, cycle);
        before.yields = self.resolve_all(&passed);
        let mut after = Block { args: self.fresh(&passed), ..Block::default() };
        let entered = after.args.clone();
        self.bind(&passed, &entered);
        (after.ops, after.yields) = self.body(*inside, *header, cycle)?;
        let results = self.fresh(&passed);
        self.bind(&passed, &results);
        let out = self.cfg.edge(*exit).clone();
        let args = self.resolve_all(&out.args);
        ops.push(Op { kind: OpKind::While { init, before, cond, after }, results, loc });
        Ok(Edge { to: out.to, args })
    }

    /// The part of a loop after its header: from the jump `inside` back to the header. Returns operations and the
    /// header's next arguments.
    pub(super) fn body(
        &mut self,
        inside: EdgeRef,
        header: usize,
        cycle: &BTreeSet<usize>,
    ) -> Result<(Vec<Op>, Vec<Value>)> {
        let edge = self.cfg.edge(inside).clone();
        let values = self.resolve_all(&edge.args);
        if edge.to == header {
            return Ok((Vec::new(), values));
        }
        let args = self.cfg.blocks[edge.to].args.clone();
        self.bind(&args, &values);
        let rest = cycle.iter().copied().filter(|&block| block != header).collect();
        self.region(edge.to, rest, header)
    }

    /// Any loop whose jumps out go to `target`: the jumps back and out are joined in a block that says whether to go on.
    fn general_loop(
        &mut self,
        header: usize,
        cycle: &BTreeSet<usize>,
        init: Vec<Value>,
        target: usize,
        ops: &mut Vec<Op>,
    ) -> Result<Edge> {
        let loc = self.cfg.blocks[header].loc.clone();
        let next = self.cfg.blocks[header].args.clone();
        let edges: Vec<EdgeRef> = cycle.iter().flat_map(|&block| self.cfg.edges_of(block)).collect();
        // Either the next arguments or the values that leave are needed, so they share places where types allow.
        let mut types: Vec<Type> = next.iter().map(|&arg| self.cfg.ty(arg)).collect();
        let places = self.leaving_places(&edges, header, target, &mut types);
        let mut joined = vec![self.cfg.nameless(Type::BOOL)];
        joined.extend(types.iter().map(|&ty| self.cfg.nameless(ty)).collect::<Vec<_>>());
        let join = self.cfg.block(joined, loc.clone());
        for at in edges {
            let edge = self.cfg.edge(at).clone();
            let again = edge.to == header;
            if !again && edge.to != target {
                continue;
            }
            let mut values = vec![self.cfg.constant(Type::BOOL, Number::Int(i64::from(again)), &loc)];
            for (i, &ty) in types.iter().enumerate() {
                let given = if again { (i < next.len()).then_some(i) } else { places.iter().position(|&p| p == i) };
                values.push(match given {
                    Some(argument) => edge.args[argument],
                    None => self.cfg.zero(ty, &loc),
                });
            }
            *self.cfg.edge_mut(at) = Edge { to: join, args: values };
        }
        let (body, values) = self.region(header, cycle.clone(), join)?;
        let (cond, values) = (values[0], values[1..].to_vec());
        let before = Block { args: next.clone(), ops: body, yields: values.clone() };
        let mut after = Block { args: self.places(&values), ..Block::default() };
        after.yields = after.args[..next.len()].to_vec();
        let results = self.places(&values);
        let args = places.iter().map(|&place| results[place]).collect();
        ops.push(Op { kind: OpKind::While { init, before, cond, after }, results, loc });
        Ok(Edge { to: target, args })
    }

    /// The place of each value that leaves the loop among the header's arguments and new places: preferably that of
    /// the argument which it is.
    fn leaving_places(&self, edges: &[EdgeRef], header: usize, target: usize, types: &mut Vec<Type>) -> Vec<usize> {
        let next = &self.cfg.blocks[header].args;
        let left = &self.cfg.blocks[target].args;
        let mut places: Vec<Option<usize>> = vec![None; left.len()];
        for edge in edges.iter().map(|&edge| self.cfg.edge(edge)).filter(|edge| edge.to == target) {
            for (i, value) in edge.args.iter().enumerate() {
                let same = next.iter().position(|arg| arg == value).filter(|at| !places.contains(&Some(*at)));
                places[i] = places[i].or(same);
            }
        }
        for (i, &value) in left.iter().enumerate() {
            let ty = self.cfg.ty(value);
            let free = |at: &usize| types[*at] == ty && !places.contains(&Some(*at));
            let found = places[i].or_else(|| (0..types.len()).find(free));
            places[i] = Some(found.unwrap_or_else(|| {
                types.push(ty);
                types.len() - 1
            }));
        }
        places.into_iter().flatten().collect()
    }

    /// Zeros of the types of `like`.
    pub(super) fn zeros(&mut self, like: &[Value], loc: &Loc) -> Vec<Value> {
        like.iter().map(|&value| self.cfg.zero(self.cfg.ty(value), loc)).collect()
    }
}
