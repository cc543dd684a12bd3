//! Constants, elementwise operations, shapes, reductions and products.

use super::{KernelBuilder, shape_of, tile_of};
use crate::op::{
    Axis, BinaryOp, CastOp, ContractSpec, Index, Literal, Number, OpKind, Predicate, ReduceOp, UnaryOp, Value,
    reduced_shape,
};
use crate::types::{Elem, Type};

impl KernelBuilder {
    /// Index of this program.
    pub fn program_id(&mut self, axis: Axis) -> Value {
        self.op1(OpKind::ProgramId(axis), Type::INDEX)
    }

    /// Number of programs.
    pub fn num_programs(&mut self, axis: Axis) -> Value {
        self.op1(OpKind::NumPrograms(axis), Type::INDEX)
    }

    /// An `index` constant.
    pub fn index(&mut self, value: i64) -> Value {
        self.int(Elem::Index, value)
    }

    /// An integer scalar constant.
    pub fn int(&mut self, elem: Elem, value: i64) -> Value {
        self.constant(Type::scalar(elem), Literal::Splat(Number::Int(value)))
    }

    /// A float scalar constant.
    pub fn float(&mut self, elem: Elem, value: f32) -> Value {
        self.constant(Type::scalar(elem), Literal::Splat(Number::Float(value)))
    }

    /// A scalar constant of any element type, from an integer that the type can hold.
    pub fn number(&mut self, elem: Elem, value: i8) -> Value {
        if elem.is_float() { self.float(elem, f32::from(value)) } else { self.int(elem, i64::from(value)) }
    }

    /// A float tile of one value.
    pub fn splat(&mut self, elem: Elem, dims: &[u64], value: f32) -> Value {
        self.constant(tile_of(elem, dims), Literal::Splat(Number::Float(value)))
    }

    /// An integer (or mask) tile of one value.
    pub fn splat_int(&mut self, elem: Elem, dims: &[u64], value: i64) -> Value {
        self.constant(tile_of(elem, dims), Literal::Splat(Number::Int(value)))
    }

    /// An integer tile whose element is its index along `dim`.
    pub fn iota(&mut self, elem: Elem, dims: &[u64], dim: usize) -> Value {
        self.constant(tile_of(elem, dims), Literal::Iota { dim })
    }

    /// A tile of these elements, row-major.
    pub fn dense(&mut self, elem: Elem, dims: &[u64], values: Vec<Number>) -> Value {
        self.constant(tile_of(elem, dims), Literal::Dense(values))
    }

    /// A constant.
    pub fn constant(&mut self, ty: Type, literal: Literal) -> Value {
        self.op1(OpKind::Constant(literal), ty)
    }

    /// Elementwise operation of one operand.
    pub fn unary(&mut self, op: UnaryOp, a: Value) -> Value {
        let ty = self.ty(a);
        self.op1(OpKind::Unary(op, a), ty)
    }

