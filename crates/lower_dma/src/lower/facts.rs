//! What is known of a kernel before it is lowered: where tiles live, and how large they are.
//!
//! **Geometry.** In local memory a tile has rows and columns: its last dimension is the columns, the others together the rows. A tile
//! whose last dimension is 1 is one row of all its elements. Either way an element's number in row-major order is `row *
//! cols + col`.
//!
//! **Virtual and kept.** A *virtual* tile is computed where it is used, chunk by chunk. A *kept* one has a local buffer.

use std::collections::BTreeSet;

use tile_ir::analysis::Analysis;
use tile_ir::{Access, Block, Elem, Kernel, Literal, Op, OpKind, Shape, Type, Value, ViewId};

use crate::target::Target;

/// Integers up to this size are exact in `f32`.
pub(super) const EXACT: i64 = 1 << 24;

/// Rows and columns of a tile in local memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) rows: u64,
    pub(super) cols: u64,
}

/// The geometry of a shape.
pub(super) fn geometry(shape: &Shape) -> Geometry {
    match shape.dims().split_last() {
        None => Geometry { rows: 1, cols: 1 },
        Some((1, _)) => Geometry { rows: 1, cols: shape.count() },
        Some((&cols, rows)) => Geometry { rows: rows.iter().product(), cols },
    }
}

pub(super) struct Facts<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) target: &'a Target,
    pub(super) analysis: &'a Analysis,
    /// By value: the operation that defines it.
    pub(super) defs: Vec<Option<&'a Op>>,
    /// By value: whether it is kept.
    kept: Vec<bool>,
    /// By value: uses.
    pub(super) uses: Vec<u32>,
    /// Values that are the same in all programs of a launch, defined outside of loops and branches.
    pub(super) invariant: BTreeSet<Value>,
    /// Views that the kernel writes.
    pub(super) written: BTreeSet<ViewId>,
}

