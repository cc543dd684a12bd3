//! The same kernel with blocks of another size.

use tile_ir::{Block, Kernel, Module, Op, OpKind, Shape, Value};

/// Which dimensions of a kernel's tiles are one and the same: sets with a representative each.
pub(super) struct Dims<'a> {
    kernel: &'a Kernel,
    /// By dimension of a value: another one of its set, or itself.
    parent: Vec<usize>,
}

/// Dimensions a value may have.
const RANK: usize = tile_ir::MAX_RANK;

impl<'a> Dims<'a> {
    pub(super) fn new(kernel: &'a Kernel) -> Dims<'a> {
        let mut dims = Dims { kernel, parent: (0..kernel.values.len() * RANK).collect() };
        dims.block(&kernel.body);
        dims
    }

    /// The kernel with `size` in place of dimension `dim` of `value` and of all that is the same; `None` if the program
    /// does not allow it, because a constant or a reshape has the old size.
    pub(super) fn resized(&self, value: Value, dim: usize, size: u64) -> Option<Kernel> {
        let class = self.find(value.index() * RANK + dim);
        let mut kernel = self.kernel.clone();
        for (index, data) in kernel.values.iter_mut().enumerate() {
            let mut shape = data.ty.shape.dims().to_vec();
            for (dim, extent) in shape.iter_mut().enumerate() {
                if self.find(index * RANK + dim) == class {
                    *extent = size;
                }
            }
            data.ty.shape = Shape::new(&shape)?;
        }
        let module = Module { name: String::new(), kernels: vec![kernel] };
        tile_ir::validate(&module).ok()?;
        module.kernels.into_iter().next()
    }

    fn find(&self, mut node: usize) -> usize {
        while self.parent[node] != node {
            node = self.parent[node];
        }
        node
    }

    fn join(&mut self, (a, i): (Value, usize), (b, j): (Value, usize)) {
        let (a, b) = (self.find(a.index() * RANK + i), self.find(b.index() * RANK + j));
        self.parent[a.max(b)] = a.min(b);
    }

    fn extents(&self, value: Value) -> Vec<u64> {
        self.kernel.ty(value).shape.dims().to_vec()
    }

    /// Joins the dimensions of two values from the first on, as long as they are equal.
    fn same(&mut self, a: Value, b: Value) {
        let (left, right) = (self.extents(a), self.extents(b));
        let equal = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        for dim in 0..equal {
            self.join((a, dim), (b, dim));
        }
    }

    fn all_same(&mut self, a: &[Value], b: &[Value]) {
        for (&a, &b) in a.iter().zip(b) {
            self.same(a, b);
        }
    }

    /// Joins the dimensions of `a` that have the size of those of `b`, counted from the last.
    fn aligned(&mut self, a: Value, b: Value) {
        let (left, right) = (self.extents(a), self.extents(b));
        for back in 1..=left.len().min(right.len()) {
            let (i, j) = (left.len() - back, right.len() - back);
            if left[i] == right[j] {
                self.join((a, i), (b, j));
            }
        }
    }

    fn block(&mut self, block: &Block) {
        for op in &block.ops {
            for inner in op.kind.blocks() {
                self.block(inner);
            }
            self.op(op);
        }
    }

    fn op(&mut self, op: &Op) {
        match &op.kind {
            OpKind::For { init, body, .. } => {
                self.all_same(init, &op.results);
                self.all_same(init, &body.args[1..]);
                self.all_same(init, &body.yields);
            }
            OpKind::While { init, before, after, .. } => {
                self.all_same(init, &before.args);
                self.all_same(init, &after.yields);
                self.all_same(&before.yields, &after.args);
                self.all_same(&before.yields, &op.results);
            }
            OpKind::If { then, otherwise, .. } => {
                self.all_same(&op.results, &then.yields);
                self.all_same(&op.results, &otherwise.yields);
            }
            OpKind::Store { value, mask, .. } => {
                if let Some(mask) = mask {
                    self.same(*value, *mask);
                }
            }
            kind => {
                if let Some(result) = op.result() {
                    self.value(kind, result);
                }
            }
        }
    }

    fn value(&mut self, kind: &OpKind, result: Value) {
        match kind {
            OpKind::Broadcast(value) | OpKind::Slice { value, .. } => self.aligned(*value, result),
            OpKind::InsertSlice { value, into, .. } => {
                self.same(*into, result);
                self.aligned(*value, result);
            }
            OpKind::Reshape(value) => {
                self.same(*value, result);
                self.reshape_end(*value, result);
            }
            OpKind::Transpose { value, perm } => {
                for (to, &from) in perm.iter().enumerate() {
                    self.join((*value, from), (result, to));
                }
            }
            OpKind::Insert { into, .. } => self.same(*into, result),
            OpKind::Extract { value, .. } => self.aligned(*value, result),
            OpKind::Reduce { value, acc, dims, .. } => {
                self.same(*acc, result);
                let rank = self.extents(*value).len();
                for (to, from) in (0..rank).filter(|dim| !dims.contains(dim)).enumerate() {
                    self.join((*value, from), (result, to));
                }
            }
            OpKind::Contract { lhs, rhs, acc, spec } => {
                self.same(*acc, result);
                let maps = [(*lhs, &spec.lhs), (*rhs, &spec.rhs), (*acc, &spec.acc)];
                let mut first = vec![None; spec.reduced.len()];
                for (value, map) in maps {
                    for (dim, &iterator) in map.iter().enumerate() {
                        let node = (value, dim);
                        self.join(*first[iterator].get_or_insert(node), node);
                    }
                }
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::CreateMask { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::Store { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => {}
            // One element of the result for each of the operands; scalars have none to match.
            OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Load { .. }
            | OpKind::Gather { .. } => {
                for operand in kind.operands() {
                    if self.extents(operand) == self.extents(result) {
                        self.same(operand, result);
                    }
                }
            }
        }
    }

    /// Joins what lies behind the last dimension that differs, for a reshape.
    fn reshape_end(&mut self, from: Value, to: Value) {
        let (left, right) = (self.extents(from), self.extents(to));
        let equal = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let room = left.len().min(right.len()) - equal;
        for back in 1..=room {
            let (i, j) = (left.len() - back, right.len() - back);
            if left[i] != right[j] {
                break;
            }
            self.join((from, i), (to, j));
        }
    }
}
