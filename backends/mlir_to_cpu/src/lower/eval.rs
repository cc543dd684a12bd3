//! Computes chunks of virtual tiles where they are needed.

use tile_ir::{Literal, Number, Op, OpKind, Value};

use super::access::Mem;
use super::chunk::Chunk;
use super::index::Pos;
use super::{Lower, Result};
use crate::error::Error;
use crate::limits::MAX_EMITTED;
use crate::plan::Place;
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Register class of a value's elements.
    pub(crate) fn reg(&self, value: Value) -> Reg {
        Reg::of(self.kernel.ty(value).elem)
    }

    /// The elements of `value` at `pos`.
    pub(crate) fn eval(&mut self, value: Value, pos: &Pos) -> Result<Chunk> {
        match self.plan.places[value.index()] {
            Place::Scalar => {
                let element = self.scalar(value)?;
                let reg = self.reg(value);
                Ok(self.splat(reg, element, pos.lanes))
            }
            Place::Buffer(_) | Place::Carried | Place::Next(_) => {
                if let Some(chunk) = self.remembered(value, pos) {
                    return Ok(chunk);
                }
                let mem = self.tile_mem(value)?;
                let chunk = self.read(&mem, pos);
                self.remember(value, pos, &chunk);
                Ok(chunk)
            }
            Place::Virtual => {
                if let Some(chunk) = self.remembered(value, pos) {
                    return Ok(chunk);
                }
                let op = self.def(value)?;
                let chunk = self.at_loc(&op.loc, |this| this.eval_op(op, value, pos))?;
                self.remember(value, pos, &chunk);
                Ok(chunk)
            }
            Place::Dead => Err(self.broken(value, "is used where it has no value")),
        }
    }

    /// The one element of a value.
    pub(crate) fn scalar(&mut self, value: Value) -> Result<cranelift_codegen::ir::Value> {
        match self.ssa[value.index()] {
            Some(element) => Ok(element),
            None => Err(self.broken(value, "is used before it is defined")),
        }
    }

    /// A kept tile in memory.
    pub(crate) fn tile_mem(&mut self, value: Value) -> Result<Mem> {
        let ty = self.kernel.ty(value);
        match self.mem[value.index()] {
            Some(base) => Ok(Mem::tile(base, ty.elem, &ty.shape, false)),
            None => Err(self.broken(value, "is used before it is defined")),
        }
    }

    fn remembered(&self, value: Value, pos: &Pos) -> Option<Chunk> {
        self.memo.iter().rev().find_map(|scope| scope.get(&(value, *pos))).cloned()
    }

    fn remember(&mut self, value: Value, pos: &Pos, chunk: &Chunk) {
        if let Some(scope) = self.memo.last_mut() {
            scope.insert((value, *pos), chunk.clone());
        }
    }

    /// Computes elements of the result of `op`, whatever its place.
    pub(crate) fn eval_op(&mut self, op: &Op, result: Value, pos: &Pos) -> Result<Chunk> {
        self.emitted += 4 + u64::from(pos.lanes);
        if self.emitted > MAX_EMITTED {
            return Err(Error::Limit {
                kernel: self.kernel.name.clone(),
                what: "machine code in operations",
                needed: self.emitted,
                limit: MAX_EMITTED,
                loc: op.loc.clone(),
                help: "use smaller tiles, or split the kernel".to_owned(),
            });
        }
        let elem = self.kernel.ty(result).elem;
        match &op.kind {
            OpKind::ProgramId(axis) => Ok(Chunk::one(self.program[axis.index()])),
            OpKind::NumPrograms(axis) => {
                let programs = self.kernel.grid[axis.index()];
                Ok(Chunk::one(self.long(programs as i64)))
            }
            OpKind::Constant(literal) => self.eval_constant(result, literal, pos),
            OpKind::Unary(unary, x) => {
                let x = self.eval(*x, pos)?;
                self.unary(*unary, elem, &x)
            }
            OpKind::Binary(binary, x, y) => {
                if let Some(amount) = self.uniform_shift(*binary, *y) {
                    let x = self.eval(*x, pos)?;
                    return Ok(self.shift_all(*binary, elem, &x, amount));
                }
                let (x, y) = (self.eval(*x, pos)?, self.eval(*y, pos)?);
                Ok(self.binary(*binary, elem, &x, &y))
            }
            OpKind::Fma(x, y, z) => {
                let (x, y, z) = (self.eval(*x, pos)?, self.eval(*y, pos)?, self.eval(*z, pos)?);
                let sum = self.fused(&x, &y, &z)?;
                Ok(self.round_to(elem, &sum))
            }
            OpKind::Compare(predicate, x, y) => {
                let reg = self.reg(*x);
                let (x, y) = (self.eval(*x, pos)?, self.eval(*y, pos)?);
                Ok(self.compare(*predicate, reg, &x, &y))
            }
            OpKind::Select { cond, on_true, on_false } => {
                let cond = self.eval(*cond, pos)?;
                let (yes, no) = (self.eval(*on_true, pos)?, self.eval(*on_false, pos)?);
                Ok(self.select(Reg::of(elem), &cond, &yes, &no))
            }
            OpKind::Cast(cast, x) => {
                let from = self.kernel.ty(*x).elem;
                let x = self.eval(*x, pos)?;
                Ok(self.cast(*cast, from, elem, &x))
            }
            OpKind::Broadcast(x) => self.eval_broadcast(*x, result, pos),
            OpKind::Reshape(x) => self.eval_reshape(*x, result, pos),
            OpKind::Transpose { value, perm } => self.eval_transpose(*value, perm, pos),
            OpKind::Slice { value, offsets } => self.eval_slice(*value, offsets, pos),
            OpKind::Extract { value, indices } => self.eval_extract(*value, indices, pos),
            OpKind::CreateMask { bounds } => self.eval_mask(bounds, pos),
            OpKind::Load { pad, .. } => self.eval_load(result, *pad, pos),
            OpKind::LoadScalar { view, indices } => self.load_scalar(*view, indices),
            OpKind::Gather { view, offsets, mask, passthru } => {
                self.eval_gather(*view, *offsets, *mask, *passthru, pos)
            }
            OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Insert { .. }
            | OpKind::Store { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => Err(self.broken(result, "has no elements of its own")),
        }
    }

    /// One number as a machine value of its class.
    pub(crate) fn number(&mut self, reg: Reg, number: Number) -> cranelift_codegen::ir::Value {
        use cranelift_codegen::ir::InstBuilder;
        let (float, int) = match number {
            Number::Float(float) => (float, float as i64),
            Number::Int(int) => (int as f32, int),
        };
        match reg {
            Reg::Float => self.b.ins().f32const(float),
            Reg::Int => self.int_const(cranelift_codegen::ir::types::I32, int as u32),
            Reg::Long => self.long(int),
            Reg::Bool => self.b.ins().iconst(reg.scalar(), i64::from(int & 1 != 0)),
        }
    }

    fn eval_constant(&mut self, result: Value, literal: &Literal, pos: &Pos) -> Result<Chunk> {
        let ty = self.kernel.ty(result);
        let reg = Reg::of(ty.elem);
        match literal {
            Literal::Splat(number) => {
                let element = self.number(reg, *number);
                Ok(self.splat(reg, element, pos.lanes))
            }
            Literal::Iota { dim } => Ok(self.eval_iota(ty.elem, *dim, pos)),
            Literal::Dense(numbers) => {
                let base = self.dense(result, ty.elem, numbers)?;
                let mem = Mem::tile(base, ty.elem, &ty.shape, true);
                Ok(self.read(&mem, pos))
            }
        }
    }
}
