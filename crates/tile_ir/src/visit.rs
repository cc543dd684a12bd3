//! Walks over operations and the values they use.

use crate::op::{Block, Index, Op, OpKind, Value, ViewId};

/// Calls `$f` on every operand of `$kind`, shared or mutable by the borrow of `$kind`: one list for both.
macro_rules! each_operand {
    ($kind:expr, $f:expr) => {
        match $kind {
            OpKind::ProgramId(_) | OpKind::NumPrograms(_) | OpKind::Constant(_) => {}
            OpKind::Unary(_, a) | OpKind::Cast(_, a) | OpKind::Broadcast(a) | OpKind::Reshape(a) => $f(a),
            OpKind::Transpose { value: a, perm: _ } | OpKind::Slice { value: a, offsets: _ } => $f(a),
            OpKind::Binary(_, a, b) | OpKind::Compare(_, a, b) => {
                $f(a);
                $f(b);
            }
            OpKind::Fma(a, b, c) | OpKind::Select { cond: a, on_true: b, on_false: c } => {
                $f(a);
                $f(b);
                $f(c);
            }
            OpKind::InsertSlice { value, into, offsets: _ } => {
                $f(value);
                $f(into);
            }
            OpKind::Extract { value, indices } => {
                $f(value);
                for index in indices {
                    if let Index::Dynamic(index) = index {
                        $f(index);
                    }
                }
            }
            OpKind::Insert { value, into, indices } => {
                $f(value);
                $f(into);
                for index in indices {
                    if let Index::Dynamic(index) = index {
                        $f(index);
                    }
                }
            }
            OpKind::Reduce { op: _, value, acc, dims: _ } => {
                $f(value);
                $f(acc);
            }
            OpKind::Contract { lhs, rhs, acc, spec: _ } => {
                $f(lhs);
                $f(rhs);
                $f(acc);
            }
            OpKind::CreateMask { bounds } => {
                for bound in bounds {
                    if let Index::Dynamic(bound) = bound {
                        $f(bound);
                    }
                }
            }
            OpKind::Load { view: _, indices, pad, mask, in_bounds: _ } => {
                for index in indices {
                    $f(index);
                }
                $f(pad);
                if let Some(mask) = mask {
                    $f(mask);
                }
            }
            OpKind::Store { view: _, value, indices, mask, in_bounds: _ } => {
                $f(value);
                for index in indices {
                    $f(index);
                }
                if let Some(mask) = mask {
                    $f(mask);
                }
            }
            OpKind::LoadScalar { view: _, indices } => {
                for index in indices {
                    $f(index);
                }
            }
            OpKind::StoreScalar { view: _, value, indices } => {
                $f(value);
                for index in indices {
                    $f(index);
                }
            }
            OpKind::Gather { view: _, offsets, mask, passthru } => {
                $f(offsets);
                $f(mask);
                $f(passthru);
            }
            OpKind::For { lower, upper, step, init, body: _ } => {
                $f(lower);
                $f(upper);
                $f(step);
                for value in init {
                    $f(value);
                }
            }
            OpKind::While { init, before: _, cond: _, after: _ } => {
                for value in init {
                    $f(value);
                }
            }
            OpKind::If { cond, then: _, otherwise: _ } => $f(cond),
        }
    };
}

/// The view that `$kind` accesses, shared or mutable by the borrow of `$kind`, and whether it is written: one list for both.
macro_rules! accessed_view {
    ($kind:expr) => {
        match $kind {
            OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } | OpKind::Gather { view, .. } => {
                Some((view, false))
            }
            OpKind::Store { view, .. } | OpKind::StoreScalar { view, .. } => Some((view, true)),
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => None,
        }
    };
}

impl OpKind {
    /// The view that the operation itself accesses; its regions may access others.
    pub fn view(&self) -> Option<ViewId> {
        accessed_view!(self).map(|(view, _)| *view)
    }

