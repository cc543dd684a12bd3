//! Chooses between computing a tile where it is used and keeping it, by estimated work.

use std::collections::BTreeSet;

use tile_ir::{BinaryOp, Block, Elem, Kernel, Literal, Op, OpKind, ParamKind, UnaryOp, Value, ViewId};

use super::{Buffer, BufferId, Place, Plan, tile_bytes};
use crate::limits::MAX_OPTIONAL_TILE_BYTES;

/// Estimated trips of a loop, and of one level of nesting.
const TRIPS: f64 = 16.0;
/// Rows of a product that share one evaluation of the other operand.
const SHARED: f64 = 4.0;

struct Costs<'a> {
    kernel: &'a Kernel,
    /// By value: loop depth of its definition.
    depth: Vec<i32>,
    /// By value: work per element if every operand that may be virtual is.
    weight: Vec<f64>,
    /// By value: times an element is needed, summed over all elements, per execution of its block.
    evals: Vec<f64>,
    /// Views the kernel stores to.
    stored: BTreeSet<ViewId>,
}

/// Fills [`Plan::places`], [`Plan::buffers`] (without offsets) and [`Plan::carries`].
pub(super) fn place(kernel: &Kernel, plan: &mut Plan<'_>) {
    let n = kernel.values.len();
    let mut stored = BTreeSet::new();
    kernel.body.for_each_op(&mut |op| stored.extend(op.kind.view_written()));
    let mut costs = Costs { kernel, depth: vec![0; n], weight: vec![1.0; n], evals: vec![0.0; n], stored };
    for param in &kernel.params {
        if let ParamKind::Scalar(scalar) = &param.kind {
            plan.places[scalar.value.index()] = Place::Scalar;
        }
    }
    costs.forward(&kernel.body, 0);
    costs.block(plan, &kernel.body, 0);
}

pub(super) fn new_buffer(kernel: &Kernel, plan: &mut Plan<'_>, value: Value) -> BufferId {
    plan.buffers.push(Buffer { bytes: tile_bytes(kernel, value), offset: 0 });
    BufferId(plan.buffers.len() - 1)
}