impl<'a> Facts<'a> {
    /// `limit`: most bytes of a tile that is kept though it could be computed again.
    pub(super) fn new(kernel: &'a Kernel, target: &'a Target, analysis: &'a Analysis, limit: u64) -> Facts<'a> {
        let count = kernel.values.len();
        let mut facts = Facts {
            kernel,
            target,
            analysis,
            defs: vec![None; count],
            kept: vec![false; count],
            uses: vec![0; count],
            invariant: BTreeSet::new(),
            written: BTreeSet::new(),
        };
        kernel.body.for_each_op(&mut |op| {
            for &result in &op.results {
                facts.defs[result.index()] = Some(op);
            }
            if let Some(view) = op.kind.view_written() {
                facts.written.insert(view);
            }
        });
        for index in 0..kernel.params.len() {
            let view = ViewId(index as u32);
            if kernel.view(view).is_some_and(|view| view.access == Access::Write) {
                facts.written.insert(view);
            }
        }
        let mut depth = vec![0; count];
        facts.block(&kernel.body, 0, &mut depth, limit);
        facts.find_invariant();
        facts
    }

    pub(super) fn ty(&self, value: Value) -> Type {
        self.kernel.ty(value)
    }

    pub(super) fn geometry(&self, value: Value) -> Geometry {
        geometry(&self.ty(value).shape)
    }

    pub(super) fn is_kept(&self, value: Value) -> bool {
        self.kept[value.index()]
    }

    /// Element type that holds a value's elements in local memory. Integers that are exact in `f32` are held so where the vector unit
    /// has no integers.
    pub(super) fn held(&self, value: Value) -> Elem {
        let elem = self.ty(value).elem;
        let within = |least: i64, most: i64| {
            self.analysis.range(value).is_some_and(|range| range.lo() >= least && range.hi() <= most)
        };
        match elem {
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 => Elem::F32,
            Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index
                if self.target.binary_i32.is_empty() && within(-EXACT, EXACT) =>
            {
                Elem::F32
            }
            Elem::I8 | Elem::I32 => Elem::I32,
            Elem::I64 | Elem::Index if within(i32::MIN.into(), i32::MAX.into()) => Elem::I32,
            Elem::I64 | Elem::Index => Elem::I64,
        }
    }

    fn bytes(&self, value: Value) -> u64 {
        let Geometry { rows, cols } = self.geometry(value);
        let held = self.held(value);
        self.target.bytes(held, rows.saturating_mul(self.target.pitch(held, cols)))
    }

    fn keep(&mut self, value: Value) {
        if !self.ty(value).is_scalar() && !self.is_splat(value) {
            self.kept[value.index()] = true;
        }
    }

    /// Whether all elements are one number that costs nothing.
    pub(super) fn is_splat(&self, value: Value) -> bool {
        match self.defs[value.index()].map(|op| &op.kind) {
            Some(OpKind::Constant(Literal::Splat(_))) => true,
            Some(OpKind::Broadcast(from) | OpKind::Reshape(from)) => self.ty(*from).is_scalar() || self.is_splat(*from),
            Some(OpKind::Slice { value, .. } | OpKind::Transpose { value, .. }) => self.is_splat(*value),
            Some(_) | None => false,
        }
    }

    /// The tile whose elements a broadcast repeats.
    fn spread_from(&self, value: Value) -> Option<Value> {
        match self.defs[value.index()].map(|op| &op.kind) {
            Some(OpKind::Broadcast(from)) if !self.ty(*from).is_scalar() => Some(*from),
            Some(_) | None => None,
        }
    }

    /// Decides for the operations of a block, which is `level` loops deep.
    fn block(&mut self, block: &'a Block, level: u32, depth: &mut Vec<u32>, limit: u64) {
        for &arg in &block.args {
            depth[arg.index()] = level;
            self.keep(arg);
        }
        for op in &block.ops {
            for &result in &op.results {
                depth[result.index()] = level;
            }
            self.op(op, limit);
            op.kind.for_each_operand(|value| self.used(value, level, depth, limit));
            for inner in op.kind.blocks() {
                let inner_level = if matches!(op.kind, OpKind::If { .. }) { level } else { level + 1 };
                self.block(inner, inner_level, depth, limit);
            }
        }
        block.yields.iter().for_each(|&value| self.used(value, level, depth, limit));
    }

    fn used(&mut self, value: Value, level: u32, depth: &[u32], limit: u64) {
        self.uses[value.index()] += 1;
        let again = self.uses[value.index()] > 1 || level > depth[value.index()];
        if again && self.is_worth_keeping(value) && self.bytes(value) <= limit {
            self.keep(value);
        }
    }

    /// Whether computing it again costs something.
    fn is_worth_keeping(&self, value: Value) -> bool {
        match self.defs[value.index()].map(|op| &op.kind) {
            Some(OpKind::Broadcast(_) | OpKind::CreateMask { .. } | OpKind::Slice { .. }) => false,
            Some(OpKind::Reshape(from)) => !self.same_geometry(*from, value),
            Some(_) | None => true,
        }
    }

    pub(super) fn same_geometry(&self, x: Value, y: Value) -> bool {
        self.geometry(x) == self.geometry(y)
    }

    /// What must be kept because of what `op` is.
    fn op(&mut self, op: &'a Op, limit: u64) {
        let result = op.results.first().copied();
        match &op.kind {
            OpKind::Constant(Literal::Iota { .. } | Literal::Dense(_))
            | OpKind::Reduce { .. }
            | OpKind::Gather { .. } => {
                op.results.iter().for_each(|&value| self.keep(value));
            }
            OpKind::Contract { lhs, rhs, .. } => {
                op.results.iter().for_each(|&value| self.keep(value));
                // One operand is needed as a whole: the smaller one, so that it is there once for all programs.
                let size = |value: &Value| self.ty(*value).shape.count();
                let smaller = if size(rhs) < size(lhs) { *rhs } else { *lhs };
                if self.bytes(smaller) <= limit && self.is_worth_keeping(smaller) {
                    self.keep(smaller);
                }
            }
            OpKind::Transpose { value, .. } | OpKind::Extract { value, .. } => {
                self.keep(*value);
                op.results.iter().for_each(|&value| self.keep(value));
            }
            OpKind::InsertSlice { .. } | OpKind::Insert { .. } => {
                op.results.iter().for_each(|&value| self.keep(value));
            }
            OpKind::Slice { value, .. } => {
                self.keep(*value);
                if let Some(result) = result
                    && self.bytes(result) <= limit
                {
                    self.keep(result);
                }
            }
            OpKind::Broadcast(from) => {
                let to = result.unwrap_or(*from);
                if !self.ty(*from).is_scalar() && !self.is_splat(*from) && !self.same_geometry(*from, to) {
                    self.keep(*from);
                }
            }
            OpKind::Reshape(from) => {
                if let Some(to) = result
                    && !self.is_splat(*from)
                    && !self.same_geometry(*from, to)
                {
                    match self.spread_from(*from) {
                        // Both are large, and all their elements are in a smaller tile.
                        Some(source) if self.bytes(*from).max(self.bytes(to)) > limit => self.keep(source),
                        Some(_) | None => {
                            self.keep(*from);
                            self.keep(to);
                        }
                    }
                }
            }
            OpKind::Load { view, .. } => {
                if let Some(result) = result
                    && (self.written.contains(view) || !super::memory::is_chunked(self, op))
                {
                    self.keep(result);
                }
            }
            OpKind::CreateMask { .. }
            | OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(Literal::Splat(_))
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. } => {}
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => {
                op.results.iter().for_each(|&value| self.keep(value));
            }
        }
    }

    fn find_invariant(&mut self) {
        for param in &self.kernel.params {
            if let tile_ir::ParamKind::Scalar(scalar) = &param.kind {
                self.invariant.insert(scalar.value);
            }
        }
        for op in &self.kernel.body.ops {
            let pure = match &op.kind {
                OpKind::ProgramId(_)
                | OpKind::Store { .. }
                | OpKind::StoreScalar { .. }
                | OpKind::For { .. }
                | OpKind::While { .. }
                | OpKind::If { .. } => false,
                OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } | OpKind::Gather { view, .. } => {
                    !self.written.contains(view)
                }
                OpKind::Binary(..) | OpKind::Extract { .. } | OpKind::Insert { .. } => true,
                OpKind::NumPrograms(_)
                | OpKind::Constant(_)
                | OpKind::Unary(..)
                | OpKind::Fma(..)
                | OpKind::Compare(..)
                | OpKind::Select { .. }
                | OpKind::Cast(..)
                | OpKind::Broadcast(_)
                | OpKind::Reshape(_)
                | OpKind::Transpose { .. }
                | OpKind::Slice { .. }
                | OpKind::InsertSlice { .. }
                | OpKind::Reduce { .. }
                | OpKind::Contract { .. }
                | OpKind::CreateMask { .. } => true,
            };
            if pure && op.kind.operands().iter().all(|value| self.invariant.contains(value)) {
                self.invariant.extend(op.results.iter().copied());
            }
        }
    }
}