    /// As [`OpKind::view`], to change it.
    pub fn view_mut(&mut self) -> Option<&mut ViewId> {
        accessed_view!(self).map(|(view, _)| view)
    }

    /// The view that the operation itself reads.
    pub fn view_read(&self) -> Option<ViewId> {
        accessed_view!(self).filter(|(_, written)| !written).map(|(view, _)| *view)
    }

    /// The view that the operation itself writes.
    pub fn view_written(&self) -> Option<ViewId> {
        accessed_view!(self).filter(|(_, written)| *written).map(|(view, _)| *view)
    }

    /// Values read when the operation begins, in written order. What its regions use (their yields and a `While`'s
    /// condition included) is not among them: see [`Op::for_each_use`].
    pub fn operands(&self) -> Vec<Value> {
        let mut operands = Vec::new();
        self.for_each_operand(|value| operands.push(value));
        operands
    }

    /// Calls `f` on every one of [`OpKind::operands`].
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        let mut f = |value: &Value| f(*value);
        each_operand!(self, f);
    }

    /// Replaces every one of [`OpKind::operands`].
    pub fn map_operands(&mut self, mut f: impl FnMut(Value) -> Value) {
        let mut f = |value: &mut Value| *value = f(*value);
        each_operand!(self, f);
    }

    /// The regions, in execution order.
    pub fn blocks(&self) -> Vec<&Block> {
        match self {
            OpKind::For { body, .. } => vec![body],
            OpKind::While { before, after, .. } => vec![before, after],
            OpKind::If { then, otherwise, .. } => vec![then, otherwise],
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. } => Vec::new(),
        }
    }

    /// The regions, to change them.
    pub fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            OpKind::For { body, .. } => vec![body],
            OpKind::While { before, after, .. } => vec![before, after],
            OpKind::If { then, otherwise, .. } => vec![then, otherwise],
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. } => Vec::new(),
        }
    }
}

impl Op {
    /// Calls `f` on every value the operation uses, those inside its regions included (with repeats).
    pub fn for_each_use(&self, f: &mut dyn FnMut(Value)) {
        self.kind.for_each_operand(&mut *f);
        if let OpKind::While { cond, .. } = &self.kind {
            f(*cond);
        }
        for block in self.kind.blocks() {
            block.for_each_use(f);
        }
    }

    /// Replaces every value the operation uses, those inside its regions included. Definitions stay.
    pub fn map_uses(&mut self, f: &mut dyn FnMut(Value) -> Value) {
        self.kind.map_operands(&mut *f);
        if let OpKind::While { cond, .. } = &mut self.kind {
            *cond = f(*cond);
        }
        for block in self.kind.blocks_mut() {
            block.map_uses(f);
        }
    }
}

impl Block {
    /// Calls `f` on every operation, an operation before those in its regions.
    pub fn for_each_op<'a>(&'a self, f: &mut dyn FnMut(&'a Op)) {
        for op in &self.ops {
            f(op);
            for block in op.kind.blocks() {
                block.for_each_op(f);
            }
        }
    }

    /// Calls `f` on every operation to change it, an operation before those in its regions.
    pub fn for_each_op_mut(&mut self, f: &mut dyn FnMut(&mut Op)) {
        for op in &mut self.ops {
            f(op);
            for block in op.kind.blocks_mut() {
                block.for_each_op_mut(f);
            }
        }
    }

    /// Calls `f` on every value used in the block, its yields included.
    pub fn for_each_use(&self, f: &mut dyn FnMut(Value)) {
        for op in &self.ops {
            op.for_each_use(f);
        }
        for &value in &self.yields {
            f(value);
        }
    }

    /// Replaces every value used in the block, its yields included.
    pub fn map_uses(&mut self, f: &mut dyn FnMut(Value) -> Value) {
        for op in &mut self.ops {
            op.map_uses(f);
        }
        for value in &mut self.yields {
            *value = f(*value);
        }
    }
}
