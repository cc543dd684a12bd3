//! From jumps to nested loops and branches.
//!
//! A region is a set of blocks with one entry whose jumps out all go to one block. Starting at the entry, straight-line
//! blocks are appended; a branch becomes an `if` whose sides are the blocks that only that side reaches; a cycle becomes
//! a loop. Where the jumps out of an `if` or a loop go to several blocks, they are first joined by a multiplexer
//! ([`super::mux`]), which then branches again. Every step removes blocks from what is left, so this ends.

use std::collections::{BTreeSet, HashMap};

use tile_ir::{BinaryOp, Block, Loc, MAX_NESTING, Number, Op, OpKind, Type, Value};

use super::{Cfg, Edge, EdgeRef, Term, predicates};
use crate::errors::{Error, Problem, Result};

/// Structures a kernel. Returns its body without the constants, which stay in [`Cfg::constants`].
///
/// # Errors
/// A loop that cannot be left, or that is entered in two places.
pub(crate) fn structure(mut cfg: Cfg) -> Result<(Cfg, Vec<Op>)> {
    check_reducible(&cfg)?;
    let end = cfg.block(Vec::new(), Loc::Unknown);
    for block in &mut cfg.blocks[..end] {
        if block.term == Term::Return {
            block.term = Term::Jump(Edge { to: end, args: Vec::new() });
        }
    }
    let blocks = (0..end).collect();
    let mut structurer = Structurer { owner: owners(&cfg), cfg, replaced: HashMap::new(), depth: 0 };
    let (ops, _) = structurer.region(0, blocks, end)?;
    Ok((structurer.cfg, ops))
}

/// Every jump backwards must go to a block that dominates it.
fn check_reducible(cfg: &Cfg) -> Result<()> {
    let graph = cfg.graph();
    let order = graph.reverse_postorder(0);
    let dominators = graph.dominators(0);
    let position: HashMap<usize, usize> = order.iter().enumerate().map(|(i, &node)| (node, i)).collect();
    for &from in &order {
        for &to in graph.successors(from) {
            if position[&to] <= position[&from] && !dominators.dominates(to, from) {
                return Err(Error::new(Problem::TwoEntryLoop, cfg.blocks[from].loc.clone()));
            }
        }
    }
    Ok(())
}

/// The block that defines each value.
fn owners(cfg: &Cfg) -> HashMap<Value, usize> {
    let mut owner = HashMap::new();
    for (i, block) in cfg.blocks.iter().enumerate() {
        let results = block.ops.iter().flat_map(|op| &op.results);
        owner.extend(block.args.iter().chain(results).map(|&value| (value, i)));
    }
    owner
}

pub(super) struct Structurer {
    pub(super) cfg: Cfg,
    /// Block that defines a value of the unstructured kernel.
    pub(super) owner: HashMap<Value, usize>,
    /// What stands for a value where it is used next.
    replaced: HashMap<Value, Value>,
    /// Loops and branches around what is being structured.
    depth: usize,
}

impl Structurer {
    /// What stands for `value` here.
    pub(super) fn resolve(&self, value: Value) -> Value {
        let mut at = value;
        while let Some(&next) = self.replaced.get(&at) {
            at = next;
        }
        at
    }

