//! Float operations. Sizes are kept below a limit by squashing.

use super::{Generator, Item};
use crate::builder::KernelBuilder;
use crate::op::{BinaryOp, CastOp, ContractSpec, ReduceOp, UnaryOp, Value};
use crate::types::{Elem, Type};

/// Largest float that is let grow further.
const LARGE: f32 = 64.0;

impl Generator<'_, '_> {
    /// Some float value, squashed if it is large.
    pub(super) fn float(&mut self, b: &mut KernelBuilder) -> Item {
        let item = self.pick(|item| item.ty.elem.is_float());
        let item = item.unwrap_or_else(|| {
            let dims = self.dims();
            self.make(b, Type::tile(Elem::F32, &dims).unwrap_or(Type::F32))
        });
        self.small(b, item)
    }

    /// Clamps a large value; the limits are exact in every type.
    pub(super) fn small(&mut self, b: &mut KernelBuilder, item: Item) -> Item {
        if item.size <= LARGE || item.ty.elem.is_int() {
            return item;
        }
        let limit = |b: &mut KernelBuilder, limit: f32| splat(b, item.ty, limit);
        let (low, high) = (limit(b, -2.0), limit(b, 2.0));
        let value = b.binary(BinaryOp::MaxF, item.value, low);
        let value = b.binary(BinaryOp::MinF, value, high);
        Item { value, size: 2.0, ..item }
    }

    pub(super) fn float_op(&mut self, b: &mut KernelBuilder) {
        let x = self.float(b);
        let item = match self.below(3) {
            0 => self.unary(b, x),
            1 => self.binary(b, x),
            _ => {
                let (y, z) = (self.make(b, x.ty), self.make(b, x.ty));
                let (y, z) = (self.matching(b, x, y), self.matching(b, x, z));
                let value = b.fma(x.value, y.value, z.value);
                let exact = x.exact && y.exact && z.exact;
                Item { value, ty: x.ty, size: x.size * y.size + z.size, exact }
            }
        };
        self.pool.push(item);
    }

    /// `y` made small, and exact if it meets 16-bit floats, whose rounding must not depend on the target.
    fn matching(&mut self, b: &mut KernelBuilder, x: Item, y: Item) -> Item {
        let y = self.small(b, y);
        if x.ty.elem == Elem::F32 || y.exact { y } else { x }
    }

    fn unary(&mut self, b: &mut KernelBuilder, x: Item) -> Item {
        let exact_only = [UnaryOp::Neg, UnaryOp::Abs, UnaryOp::Floor, UnaryOp::Sqrt];
        let op = if x.ty.elem == Elem::F32 { self.choose(UnaryOp::ALL) } else { self.choose(&exact_only) };
        let positive = |b: &mut KernelBuilder| {
            let half = splat(b, x.ty, 0.5);
            let abs = b.unary(UnaryOp::Abs, x.value);
            b.add(abs, half)
        };
        let (value, size, exact) = match op {
            UnaryOp::Neg | UnaryOp::Abs => (b.unary(op, x.value), x.size, x.exact),
            UnaryOp::Floor if !x.exact => (b.unary(UnaryOp::Abs, x.value), x.size, false),
            UnaryOp::Floor => (b.unary(op, x.value), x.size + 1.0, true),
            UnaryOp::Sqrt => {
                let value = positive(b);
                (b.unary(op, value), x.size + 0.5, x.exact)
            }
            UnaryOp::Rsqrt | UnaryOp::Log => {
                let value = positive(b);
                (b.unary(op, value), x.size + 2.0, false)
            }
            UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => (b.unary(op, x.value), 1.0, false),
            UnaryOp::Exp => {
                let value = b.unary(UnaryOp::Tanh, x.value);
                (b.unary(op, value), 3.0, false)
            }
        };
        Item { value, ty: x.ty, size, exact }
    }

    fn binary(&mut self, b: &mut KernelBuilder, x: Item) -> Item {
        let y = self.make(b, x.ty);
        let y = self.matching(b, x, y);
        let op =
            self.choose(&[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::MinF, BinaryOp::MaxF, BinaryOp::DivF]);
        let exact = x.exact && y.exact;
        if op == BinaryOp::DivF {
            let half = splat(b, x.ty, 0.5);
            let divisor = b.unary(UnaryOp::Abs, y.value);
            let divisor = b.add(divisor, half);
            return Item { value: b.binary(op, x.value, divisor), ty: x.ty, size: x.size * 2.0, exact };
        }
        let size = if op == BinaryOp::Mul { x.size * y.size } else { x.size + y.size };
        Item { value: b.binary(op, x.value, y.value), ty: x.ty, size, exact }
    }

