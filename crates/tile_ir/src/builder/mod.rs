//! Builds kernels in code, inferring result types.
//!
//! The builder never refuses anything half-way: an operation whose operands do not fit gets some result type, and
//! [`KernelBuilder::finish`] runs the validator, which reports everything that is wrong.
//!
//! ```
//! use tile_ir::{Axis, BinaryOp, Elem, KernelBuilder, Own};
//! let mut b = KernelBuilder::new("double");
//! b.grid([4, 1, 1]);
//! let x = b.read("x", Elem::F32, &[64]);
//! let y = b.write("y", Elem::F32, &[64], &[Own::Block { axis: Axis::X, size: 16 }]);
//! let program = b.program_id(Axis::X);
//! let size = b.index(16);
//! let start = b.binary(BinaryOp::Mul, program, size);
//! let tile = b.load(x, &[start], &[16]);
//! let sum = b.binary(BinaryOp::Add, tile, tile);
//! b.store(y, sum, &[start]);
//! let kernel = b.finish().expect("the kernel is valid");
//! assert_eq!(kernel.programs(), 4);
//! ```

mod control;
mod memory;
mod ops;

use crate::kernel::{Access, Kernel, Loc, Own, Param, ParamKind, Scalar, View};
use crate::op::{Block, ContractSpec, Op, OpKind, Value, ViewId};
use crate::types::{Elem, Shape, Type};
use crate::validate::{ValidateError, validate_kernel};

/// A kernel under construction. Operations go to the innermost open block.
#[derive(Clone, Debug)]
pub struct KernelBuilder {
    kernel: Kernel,
    /// Open blocks; the last one takes the next operation.
    open: Vec<Block>,
    loc: Loc,
}

impl KernelBuilder {
    /// A kernel without parameters, on a grid of one program; the family is named like the kernel.
    pub fn new(name: &str) -> KernelBuilder {
        let kernel = Kernel {
            name: name.to_owned(),
            family: name.to_owned(),
            tuning: Vec::new(),
            params: Vec::new(),
            grid: [1; 3],
            values: Vec::new(),
            body: Block::default(),
            loc: Loc::Unknown,
        };
        KernelBuilder { kernel, open: vec![Block::default()], loc: Loc::Unknown }
    }

    /// Names the family and the tuning that sets this candidate apart.
    pub fn family(&mut self, family: &str, tuning: &[(&str, u64)]) {
        self.kernel.family = family.to_owned();
        self.kernel.tuning = tuning.iter().map(|&(name, size)| (name.to_owned(), size)).collect();
    }

    /// Sets the number of programs along x, y and z.
    pub fn grid(&mut self, grid: [u64; 3]) {
        self.kernel.grid = grid;
    }

    /// Sets the position of the kernel (if nothing was added yet) and of everything added from now on.
    pub fn at(&mut self, file: &str, line: u32, column: u32) {
        self.loc = Loc::File { file: file.into(), line, column };
        if self.kernel.params.is_empty() && self.kernel.values.is_empty() {
            self.kernel.loc = self.loc.clone();
        }
    }

    /// Adds a read-only view.
    pub fn read(&mut self, name: &str, elem: Elem, shape: &[u64]) -> ViewId {
        self.view(name, elem, shape, Access::Read, &[])
    }

    /// Adds a weights view.
    pub fn weights(&mut self, name: &str, elem: Elem, shape: &[u64]) -> ViewId {
        self.view(name, elem, shape, Access::Weights, &[])
    }

    /// Adds a written view; `own` has one entry per dimension.
    pub fn write(&mut self, name: &str, elem: Elem, shape: &[u64], own: &[Own]) -> ViewId {
        self.view(name, elem, shape, Access::Write, own)
    }

    /// Adds a view parameter.
    pub fn view(&mut self, name: &str, elem: Elem, shape: &[u64], access: Access, own: &[Own]) -> ViewId {
        let view = View { elem, shape: shape_of(shape), access, own: own.to_vec() };
        ViewId(self.param(name, ParamKind::View(view)) as u32)
    }

