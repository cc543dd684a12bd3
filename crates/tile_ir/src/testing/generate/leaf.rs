//! Values out of nothing: constants, loads, program indices.

use super::{Generator, Item};
use crate::builder::KernelBuilder;
use crate::op::{Axis, Index, Number, OpKind, Predicate, Value, ViewId};
use crate::types::{Elem, Type};

/// Shape of every input view: no multiple of any tile, so that edges are common.
const VIEW: [u64; 2] = [7, 11];

impl Generator<'_, '_> {
    /// A value of this type: one in scope, or a new one.
    pub(super) fn make(&mut self, b: &mut KernelBuilder, ty: Type) -> Item {
        self.make_if(b, ty, |_| true)
    }

    /// A value of this type that every target computes alike.
    pub(super) fn make_exact(&mut self, b: &mut KernelBuilder, ty: Type) -> Item {
        self.make_if(b, ty, |item| item.exact)
    }

    fn make_if(&mut self, b: &mut KernelBuilder, ty: Type, accepts: impl Fn(&Item) -> bool) -> Item {
        if self.below(4) > 0
            && let Some(item) = self.pick(|item| item.ty == ty && accepts(item))
        {
            return item;
        }
        let item = self.leaf(b, ty);
        self.pool.push(item);
        item
    }

    pub(super) fn leaf_op(&mut self, b: &mut KernelBuilder) {
        let elem = self.choose(Elem::ALL);
        let dims = if self.below(6) == 0 { Vec::new() } else { self.dims() };
        let ty = Type::tile(elem, &dims).unwrap_or(Type::F32);
        let item = self.leaf(b, ty);
        self.pool.push(item);
    }

    fn leaf(&mut self, b: &mut KernelBuilder, ty: Type) -> Item {
        let value = if ty.is_scalar() {
            self.scalar(b, ty.elem)
        } else if ty.elem == Elem::I1 {
            self.mask(b, ty)
        } else if ty.elem != Elem::Index && ty.shape.rank() <= 2 && self.below(3) > 0 {
            self.load(b, ty)
        } else {
            self.constant_tile(b, ty)
        };
        Item { value, ty, size: 2.0, exact: true }
    }

    fn number(&mut self, elem: Elem) -> Number {
        match elem {
            // Quarters up to 2: exact in every float type.
            Elem::F32 | Elem::F16 | Elem::Bf16 => Number::Float(self.below(16) as f32 / 4.0 - 2.0),
            Elem::I1 => Number::Int(self.below(2) as i64),
            Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Number::Int(self.below(200) as i64 - 100),
        }
    }

    fn scalar(&mut self, b: &mut KernelBuilder, elem: Elem) -> Value {
        match self.below(3) {
            0 if elem == Elem::Index => {
                let axis = self.choose(&Axis::ALL);
                if self.flip() { b.program_id(axis) } else { b.num_programs(axis) }
            }
            1 if !matches!(elem, Elem::Index | Elem::I1) => {
                let view = self.view(b, elem);
                let (row, col) = (self.below(VIEW[0]) as i64, self.below(VIEW[1]) as i64);
                let (row, col) = (b.index(row), b.index(col));
                b.load_scalar(view, &[row, col])
            }
            _ => {
                let number = self.number(elem);
                b.constant(Type::scalar(elem), crate::op::Literal::Splat(number))
            }
        }
    }

    fn constant_tile(&mut self, b: &mut KernelBuilder, ty: Type) -> Value {
        let dims = ty.shape.dims();
        match self.below(3) {
            // An `i8` counts to 127 only.
            0 if ty.elem.is_int() && dims.iter().all(|&dim| dim <= 128) => {
                let dim = self.below(dims.len() as u64) as usize;
                b.iota(ty.elem, dims, dim)
            }
            1 => {
                let number = self.number(ty.elem);
                b.constant(ty, crate::op::Literal::Splat(number))
            }
            _ => {
                let numbers = (0..ty.shape.count()).map(|_| self.number(ty.elem)).collect();
                b.dense(ty.elem, dims, numbers)
            }
        }
    }