    pub(super) fn resolve_all(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|&value| self.resolve(value)).collect()
    }

    /// From now on `values` stand for `args`. The values are resolved already.
    pub(super) fn bind(&mut self, args: &[Value], values: &[Value]) {
        for (&arg, &value) in args.iter().zip(values) {
            if arg != value {
                self.replaced.insert(arg, value);
                self.cfg.pass_name(arg, value);
            }
        }
    }

    /// From now on `args` stand for themselves.
    pub(super) fn unbind(&mut self, args: &[Value]) {
        for arg in args {
            self.replaced.remove(arg);
        }
    }

    /// New values of the same types and names.
    pub(super) fn fresh(&mut self, like: &[Value]) -> Vec<Value> {
        let fresh = |&value: &Value| {
            let new = self.cfg.value(self.cfg.ty(value));
            self.cfg.pass_name(value, new);
            new
        };
        like.iter().map(fresh).collect()
    }

    /// New values of the same types, for whatever comes by.
    pub(super) fn places(&mut self, like: &[Value]) -> Vec<Value> {
        like.iter().map(|&value| self.cfg.nameless(self.cfg.ty(value))).collect()
    }

    /// Operations of a block, with what stands for their operands.
    pub(super) fn block_ops(&self, block: usize) -> Vec<Op> {
        let mut ops = self.cfg.blocks[block].ops.clone();
        for op in &mut ops {
            op.kind.map_operands(|value| self.resolve(value));
        }
        ops
    }

    /// Structures the region of `blocks` entered at `entry`, whose arguments are bound, up to the jumps to `out`.
    /// Returns its operations and the values of `out`'s arguments.
    ///
    /// # Errors
    /// Those of [`structure`], and nesting deeper than the IR allows.
    pub(super) fn region(
        &mut self,
        entry: usize,
        blocks: BTreeSet<usize>,
        out: usize,
    ) -> Result<(Vec<Op>, Vec<Value>)> {
        // The kernel itself is the first region.
        if self.depth > MAX_NESTING {
            return Err(Error::new(Problem::Nesting, self.cfg.blocks[entry].loc.clone()));
        }
        self.depth += 1;
        let result = self.sequence(entry, blocks, out);
        self.depth -= 1;
        result
    }

    fn sequence(&mut self, entry: usize, mut blocks: BTreeSet<usize>, out: usize) -> Result<(Vec<Op>, Vec<Value>)> {
        let mut ops = Vec::new();
        let mut at = entry;
        loop {
            let cycle = self.cfg.graph().cycle_of(at, &blocks);
            let next = if cycle.is_empty() {
                ops.extend(self.block_ops(at));
                match self.cfg.blocks[at].term.clone() {
                    Term::Jump(edge) => Some(Edge { to: edge.to, args: self.resolve_all(&edge.args) }),
                    Term::Branch { cond, .. } => self.branch(at, cond, &mut blocks, &mut ops)?,
                    Term::Return | Term::Unreachable => None,
                }
            } else {
                Some(self.cycle(at, &cycle, &mut blocks, &mut ops)?)
            };
            match next {
                // Control never gets to `out`, so any value will do.
                None => {
                    let args = self.cfg.blocks[out].args.clone();
                    let types: Vec<Type> = args.into_iter().map(|arg| self.cfg.ty(arg)).collect();
                    let values = types.into_iter().map(|ty| self.cfg.zero(ty, &Loc::Unknown)).collect();
                    return Ok((ops, values));
                }
                Some(edge) if edge.to == out => return Ok((ops, edge.args)),
                Some(edge) => {
                    let args = self.cfg.blocks[edge.to].args.clone();
                    self.bind(&args, &edge.args);
                    at = edge.to;
                }
            }
        }
    }

    /// Jumps from `inside` to other blocks.
    pub(super) fn exits(&self, inside: &BTreeSet<usize>) -> Vec<EdgeRef> {
        let edges = inside.iter().flat_map(|&block| self.cfg.edges_of(block));
        edges.filter(|&edge| !inside.contains(&self.cfg.edge(edge).to)).collect()
    }

    /// Joins `edges` if they go to several blocks. Returns the one target, or `None` if there are no edges.
    pub(super) fn join(&mut self, edges: &[EdgeRef], blocks: &mut BTreeSet<usize>, loc: &Loc) -> Option<usize> {
        let mut targets: Vec<usize> = Vec::new();
        for &edge in edges {
            let to = self.cfg.edge(edge).to;
            if !targets.contains(&to) {
                targets.push(to);
            }
        }
        if targets.len() < 2 {
            return targets.pop();
        }
        let (mux, made) = self.cfg.multiplex(edges, &targets, loc);
        for &block in &made {
            self.own(block);
        }
        blocks.extend(made);
        Some(mux)
    }

    /// Records what a new block defines.
    pub(super) fn own(&mut self, block: usize) {
        let new = &self.cfg.blocks[block];
        let results = new.ops.iter().flat_map(|op| &op.results);
        self.owner.extend(new.args.iter().chain(results).map(|&value| (value, block)));
    }

    /// Structures the branch that ends `at`. Returns where control goes on, with resolved values.
    fn branch(
        &mut self,
        at: usize,
        cond: Value,
        blocks: &mut BTreeSet<usize>,
        ops: &mut Vec<Op>,
    ) -> Result<Option<Edge>> {
        let loc = self.cfg.blocks[at].loc.clone();
        let sides = [EdgeRef { from: at, side: 0 }, EdgeRef { from: at, side: 1 }];
        let parts = self.sides(at, sides, blocks);
        let mut leaving = Vec::new();
        for (edge, part) in sides.into_iter().zip(&parts) {
            if part.is_empty() {
                leaving.push(edge);
            } else {
                leaving.extend(self.exits(part));
            }
        }
        let target = self.join(&leaving, blocks, &loc);
        let cond = self.resolve(cond);
        let mut arms = Vec::new();
        for (edge, part) in sides.into_iter().zip(parts) {
            let edge = self.cfg.edge(edge).clone();
            let values = self.resolve_all(&edge.args);
            if part.is_empty() {
                arms.push((Vec::new(), values));
            } else {
                let args = self.cfg.blocks[edge.to].args.clone();
                self.bind(&args, &values);
                // Without a target nothing leaves the part, and any block without arguments stands for it.
                let out = target.unwrap_or(at);
                let (ops, values) = self.region(edge.to, part, out)?;
                arms.push((ops, if target.is_some() { values } else { Vec::new() }));
            }
        }
        let (Some((else_ops, else_values)), Some((then_ops, then_values))) = (arms.pop(), arms.pop()) else {
            return Ok(None);
        };
        let then = Block { args: Vec::new(), ops: then_ops, yields: then_values };
        let otherwise = Block { args: Vec::new(), ops: else_ops, yields: else_values };
        let values = self.join_values(cond, then, otherwise, &loc, ops);
        Ok(target.map(|to| Edge { to, args: values }))
    }

    /// For each side of the branch at `at`: the blocks that only it leads to.
    fn sides(&self, at: usize, sides: [EdgeRef; 2], blocks: &BTreeSet<usize>) -> [BTreeSet<usize>; 2] {
        let graph = self.cfg.graph().restricted(blocks, None);
        let dominators = graph.dominators(at);
        let predecessors = graph.predecessors();
        let [first, second] = sides.map(|edge| self.cfg.edge(edge).to);
        let part = |to: usize, other: usize| {
            let mut from = predecessors[to].iter().filter(|&&p| dominators.contains(p));
            let own = blocks.contains(&to) && to != other && from.all(|&p| p == at || dominators.dominates(to, p));
            if own {
                blocks.iter().copied().filter(|&b| dominators.dominates(to, b)).collect()
            } else {
                BTreeSet::new()
            }
        };
        [part(first, second), part(second, first)]
    }

    /// Emits the `if`, or selects where neither side does anything. Returns the values after it.
    fn join_values(&mut self, cond: Value, then: Block, otherwise: Block, loc: &Loc, ops: &mut Vec<Op>) -> Vec<Value> {
        let (mut then, mut otherwise) = (then, otherwise);
        let pairs: Vec<(Value, Value)> = then.yields.iter().copied().zip(otherwise.yields.iter().copied()).collect();
        let idle = then.ops.is_empty() && otherwise.ops.is_empty();
        let mut values = Vec::new();
        let mut results = Vec::new();
        then.yields.clear();
        otherwise.yields.clear();
        for (on_true, on_false) in pairs {
            // A value that both sides hand over is defined before the branch.
            if on_true == on_false {
                values.push(on_true);
                continue;
            }
            if let Some(value) = self.truth(cond, on_true, on_false, loc, ops) {
                values.push(value);
                continue;
            }
            let result = self.cfg.value(self.cfg.ty(on_true));
            values.push(result);
            if idle {
                let kind = OpKind::Select { cond, on_true, on_false };
                ops.push(Op { kind, results: vec![result], loc: loc.clone() });
            } else {
                results.push(result);
                then.yields.push(on_true);
                otherwise.yields.push(on_false);
            }
        }
        if !idle {
            let (mut cond, idle_then) = (cond, then.ops.is_empty() && results.is_empty());
            if idle_then {
                cond = self.negate(cond, loc, ops);
                std::mem::swap(&mut then, &mut otherwise);
            }
            ops.push(Op { kind: OpKind::If { cond, then, otherwise }, results, loc: loc.clone() });
        }
        values
    }

    /// `cond ? true : false` is `cond`, and the other way round its negation.
    fn truth(&mut self, cond: Value, on_true: Value, on_false: Value, loc: &Loc, ops: &mut Vec<Op>) -> Option<Value> {
        if self.cfg.ty(on_true) != Type::BOOL {
            return None;
        }
        match (self.cfg.integer(on_true)?, self.cfg.integer(on_false)?) {
            (0, 0) | (1, 1) => None,
            (0, _) => Some(self.negate(cond, loc, ops)),
            (_, _) => Some(cond),
        }
    }

    /// `!cond`; integer comparisons are turned round instead.
    pub(super) fn negate(&mut self, cond: Value, loc: &Loc, ops: &mut Vec<Op>) -> Value {
        let compare = ops.iter().rev().find(|op| op.results.first() == Some(&cond));
        let kind = match compare.map(|op| &op.kind) {
            Some(OpKind::Compare(predicate, a, b)) if !predicates::is_float(*predicate) => {
                OpKind::Compare(predicates::inverse(*predicate), *a, *b)
            }
            _ => {
                let truth = self.cfg.constant(Type::BOOL, Number::Int(1), loc);
                OpKind::Binary(BinaryOp::Xor, cond, truth)
            }
        };
        let result = self.cfg.value(Type::BOOL);
        ops.push(Op { kind, results: vec![result], loc: loc.clone() });
        result
    }
}
