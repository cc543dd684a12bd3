//! Intrinsics that change shapes, reduce, and multiply.

use tile::abi::{ElemCode, ReduceCode};
use tile_ir::{ContractSpec, Elem, Index, OpKind, ReduceOp, Type, Value};

use super::tile::element_type;
use super::types::{Dims, signed};
use super::{Lifter, Lifting};
use crate::errors::Problem;
use crate::llvm::Value as LlvmValue;
use crate::params::{constant, elem, elem_code};

/// The tile dimension of an axis number (0 = b, 1 = r, 2 = c).
pub(super) fn dimension(axis: u64, dims: Dims) -> Result<usize, Problem> {
    let rank = dims.list().len() as u64;
    let dim = (axis + rank).checked_sub(3).filter(|_| axis < 3);
    dim.map(|dim| dim as usize).ok_or(Problem::BadCode { what: "the axis".into(), value: axis })
}

/// Offsets given as three constants, for a tile of this rank.
fn offsets(args: &[LlvmValue<'_>], first: usize, rank: usize) -> Result<Vec<u64>, Problem> {
    let all = (first..first + 3).map(|i| constant(args.get(i), "the offset")).collect::<Result<Vec<u64>, Problem>>()?;
    Ok(all[3 - rank..].to_vec())
}

impl<'m> Lifter<'_, 'm> {
    pub(super) fn shape_intrinsic(&mut self, name: &str, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        match name {
            "__tile_broadcast" => {
                let (x, to) = self.reshaping(args)?;
                Ok(if self.cfg.ty(x) == to { x } else { self.op(OpKind::Broadcast(x), to) })
            }
            "__tile_reshape" => {
                let (x, to) = self.reshaping(args)?;
                if self.cfg.ty(x).shape.count() != to.shape.count() {
                    return Err(Some(Problem::BadShape { what: "this reshape".into(), shape: to.shape.to_string() }));
                }
                Ok(self.reshape(x, to))
            }
            "__tile_transpose" => self.transpose(args),
            "__tile_slice" => self.slice(args),
            "__tile_insert" => self.insert(args),
            "__tile_extract_f32" => self.extract(args, Elem::F32),
            "__tile_extract_u32" => self.extract(args, Elem::I32),
            "__tile_reduce" => self.reduce(args),
            "__tile_contract" => self.contract(args),
            _ => Err(Some(Problem::Extern { name: name.to_owned() })),
        }
    }

    /// Operand and result type of a broadcast or reshape.
    fn reshaping(&mut self, args: &[LlvmValue<'m>]) -> Lifting<(Value, Type)> {
        let elem = elem(elem_code(args.get(1))?);
        let from = Dims::read(args, 2)?.tile(elem)?;
        let to = Dims::read(args, 5)?.tile(elem)?;
        Ok((self.tile(args[0], from)?, to))
    }

    fn reshape(&mut self, x: Value, to: Type) -> Value {
        if self.cfg.ty(x) == to { x } else { self.op(OpKind::Reshape(x), to) }
    }

    fn transpose(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let elem = elem(elem_code(args.get(1))?);
        let Dims { b, r, c } = Dims::read(args, 2)?;
        let value = self.tile(args[0], Dims { b, r, c }.tile(elem)?)?;
        let to = Dims { b, r: c, c: r }.tile(elem)?;
        let perm = if b == 0 { vec![1, 0] } else { vec![0, 2, 1] };
        Ok(self.op(OpKind::Transpose { value, perm }, to))
    }

    fn slice(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let elem = elem(elem_code(args.get(1))?);
        let from = Dims::read(args, 2)?;
        let value = self.tile(args[0], from.tile(elem)?)?;
        let to = Dims::read(args, 8)?;
        let result = to.tile(elem)?;
        // A rank-2 part of a rank-3 tile is cut with one layer, then flattened.
        let part = if from.b > 0 && to.b == 0 { Dims { b: 1, ..to } } else { to };
        let rank = from.list().len();
        let offsets = offsets(args, 5, rank)?;
        inside("this slice", &from.list(), &offsets, &part.list())?;
        let cut = self.op(OpKind::Slice { value, offsets }, part.tile(elem)?);
        Ok(self.reshape(cut, result))
    }

    fn insert(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let elem = elem(elem_code(args.get(2))?);
        let from = Dims::read(args, 3)?;
        let to = Dims::read(args, 9)?;
        let value = self.tile(args[0], from.tile(elem)?)?;
        let result = to.tile(elem)?;
        let into = self.tile(args[1], result)?;
        let part = if to.b > 0 && from.b == 0 { Dims { b: 1, ..from } } else { from };
        let offsets = offsets(args, 6, to.list().len())?;
        inside("this insertion", &to.list(), &offsets, &part.list())?;
        let value = self.reshape(value, part.tile(elem)?);
        Ok(self.op(OpKind::InsertSlice { value, into, offsets }, result))
    }

    fn extract(&mut self, args: &[LlvmValue<'m>], elem: Elem) -> Lifting<Value> {
        let ty = Dims::read_flat(args, 1)?.tile(elem)?;
        let value = self.tile(args[0], ty)?;
        let mut indices = Vec::new();
        for arg in &args[3..5] {
            let index = self.value(*arg)?;
            indices.push(match self.cfg.integer(index) {
                Some(number) => Index::Static(number as u64),
                None => Index::Dynamic(self.index(index)),
            });
        }
        for (index, &extent) in indices.iter().zip(ty.shape.dims()) {
            if let Index::Static(number) = index
                && *number >= extent
            {
                let shape = format!("{} and the index is {number}", ty.shape);
                return Err(Some(Problem::BadShape { what: "this tile".into(), shape }));
            }
        }
        Ok(self.op(OpKind::Extract { value, indices }, Type::scalar(elem)))
    }

    fn reduce(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let what = "the operation";
        let number = constant(args.first(), what)?;
        let op = u32::try_from(number).ok().and_then(ReduceCode::from_code);
        let op = op.ok_or_else(|| Problem::BadCode { what: what.into(), value: number })?;
        let code = elem_code(args.get(2))?;
        let dims = Dims::read(args, 4)?;
        let ty = dims.tile(elem(code))?;
        let value = self.tile(args[1], ty)?;
        let dim = dimension(constant(args.get(3), "the axis")?, dims)?;
        if code == ElemCode::Bool {
            return Err(Some(element_type(op.name(), code)));
        }
        let mut rest = ty.shape.dims().to_vec();
        rest[dim] = 1;
        let result = Type::tile(ty.elem, &rest).unwrap_or(ty);
        rest.remove(dim);
        let reduced = Type::tile(ty.elem, &rest).unwrap_or(ty);
        let (op, start) = self.reduction(op, code, reduced);
        let value = self.op(OpKind::Reduce { op, value, acc: start, dims: vec![dim] }, reduced);
        Ok(self.reshape(value, result))
    }

    /// The reduction and its identity.
    fn reduction(&mut self, op: ReduceCode, code: ElemCode, ty: Type) -> (ReduceOp, Value) {
        let bits = ty.elem.bits() as u32;
        let (least, most) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
        let float = ty.elem.is_float();
        match (op, float, signed(code)) {
            (ReduceCode::Sum, _, _) => (ReduceOp::Add, self.cfg.zero(ty, &self.loc)),
            (ReduceCode::Max, true, _) => (ReduceOp::MaxF, self.float(ty, f32::NEG_INFINITY)),
            (ReduceCode::Min, true, _) => (ReduceOp::MinF, self.float(ty, f32::INFINITY)),
            (ReduceCode::Max, false, true) => (ReduceOp::MaxS, self.int(ty, least)),
            (ReduceCode::Min, false, true) => (ReduceOp::MinS, self.int(ty, most)),
            (ReduceCode::Max, false, false) => (ReduceOp::MaxU, self.int(ty, 0)),
            (ReduceCode::Min, false, false) => (ReduceOp::MinU, self.int(ty, -1)),
        }
    }

    fn contract(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let number = |i: usize, what| constant(args.get(i), what);
        let what = "the size of a product";
        let (b, m, n, k) = (number(3, what)?, number(4, what)?, number(5, what)?, number(6, what)?);
        let flag = "whether an operand is transposed";
        let (transpose_lhs, transpose_rhs) = (number(7, flag)? != 0, number(8, flag)? != 0);
        let matrix = |r, c, transposed| {
            if transposed { Dims { b, r: c, c: r } } else { Dims { b, r, c } }
        };
        let lhs = self.tile(args[0], matrix(m, k, transpose_lhs).tile(Elem::F32)?)?;
        let rhs = self.tile(args[1], matrix(k, n, transpose_rhs).tile(Elem::F32)?)?;
        let ty = matrix(m, n, false).tile(Elem::F32)?;
        let acc = self.tile(args[2], ty)?;
        // Iterators are (b,) m, n, k.
        let batch = usize::from(b > 0);
        let (im, inn, ik) = (batch, batch + 1, batch + 2);
        let dims = |first: usize, second: usize, exchanged: bool| {
            let mut dims: Vec<usize> = (0..batch).collect();
            dims.extend(if exchanged { [second, first] } else { [first, second] });
            dims
        };
        let mut reduced = vec![false; batch + 2];
        reduced.push(true);
        let spec = ContractSpec {
            reduced,
            lhs: dims(im, ik, transpose_lhs),
            rhs: dims(ik, inn, transpose_rhs),
            acc: dims(im, inn, false),
        };
        Ok(self.op(OpKind::Contract { lhs, rhs, acc, spec }, ty))
    }
}

/// Checks that a part lies inside a tile.
fn inside(what: &str, whole: &[u64], offsets: &[u64], part: &[u64]) -> Result<(), Problem> {
    let fits = whole.len() == part.len()
        && whole.iter().zip(offsets).zip(part).all(|((&w, &o), &p)| o.checked_add(p).is_some_and(|end| end <= w));
    let list = |dims: &[u64]| dims.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
    if fits {
        return Ok(());
    }
    let shape = format!("{} at {} of {}", list(part), list(offsets), list(whole));
    Err(Problem::BadShape { what: what.into(), shape })
}