    /// The input view of an element type.
    pub(super) fn view(&mut self, b: &mut KernelBuilder, elem: Elem) -> ViewId {
        if let Some((_, view)) = self.views.iter().find(|(of, _)| *of == elem) {
            return *view;
        }
        let name = format!("in_{}", elem.name());
        let view = if self.flip() { b.read(&name, elem, &VIEW) } else { b.weights(&name, elem, &VIEW) };
        self.views.push((elem, view));
        view
    }

    /// An index that may be anywhere around the view: constant, by program, or of the surrounding loop.
    fn start(&mut self, b: &mut KernelBuilder) -> Value {
        match self.below(3) {
            0 => {
                let start = self.below(14) as i64 - 3;
                b.index(start)
            }
            1 => {
                let (id, size) = (b.program_id(Axis::X), 1 + self.below(4) as i64);
                let size = b.index(size);
                b.mul(id, size)
            }
            _ => match self.pick(|item| item.ty == Type::INDEX) {
                Some(item) => item.value,
                None => b.index(0),
            },
        }
    }

    fn load(&mut self, b: &mut KernelBuilder, ty: Type) -> Value {
        let view = self.view(b, ty.elem);
        let starts = [self.start(b), self.start(b)];
        let pad = self.number(ty.elem);
        let pad = b.constant(Type::scalar(ty.elem), crate::op::Literal::Splat(pad));
        let mask = (self.below(3) == 0).then(|| self.mask(b, ty.with_elem(Elem::I1)));
        b.load_masked(view, &starts, ty.shape.dims(), pad, mask)
    }

    fn mask(&mut self, b: &mut KernelBuilder, ty: Type) -> Value {
        let dims = ty.shape.dims();
        match self.below(3) {
            0 => {
                let bounds: Vec<Index> =
                    dims.iter()
                        .map(|&dim| {
                            if self.flip() { Index::Static(self.below(dim + 2)) } else { Index::Dynamic(self.start(b)) }
                        })
                        .collect();
                b.create_mask(dims, &bounds)
            }
            1 => {
                let bit = self.below(2) as i64;
                b.splat_int(Elem::I1, dims, bit)
            }
            _ => {
                let dim = self.below(dims.len() as u64) as usize;
                let limit = self.below(8) as i64;
                let (count, limit) = (b.iota(Elem::I32, dims, dim), b.splat_int(Elem::I32, dims, limit));
                b.compare(Predicate::ULt, count, limit)
            }
        }
    }

    /// Gathers from an input view, at offsets brought below its size or masked where they are not.
    pub(super) fn gather_op(&mut self, b: &mut KernelBuilder) {
        let dims = self.dims();
        let elem = self.choose(&[Elem::F32, Elem::Bf16, Elem::I32, Elem::I8]);
        let view = self.view(b, elem);
        let offset_elem = self.choose(&[Elem::I32, Elem::Index]);
        let ty = Type::tile(offset_elem, &dims).unwrap_or(Type::INDEX);
        let numbers = self.make(b, ty);
        let count = b.splat_int(offset_elem, &dims, (VIEW[0] * VIEW[1]) as i64);
        let (offsets, mask) = if self.flip() {
            (b.binary(crate::op::BinaryOp::RemU, numbers.value, count), b.splat_int(Elem::I1, &dims, 1))
        } else {
            (numbers.value, b.compare(Predicate::ULt, numbers.value, count))
        };
        let other = self.make_exact(b, ty.with_elem(elem));
        let kind = OpKind::Gather { view, offsets, mask, passthru: other.value };
        let ty = ty.with_elem(elem);
        let value = b.op(kind, &[ty])[0];
        self.pool.push(Item { value, ty, size: other.size.max(2.0), exact: true });
    }
}