    /// Conversions between all types.
    pub(super) fn cast_op(&mut self, b: &mut KernelBuilder) {
        let Some(x) = self.pick(|item| item.exact) else {
            return;
        };
        let narrow = self.choose(&[Elem::F16, Elem::Bf16]);
        let int = self.choose(&[Elem::I8, Elem::I32, Elem::I64]);
        let float = self.choose(&[Elem::F32, Elem::F16, Elem::Bf16]);
        let (op, to, size) = match (x.ty.elem, self.below(2)) {
            (Elem::F32, 0) => (CastOp::TruncF, narrow, x.size),
            (Elem::F16 | Elem::Bf16, 0) => (CastOp::ExtF, Elem::F32, x.size),
            (Elem::F32 | Elem::F16 | Elem::Bf16, _) => (CastOp::FpToSInt, int, 0.0),
            (Elem::I1, 0) => (CastOp::UIntToFp, float, 1.0),
            (Elem::I1, _) => (self.choose(&[CastOp::ExtU, CastOp::ExtS]), int, 0.0),
            (Elem::I8, 0) => (self.choose(&[CastOp::SIntToFp, CastOp::UIntToFp]), float, 256.0),
            (Elem::I8, _) => (self.choose(&[CastOp::ExtU, CastOp::ExtS]), Elem::I32, 0.0),
            (Elem::I32, 0) => (self.choose(&[CastOp::IndexS, CastOp::IndexU]), Elem::Index, 0.0),
            (Elem::I32, _) => (CastOp::TruncI, self.choose(&[Elem::I8, Elem::I1]), 0.0),
            (Elem::I64, _) => (CastOp::TruncI, self.choose(&[Elem::I8, Elem::I32]), 0.0),
            (Elem::Index, _) => (CastOp::IndexS, int, 0.0),
        };
        // Out of range, a float has no integer that all targets agree on.
        let x = if op == CastOp::FpToSInt { self.small(b, x) } else { x };
        let value = b.cast(op, x.value, to);
        self.pool.push(Item { value, ty: x.ty.with_elem(to), size, exact: true });
    }

    /// A reduction of a float or integer tile.
    pub(super) fn reduce_op(&mut self, b: &mut KernelBuilder) {
        let reducible = |item: &Item| match item.ty.elem {
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 => !item.ty.is_scalar(),
            Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::Index => false,
        };
        let Some(x) = self.pick(reducible) else {
            return;
        };
        let float = x.ty.elem.is_float();
        let x = if float { self.small(b, x) } else { x };
        let rank = x.ty.shape.rank();
        let mut dims: Vec<usize> = (0..rank).filter(|_| self.flip()).collect();
        if dims.is_empty() {
            dims.push(self.below(rank as u64) as usize);
        }
        let shape = crate::op::reduced_shape(&x.ty.shape, &dims).unwrap_or_default();
        let ty = x.ty.with_shape(shape);
        let acc = self.make(b, ty);
        let op = if float {
            self.choose(&[ReduceOp::Add, ReduceOp::MinF, ReduceOp::MaxF])
        } else {
            self.choose(&[ReduceOp::Add, ReduceOp::MinS, ReduceOp::MaxS, ReduceOp::MinU, ReduceOp::MaxU])
        };
        let value = b.reduce(op, x.value, acc.value, &dims);
        let sum = op == ReduceOp::Add;
        let size = if sum { x.size * x.ty.shape.count() as f32 + acc.size } else { x.size.max(acc.size) };
        let exact = x.exact && acc.exact && !(sum && float);
        self.pool.push(Item { value, ty, size, exact });
    }

    /// A product of random layout.
    pub(super) fn contract_op(&mut self, b: &mut KernelBuilder) {
        let extents: Vec<u64> = (0..4).map(|_| self.choose(&[1, 2, 3, 4, 8])).collect();
        let (spec, extents) = match self.below(4) {
            0 => (ContractSpec::matmul(self.flip()), extents[..3].to_vec()),
            1 => (ContractSpec::batch_matmul(self.flip()), extents),
            2 => (
                ContractSpec { reduced: vec![false, true], lhs: vec![0, 1], rhs: vec![1], acc: vec![0] },
                extents[..2].to_vec(),
            ),
            _ => (ContractSpec { reduced: vec![true], lhs: vec![0], rhs: vec![0], acc: vec![] }, extents[..1].to_vec()),
        };
        let ty = |map: &[usize]| {
            let dims: Vec<u64> = map.iter().map(|&iterator| extents[iterator]).collect();
            Type::tile(Elem::F32, &dims).unwrap_or(Type::F32)
        };
        let (lhs, rhs, acc) = (self.make(b, ty(&spec.lhs)), self.make(b, ty(&spec.rhs)), self.make(b, ty(&spec.acc)));
        let (lhs, rhs) = (self.small(b, lhs), self.small(b, rhs));
        let products: u64 = extents.iter().product();
        let size = lhs.size * rhs.size * products as f32 + acc.size;
        let ty = acc.ty;
        let value = b.contract(lhs.value, rhs.value, acc.value, spec);
        self.pool.push(Item { value, ty, size, exact: false });
    }
}

/// A constant of a float type.
pub(super) fn splat(b: &mut KernelBuilder, ty: Type, value: f32) -> Value {
    b.constant(ty, crate::op::Literal::Splat(crate::op::Number::Float(value)))
}
