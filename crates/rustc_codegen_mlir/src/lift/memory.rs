//! Loads, stores, gathers, and why other memory accesses are refused.

use tile::abi::{ElemCode, NO_LIMIT};
use tile_ir::{Access, BinaryOp, CastOp, Elem, Index, OpKind, Predicate, Type, Value, ViewId};

use super::types::{Dims, canonical};
use super::{Lifted, Lifter, Lifting};
use crate::errors::{Error, Problem};
use crate::llvm::{Op, Value as LlvmValue};
use crate::params::{Bound, BoundKind, by, constant, elem, elem_code};

/// A view as an access names it.
struct Named {
    id: ViewId,
    code: ElemCode,
    extents: Vec<u64>,
}

impl<'m> Lifter<'_, 'm> {
    /// A load; `outer` dimensions come before the view's rows, each with an extent and an index.
    pub(super) fn load(&mut self, args: &[LlvmValue<'m>], outer: usize) -> Lifting<Value> {
        let view = self.view(args, outer)?;
        let elem = elem(view.code);
        // Pointer and element type come first, then extents, indices, the tile's shape.
        let first = 2 + 2 * (outer + 2);
        let dims = Dims::read_flat(args, first)?;
        let ty = dims.tile(elem)?;
        let pad = self.pad(args.get(first + 2), view.code)?;
        let indices = self.position(args, outer)?;
        let mask = self.limits(args, first + 3, dims)?;
        let in_bounds = vec![false; ty.shape.rank()];
        Ok(self.op(OpKind::Load { view: view.id, indices, pad, mask, in_bounds }, ty))
    }

    /// A store, of the same form, with the tile before its shape.
    pub(super) fn store(&mut self, args: &[LlvmValue<'m>], outer: usize) -> Lifting<()> {
        let view = self.view(args, outer)?;
        let Bound { name, kind, .. } = &self.params.bound[view.id.index()];
        match kind {
            BoundKind::View { access: Access::Write, .. } => {}
            BoundKind::View { access: Access::Read | Access::Weights, .. } | BoundKind::U32 { .. } | BoundKind::F32 => {
                return Err(Some(Problem::ReadOnly { name: name.clone() }));
            }
        }
        let first = 2 + 2 * (outer + 2);
        let dims = Dims::read_flat(args, first + 1)?;
        let ty = dims.tile(elem(view.code))?;
        let value = self.tile(args[first], ty)?;
        let indices = self.position(args, outer)?;
        let mask = self.limits(args, first + 3, dims)?;
        let in_bounds = vec![false; ty.shape.rank()];
        self.push(OpKind::Store { view: view.id, value, indices, mask, in_bounds }, Vec::new());
        Ok(())
    }

    pub(super) fn gather(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let view = self.view(args, 0)?;
        let dims = Dims::read_flat(args, 5)?;
        let ty = dims.tile(elem(view.code))?;
        let offsets = self.tile(args[4], ty.with_elem(Elem::I32))?;
        let pad = self.pad(args.get(7), view.code)?;
        let pad = self.cfg.number(pad);
        let passthru = match pad {
            Some(number) => self.cfg.constant(ty, number, &self.loc),
            None => self.cfg.zero(ty, &self.loc),
        };
        let count = view.extents.iter().fold(1, |count: u64, &extent| count.saturating_mul(extent));
        let mask = if count > u64::from(u32::MAX) {
            self.int(ty.with_elem(Elem::I1), 1)
        } else {
            let count = self.int(ty.with_elem(Elem::I32), canonical(count, 32));
            self.compare(Predicate::ULt, offsets, count)
        };
        let offsets = self.op(OpKind::Cast(CastOp::IndexU, offsets), ty.with_elem(Elem::Index));
        Ok(self.op(OpKind::Gather { view: view.id, offsets, mask, passthru }, ty))
    }

    /// The view of an access: arguments are pointer, element type, `outer` extents, rows, columns.
    fn view(&mut self, args: &[LlvmValue<'m>], outer: usize) -> Lifting<Named> {
        let id = match args.first().and_then(|pointer| self.values.get(pointer)) {
            Some(Lifted::View(id)) => *id,
            Some(Lifted::Refused) => return Err(None),
            Some(Lifted::Value(_) | Lifted::Checked(..)) | None => {
                return Err(Some(Problem::NotParameter));
            }
        };
        let code = elem_code(args.get(1))?;
        let extents: Result<Vec<u64>, Problem> =
            (2..outer + 4).map(|arg| constant(args.get(arg), "the extent of a view")).collect();
        let used = Named { id, code, extents: extents? };
        let Bound { name, kind, .. } = &self.params.bound[id.index()];
        match kind {
            BoundKind::View { code, extents, .. } if (code, extents) == (&used.code, &used.extents) => Ok(used),
            BoundKind::View { code, extents, .. } => Err(Some(Problem::ViewMismatch {
                name: name.clone(),
                used: format!("{} of {}", by(&used.extents), used.code.name()),
                declared: format!("{} of {}", by(extents), code.name()),
            })),
            BoundKind::U32 { .. } | BoundKind::F32 => Err(Some(Problem::NotParameter)),
        }
    }

    /// Where the tile begins, as `index`: one for each extent, behind them.
    fn position(&mut self, args: &[LlvmValue<'m>], outer: usize) -> Lifting<Vec<Value>> {
        let first = 2 + outer + 2;
        let values = args[first..first + outer + 2].iter();
        let values = values.map(|&arg| self.value(arg)).collect::<Lifting<Vec<Value>>>()?;
        Ok(values.into_iter().map(|value| self.index(value)).collect())
    }

    /// An unsigned integer as `index`.
    pub(super) fn index(&mut self, value: Value) -> Value {
        if let Some(number) = self.cfg.integer(value) {
            let bits = self.cfg.ty(value).elem.bits() as u32;
            let unsigned = (number as u64) << (64 - bits) >> (64 - bits);
            return self.int(Type::INDEX, unsigned as i64);
        }
        // A counter that was `index` before: no need to go there and back.
        let block = &self.cfg.blocks[self.at];
        let source = block.ops.iter().rev().find(|op| op.results.first() == Some(&value)).map(|op| &op.kind);
        match source {
            Some(OpKind::Cast(CastOp::IndexU, before)) if self.cfg.ty(*before) == Type::INDEX => *before,
            _ => self.op(OpKind::Cast(CastOp::IndexU, value), Type::INDEX),
        }
    }

    /// The padding constant, converted to the element type.
    fn pad(&mut self, value: Option<&LlvmValue<'m>>, code: ElemCode) -> Lifting<Value> {
        let not_constant = || Some(Problem::NotConstant { what: "the padding".into() });
        let value = self.value(*value.ok_or_else(not_constant)?)?;
        let Some(tile_ir::Number::Float(pad)) = self.cfg.number(value) else {
            return Err(not_constant());
        };
        let ty = Type::scalar(elem(code));
        Ok(match code {
            ElemCode::F32 | ElemCode::Bf16 | ElemCode::F16 => self.float(ty, pad),
            ElemCode::I8 => self.int(ty, i64::from(pad as i8)),
            ElemCode::U32 => self.int(ty, i64::from(pad as u32 as i32)),
            ElemCode::I32 => self.int(ty, i64::from(pad as i32)),
            ElemCode::Bool => self.int(ty, i64::from(pad != 0.0)),
        })
    }

    /// The mask of `valid_rows` and `valid_cols`, if they limit anything.
    fn limits(&mut self, args: &[LlvmValue<'m>], first: usize, dims: Dims) -> Lifting<Option<Value>> {
        let rows = self.limit(args[first], dims.r)?;
        let cols = self.limit(args[first + 1], dims.c)?;
        if (rows, cols) == (Index::Static(dims.r), Index::Static(dims.c)) {
            return Ok(None);
        }
        let ty = dims.tile(Elem::I1)?;
        let mut bounds = vec![rows, cols];
        // One operation takes only numbers, the other only values.
        if bounds.iter().any(|bound| matches!(bound, Index::Dynamic(_))) {
            for bound in &mut bounds {
                if let Index::Static(number) = *bound {
                    *bound = Index::Dynamic(self.int(Type::INDEX, number as i64));
                }
            }
        }
        Ok(Some(self.op(OpKind::CreateMask { bounds }, ty)))
    }

    /// One limit, clamped to the tile's extent (which also keeps huge unsigned numbers from turning negative).
    fn limit(&mut self, limit: LlvmValue<'m>, extent: u64) -> Lifting<Index> {
        let limit = self.value(limit)?;
        if let Some(number) = self.cfg.integer(limit) {
            let number = if number as u64 == NO_LIMIT as u64 { extent } else { number as u64 };
            return Ok(Index::Static(number.min(extent)));
        }
        let extent = self.int(self.cfg.ty(limit), extent as i64);
        let clamped = self.binary(BinaryOp::MinU, limit, extent);
        Ok(Index::Dynamic(self.index(clamped)))
    }

    /// Why a plain memory instruction is refused; `None` if another one is to blame.
    pub(super) fn memory_problem(&mut self, inst: LlvmValue<'m>, opcode: Op) -> Option<Problem> {
        let operands = inst.operands();
        let pointer = *operands.get(usize::from(opcode == Op::LLVMStore))?;
        let problem = self.pointer_problem(Some(pointer));
        let blameless = problem == Problem::RuntimeArray && self.runtime_index && !self.is_runtime_index(pointer);
        if blameless {
            self.silent = Some(Error::new(problem, self.loc.clone()));
            return None;
        }
        Some(problem)
    }

    /// Whether this is the address of an array element chosen at run time.
    pub(super) fn is_runtime_index(&self, pointer: LlvmValue<'m>) -> bool {
        let operands = pointer.operands();
        pointer.opcode() == Some(Op::LLVMGetElementPtr)
            && operands.split_first().is_some_and(|(base, indices)| {
                self.is_array(*base) && indices.iter().any(|index| index.constant().is_none())
            })
    }

    /// Whether a pointer points into a local variable or a constant table.
    pub(super) fn is_array(&self, pointer: LlvmValue<'m>) -> bool {
        let mut at = pointer;
        for _ in 0..64 {
            if at.is_global() {
                return true;
            }
            at = match at.opcode() {
                Some(Op::LLVMAlloca) => return true,
                Some(Op::LLVMGetElementPtr) => at.operands()[0],
                Some(Op::LLVMPHI) => match at.incoming().iter().map(|(_, v)| *v).find(|v| *v != at) {
                    Some(from) => from,
                    None => return false,
                },
                _ => return false,
            };
        }
        false
    }
}