    /// Elementwise operation of two operands of one type.
    pub fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        let ty = self.ty(a);
        self.op1(OpKind::Binary(op, a, b), ty)
    }

    /// `a + b`.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.binary(BinaryOp::Add, a, b)
    }

    /// `a - b`.
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        self.binary(BinaryOp::Sub, a, b)
    }

    /// `a * b`.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        self.binary(BinaryOp::Mul, a, b)
    }

    /// `x * y + z`, rounded once.
    pub fn fma(&mut self, x: Value, y: Value, z: Value) -> Value {
        let ty = self.ty(x);
        self.op1(OpKind::Fma(x, y, z), ty)
    }

    /// Elementwise comparison.
    pub fn compare(&mut self, predicate: Predicate, a: Value, b: Value) -> Value {
        let ty = self.ty(a).with_elem(Elem::I1);
        self.op1(OpKind::Compare(predicate, a, b), ty)
    }

    /// `cond ? on_true : on_false`.
    pub fn select(&mut self, cond: Value, on_true: Value, on_false: Value) -> Value {
        let ty = self.ty(on_true);
        self.op1(OpKind::Select { cond, on_true, on_false }, ty)
    }

    /// Elementwise conversion to `elem`.
    pub fn cast(&mut self, op: CastOp, value: Value, elem: Elem) -> Value {
        let ty = self.ty(value).with_elem(elem);
        self.op1(OpKind::Cast(op, value), ty)
    }

    /// Scalar or tile to a larger shape.
    pub fn broadcast(&mut self, value: Value, dims: &[u64]) -> Value {
        let ty = self.ty(value).with_shape(shape_of(dims));
        self.op1(OpKind::Broadcast(value), ty)
    }

    /// Row-major reinterpretation.
    pub fn reshape(&mut self, value: Value, dims: &[u64]) -> Value {
        let ty = self.ty(value).with_shape(shape_of(dims));
        self.op1(OpKind::Reshape(value), ty)
    }

    /// Result dimension `d` is operand dimension `perm[d]`.
    pub fn transpose(&mut self, value: Value, perm: &[usize]) -> Value {
        let ty = self.ty(value);
        let dims: Vec<u64> = perm.iter().filter_map(|&d| ty.shape.dims().get(d).copied()).collect();
        self.op1(OpKind::Transpose { value, perm: perm.to_vec() }, ty.with_shape(shape_of(&dims)))
    }

    /// The part of shape `dims` at `offsets`.
    pub fn slice(&mut self, value: Value, offsets: &[u64], dims: &[u64]) -> Value {
        let ty = self.ty(value).with_shape(shape_of(dims));
        self.op1(OpKind::Slice { value, offsets: offsets.to_vec() }, ty)
    }

    /// `into` with `value` put at `offsets`.
    pub fn insert_slice(&mut self, value: Value, into: Value, offsets: &[u64]) -> Value {
        let ty = self.ty(into);
        self.op1(OpKind::InsertSlice { value, into, offsets: offsets.to_vec() }, ty)
    }

    /// Element or sub-tile at leading indices.
    pub fn extract(&mut self, value: Value, indices: &[Index]) -> Value {
        let ty = self.ty(value);
        let rest = ty.shape.dims().get(indices.len()..).unwrap_or(&[]);
        self.op1(OpKind::Extract { value, indices: indices.to_vec() }, ty.with_shape(shape_of(rest)))
    }

    /// `into` with the element or sub-tile at leading indices replaced.
    pub fn insert(&mut self, value: Value, into: Value, indices: &[Index]) -> Value {
        let ty = self.ty(into);
        self.op1(OpKind::Insert { value, into, indices: indices.to_vec() }, ty)
    }

    /// Reduces `dims` of `value`, starting from `acc`.
    pub fn reduce(&mut self, op: ReduceOp, value: Value, acc: Value, dims: &[usize]) -> Value {
        let ty = self.ty(acc);
        self.op1(OpKind::Reduce { op, value, acc, dims: dims.to_vec() }, ty)
    }

    /// Sum over `dims`, starting from zero.
    pub fn sum(&mut self, value: Value, dims: &[usize]) -> Value {
        let ty = self.ty(value);
        let zero = if ty.elem.is_float() { Number::Float(0.0) } else { Number::Int(0) };
        let shape = reduced_shape(&ty.shape, dims).unwrap_or_default();
        let acc = self.constant(ty.with_shape(shape), Literal::Splat(zero));
        self.reduce(ReduceOp::Add, value, acc, dims)
    }

    /// Sum of products added to `acc`.
    pub fn contract(&mut self, lhs: Value, rhs: Value, acc: Value, spec: ContractSpec) -> Value {
        let ty = self.ty(acc);
        self.op1(OpKind::Contract { lhs, rhs, acc, spec }, ty)
    }

    /// Mask that is true below `bounds`.
    pub fn create_mask(&mut self, dims: &[u64], bounds: &[Index]) -> Value {
        self.op1(OpKind::CreateMask { bounds: bounds.to_vec() }, tile_of(Elem::I1, dims))
    }
}
