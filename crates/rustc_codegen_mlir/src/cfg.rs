//! A kernel as blocks and jumps: lifted operations, not yet structured.
//!
//! Phis are block arguments. [`structure`] turns this into nested loops and branches.

mod counted;
pub(crate) mod dead;
mod for_loop;
pub(crate) mod graph;
mod index_math;
mod loops;
mod mux;
mod predicates;
pub(crate) mod structure;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tile_ir::{Literal, Loc, Number, Op, OpKind, Type, Value};

use self::graph::Graph;

/// A jump with the values of the target's arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edge {
    /// Target block.
    pub(crate) to: usize,
    /// One per argument of the target.
    pub(crate) args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// One successor.
    Jump(Edge),
    /// Two successors; `cond` is an `i1` scalar.
    Branch {
        /// Condition.
        cond: Value,
        /// Taken if true.
        then: Edge,
        /// Taken if false.
        otherwise: Edge,
    },
    /// The kernel ends.
    Return,
    /// Never reached.
    Unreachable,
}

/// A block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// Values defined at entry.
    pub(crate) args: Vec<Value>,
    /// Straight-line operations.
    pub(crate) ops: Vec<Op>,
    /// End.
    pub(crate) term: Term,
    /// Place of the end: of the `if` or the loop it becomes.
    pub(crate) loc: Loc,
}

/// Names an edge of the graph: a block and which of its successors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EdgeRef {
    /// Source block.
    pub(crate) from: usize,
    /// 0 for a jump or the true side, 1 for the false side.
    pub(crate) side: usize,
}

/// Blocks, values and constants of one kernel. Block 0 is the entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cfg {
    /// Blocks.
    pub(crate) blocks: Vec<Block>,
    /// Type of every value.
    pub(crate) types: Vec<Type>,
    /// Constants, in order of first use; they are valid everywhere.
    pub(crate) constants: Vec<Op>,
    /// The user's variables that hold values.
    pub(crate) names: BTreeMap<Value, Arc<str>>,
    /// Places that different variables share.
    nameless: BTreeSet<Value>,
    known: HashMap<(Type, u64), Value>,
}

impl Term {
    /// The edges, in the order of [`EdgeRef::side`].
    pub(crate) fn edges(&self) -> Vec<&Edge> {
        match self {
            Term::Jump(edge) => vec![edge],
            Term::Branch { then, otherwise, .. } => vec![then, otherwise],
            Term::Return | Term::Unreachable => Vec::new(),
        }
    }

    fn edges_mut(&mut self) -> Vec<&mut Edge> {
        match self {
            Term::Jump(edge) => vec![edge],
            Term::Branch { then, otherwise, .. } => vec![then, otherwise],
            Term::Return | Term::Unreachable => Vec::new(),
        }
    }
}

impl Cfg {
    /// A new value.
    pub(crate) fn value(&mut self, ty: Type) -> Value {
        self.types.push(ty);
        Value((self.types.len() - 1) as u32)
    }

    /// Type of a value.
    pub(crate) fn ty(&self, value: Value) -> Type {
        self.types[value.index()]
    }

    /// A new value for whatever comes by: it never gets a name.
    pub(crate) fn nameless(&mut self, ty: Type) -> Value {
        let value = self.value(ty);
        self.nameless.insert(value);
        value
    }

    /// Names a value, unless it has a name, is a constant or a place that different variables share.
    pub(crate) fn name(&mut self, value: Value, name: &Arc<str>) {
        if !self.nameless.contains(&value) && self.number(value).is_none() {
            self.names.entry(value).or_insert_with(|| name.clone());
        }
    }

    /// `to` stands for `from` from now on: the variable that held one holds the other.
    pub(crate) fn pass_name(&mut self, from: Value, to: Value) {
        if self.nameless.contains(&from) && !self.names.contains_key(&to) {
            self.nameless.insert(to);
        }
        if let Some(name) = self.names.get(&from).cloned() {
            self.name(to, &name);
        }
    }

    /// A new block that ends nowhere yet.
    pub(crate) fn block(&mut self, args: Vec<Value>, loc: Loc) -> usize {
        self.blocks.push(Block { args, ops: Vec::new(), term: Term::Unreachable, loc });
        self.blocks.len() - 1
    }

    /// A constant scalar, or a tile with every element equal; one value per type and number.
    pub(crate) fn constant(&mut self, ty: Type, number: Number, loc: &Loc) -> Value {
        let bits = match number {
            Number::Float(float) => u64::from(float.to_bits()),
            Number::Int(int) => int as u64,
        };
        if let Some(&value) = self.known.get(&(ty, bits)) {
            return value;
        }
        let value = self.value(ty);
        let kind = OpKind::Constant(Literal::Splat(number));
        self.constants.push(Op { kind, results: vec![value], loc: loc.clone() });
        self.known.insert((ty, bits), value);
        value
    }

    /// The zero of a type.
    pub(crate) fn zero(&mut self, ty: Type, loc: &Loc) -> Value {
        let number = if ty.elem.is_float() { Number::Float(0.0) } else { Number::Int(0) };
        self.constant(ty, number, loc)
    }

    /// The edge.
    pub(crate) fn edge(&self, edge: EdgeRef) -> &Edge {
        self.blocks[edge.from].term.edges()[edge.side]
    }

    /// The edge, to change it.
    pub(crate) fn edge_mut(&mut self, edge: EdgeRef) -> &mut Edge {
        self.blocks[edge.from].term.edges_mut().swap_remove(edge.side)
    }

    /// Edges that leave a block.
    pub(crate) fn edges_of(&self, from: usize) -> impl Iterator<Item = EdgeRef> + use<> {
        (0..self.blocks[from].term.edges().len()).map(move |side| EdgeRef { from, side })
    }

    /// The graph of blocks.
    pub(crate) fn graph(&self) -> Graph {
        let successors = self.blocks.iter().map(|block| block.term.edges().iter().map(|edge| edge.to).collect());
        Graph::new(successors.collect())
    }

    /// The number a value is, if it is a constant scalar or splat.
    pub(crate) fn number(&self, value: Value) -> Option<Number> {
        self.constants.iter().find(|op| op.results.first() == Some(&value)).and_then(|op| match &op.kind {
            OpKind::Constant(Literal::Splat(number)) => Some(*number),
            _ => None,
        })
    }

    /// The integer a value is, if it is a constant integer.
    pub(crate) fn integer(&self, value: Value) -> Option<i64> {
        match self.number(value)? {
            Number::Int(int) => Some(int),
            Number::Float(_) => None,
        }
    }
}