impl Costs<'_> {
    fn count(&self, value: Value) -> f64 {
        self.kernel.ty(value).shape.count() as f64
    }

    fn single(&self, value: Value) -> bool {
        self.kernel.ty(value).shape.count() == 1
    }

    /// Depths and weights.
    fn forward(&mut self, block: &Block, depth: i32) {
        for arg in &block.args {
            self.depth[arg.index()] = depth;
        }
        for op in &block.ops {
            for result in &op.results {
                self.depth[result.index()] = depth;
                self.weight[result.index()] =
                    if self.single(*result) || self.must_keep(&op.kind) { 1.0 } else { self.work(op).min(1e6) };
            }
            for inner in op.kind.blocks() {
                self.forward(inner, depth + 1);
            }
        }
    }

    /// Work per element of the result, operands included.
    fn work(&self, op: &Op) -> f64 {
        let own = match &op.kind {
            OpKind::Constant(Literal::Splat(_)) => 0.0,
            OpKind::Constant(Literal::Iota { .. } | Literal::Dense(_)) => 0.5,
            OpKind::Unary(unary, _) => match unary {
                UnaryOp::Neg | UnaryOp::Abs => 0.5,
                UnaryOp::Floor => 1.0,
                UnaryOp::Sqrt => 4.0,
                UnaryOp::Rsqrt => 8.0,
                UnaryOp::Exp => 10.0,
                UnaryOp::Log | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => 25.0,
            },
            OpKind::Binary(binary, x, _) => match binary {
                BinaryOp::DivF => 4.0,
                BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => 20.0,
                BinaryOp::MinF | BinaryOp::MaxF => 1.5,
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::MinS
                | BinaryOp::MaxS
                | BinaryOp::MinU
                | BinaryOp::MaxU
                | BinaryOp::And
                | BinaryOp::Or
                | BinaryOp::Xor
                | BinaryOp::Shl
                | BinaryOp::ShrS
                | BinaryOp::ShrU => match self.kernel.ty(*x).elem {
                    Elem::F32 | Elem::I32 | Elem::I1 => 1.0,
                    Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I64 | Elem::Index => 4.0,
                },
            },
            OpKind::Load { mask, .. } => {
                if mask.is_some() {
                    2.0
                } else {
                    1.0
                }
            }
            OpKind::Gather { .. } => 6.0,
            OpKind::Transpose { .. } => 2.0,
            OpKind::Broadcast(_) | OpKind::Slice { .. } | OpKind::Extract { .. } => 0.0,
            OpKind::Reshape(_) => 0.5,
            OpKind::Cast(..) | OpKind::Select { .. } | OpKind::Compare(..) | OpKind::Fma(..) => 1.0,
            OpKind::CreateMask { .. }
            | OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::InsertSlice { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => 1.0,
        };
        op.kind
            .operands()
            .into_iter()
            .filter(|&operand| !self.single(operand))
            .fold(own, |work, operand| work + self.weight[operand.index()])
    }

    /// Whether a tile result must be in memory whatever it costs.
    fn must_keep(&self, kind: &OpKind) -> bool {
        match kind {
            OpKind::Reduce { .. } | OpKind::Contract { .. } | OpKind::InsertSlice { .. } | OpKind::Insert { .. } => {
                true
            }
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => true,
            // A later store must not change what was loaded.
            OpKind::Load { view, .. } | OpKind::Gather { view, .. } => self.stored.contains(view),
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
            | OpKind::Extract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. } => false,
        }
    }

    fn need(&mut self, value: Value, evals: f64, depth: i32) {
        let deeper = (depth - self.depth[value.index()]).clamp(0, 8);
        self.evals[value.index()] += evals * TRIPS.powi(deeper);
    }

    fn need_all(&mut self, values: &[Value], depth: i32) {
        for &value in values {
            self.need(value, self.count(value), depth);
        }
    }

    /// Walks a block backwards: all uses of a value are seen before its definition.
    fn block(&mut self, plan: &mut Plan<'_>, block: &Block, depth: i32) {
        self.need_all(&block.yields, depth);
        for op in block.ops.iter().rev() {
            if let OpKind::For { lower, upper, step, init, body } = &op.kind {
                for (&result, &arg) in op.results.iter().zip(body.args.iter().skip(1)) {
                    self.carry(plan, result, arg);
                }
                if let Some(&induction) = body.args.first() {
                    plan.places[induction.index()] = Place::Scalar;
                }
                self.block(plan, body, depth + 1);
                self.need_all(&[*lower, *upper, *step], depth);
                self.need_all(init, depth);
            } else if let OpKind::While { init, before, cond, after } = &op.kind {
                for &arg in &before.args {
                    self.keep(plan, arg);
                }
                for (&result, &arg) in op.results.iter().zip(&after.args) {
                    self.keep(plan, result);
                    plan.places[arg.index()] = plan.places[result.index()];
                }
                self.block(plan, after, depth + 1);
                self.need(*cond, 1.0, depth + 1);
                self.block(plan, before, depth + 1);
                self.need_all(init, depth);
            } else if let OpKind::If { cond, then, otherwise } = &op.kind {
                for &result in &op.results {
                    self.keep(plan, result);
                }
                self.block(plan, otherwise, depth + 1);
                self.block(plan, then, depth + 1);
                self.need(*cond, 1.0, depth);
            } else {
                self.straight(plan, op, depth);
            }
        }
    }

    fn keep(&self, plan: &mut Plan<'_>, value: Value) {
        plan.places[value.index()] =
            if self.single(value) { Place::Scalar } else { Place::Buffer(new_buffer(self.kernel, plan, value)) };
    }

    fn carry(&self, plan: &mut Plan<'_>, result: Value, arg: Value) {
        let place = if self.single(result) {
            Place::Scalar
        } else {
            let pair = [new_buffer(self.kernel, plan, result), new_buffer(self.kernel, plan, result)];
            plan.carries[result.index()] = Some(pair);
            Place::Carried
        };
        plan.places[result.index()] = place;
        plan.places[arg.index()] = place;
    }

    /// An operation without inner blocks.
    fn straight(&mut self, plan: &mut Plan<'_>, op: &Op, depth: i32) {
        let mut evals = 1.0;
        if let Some(result) = op.result() {
            let needed = self.evals[result.index()];
            if needed == 0.0 {
                return;
            }
            let count = self.count(result);
            evals = needed;
            let weight = self.weight[result.index()];
            let kept = count * (weight + 1.0) + needed + 32.0;
            if self.single(result) {
                plan.places[result.index()] = Place::Scalar;
                evals = 1.0;
            } else if self.must_keep(&op.kind)
                || (needed * weight > kept * 1.25 && tile_bytes(self.kernel, result) <= MAX_OPTIONAL_TILE_BYTES)
            {
                self.keep(plan, result);
                evals = count;
            } else {
                plan.places[result.index()] = Place::Virtual;
            }
        }
        self.needs_of(op, evals, depth);
    }

    /// Adds what evaluating `evals` elements of the result needs of the operands.
    fn needs_of(&mut self, op: &Op, evals: f64, depth: i32) {
        match &op.kind {
            OpKind::Reduce { value, acc, .. } => self.need_all(&[*value, *acc], depth),
            OpKind::Contract { lhs, rhs, acc, spec } => {
                let mut extents = vec![1.0; spec.reduced.len()];
                for (dims, value) in [(&spec.lhs, lhs), (&spec.rhs, rhs)] {
                    for (&iterator, &size) in dims.iter().zip(self.kernel.ty(*value).shape.dims()) {
                        extents[iterator] = size as f64;
                    }
                }
                let total: f64 = extents.iter().product();
                for value in [*lhs, *rhs] {
                    let repeats = total / self.count(value);
                    self.need(value, self.count(value) * (repeats / SHARED).max(1.0), depth);
                }
                self.need_all(&[*acc], depth);
            }
            OpKind::Store { .. } | OpKind::StoreScalar { .. } | OpKind::InsertSlice { .. } | OpKind::Insert { .. } => {
                self.need_all(&op.kind.operands(), depth)
            }
            OpKind::Broadcast(x) => {
                let wide = op.result().map_or(1, |r| self.kernel.ty(r).shape.dims().last().copied().unwrap_or(1));
                let narrow = self.kernel.ty(*x).shape.dims().last().copied().unwrap_or(1);
                // One element serves all lanes of a vector.
                let shared = if wide > narrow { 8.0_f64.min(wide as f64) } else { 1.0 };
                self.need(*x, evals / shared, depth);
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::Extract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => {
                for operand in op.kind.operands() {
                    let times = if self.single(operand) { 1.0 } else { evals };
                    self.need(operand, times, depth);
                }
            }
        }
    }
}