    /// Adds a scalar parameter; for integers, `bound` promises `value < bound`.
    pub fn scalar(&mut self, name: &str, elem: Elem, bound: Option<u64>) -> Value {
        let value = self.kernel.new_value(Type::scalar(elem));
        self.name(value, name);
        self.param(name, ParamKind::Scalar(Scalar { value, elem, bound }));
        value
    }

    fn param(&mut self, name: &str, kind: ParamKind) -> usize {
        self.kernel.params.push(Param { name: name.to_owned(), kind, loc: self.loc.clone() });
        self.kernel.params.len() - 1
    }

    /// Number of the parameter named `name`, for [`Own::At`].
    pub fn param_number(&self, name: &str) -> Option<usize> {
        self.kernel.params.iter().position(|param| param.name == name)
    }

    /// Gives a value the name of a variable.
    pub fn name(&mut self, value: Value, name: &str) {
        if let Some(data) = self.kernel.values.get_mut(value.index()) {
            data.name = Some(name.to_owned());
        }
    }

    /// Type of a value; `f32` for a value that is not this kernel's.
    pub fn ty(&self, value: Value) -> Type {
        self.kernel.values.get(value.index()).map_or(Type::F32, |data| data.ty)
    }

    /// The kernel as built so far, without the blocks still open.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Adds an operation with results of these types: for what no method builds.
    pub fn op(&mut self, kind: OpKind, results: &[Type]) -> Vec<Value> {
        let results: Vec<Value> = results.iter().map(|&ty| self.kernel.new_value(ty)).collect();
        self.push(kind, results.clone());
        results
    }

    fn op1(&mut self, kind: OpKind, ty: Type) -> Value {
        let result = self.kernel.new_value(ty);
        self.push(kind, vec![result]);
        result
    }

    fn push(&mut self, kind: OpKind, results: Vec<Value>) {
        let op = Op { kind, results, loc: self.loc.clone() };
        if let Some(block) = self.open.last_mut() {
            block.ops.push(op);
        }
    }

    /// The finished kernel.
    ///
    /// # Errors
    /// Everything the validator finds wrong with it.
    pub fn finish(self) -> Result<Kernel, Vec<ValidateError>> {
        let kernel = self.finish_unchecked();
        validate_kernel(&kernel)?;
        Ok(kernel)
    }

    /// The finished kernel, valid or not: for tests of the validator.
    pub fn finish_unchecked(mut self) -> Kernel {
        if let Some(body) = self.open.pop() {
            self.kernel.body = body;
        }
        self.kernel
    }
}

/// The shape with these dimensions. With more than a shape can have: an empty one, which the validator refuses.
fn shape_of(dims: &[u64]) -> Shape {
    Shape::new(dims).or_else(|| Shape::new(&[0])).unwrap_or_default()
}

fn tile_of(elem: Elem, dims: &[u64]) -> Type {
    Type { elem, shape: shape_of(dims) }
}

impl ContractSpec {
    /// Iterators `(m, n, k)`: acc `(m, n)` += lhs `(m, k)` x rhs, which is `(n, k)` if `transpose_rhs`, else `(k, n)`.
    pub fn matmul(transpose_rhs: bool) -> ContractSpec {
        let rhs = if transpose_rhs { vec![1, 2] } else { vec![2, 1] };
        ContractSpec { reduced: vec![false, false, true], lhs: vec![0, 2], rhs, acc: vec![0, 1] }
    }

    /// As [`ContractSpec::matmul`] for each index of a leading dimension: iterators `(b, m, n, k)`.
    pub fn batch_matmul(transpose_rhs: bool) -> ContractSpec {
        let rhs = if transpose_rhs { vec![0, 2, 3] } else { vec![0, 3, 2] };
        ContractSpec { reduced: vec![false, false, false, true], lhs: vec![0, 1, 3], rhs, acc: vec![0, 1, 2] }
    }
}
