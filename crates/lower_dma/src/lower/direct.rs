//! Elements of tiles of integers that scalar code computes from views and constants, where it cannot read local memory: the places of a
//! gather.

use tile_ir::{Literal, OpKind, Value};

use super::exprs::constant;
use super::memory::Access;
use super::moves::{coordinates, number};
use super::state::{Lower, Result};
use crate::ir::{Convert, Expr, Scalar, StmtKind};

impl Lower<'_> {
    /// Whether scalar code computes elements of a tile by itself: of integers and booleans that are loaded from views that the kernel does not
    /// write, counted, or the same for all. Only where it cannot read them from local memory.
    pub(super) fn is_direct(&self, value: Value) -> bool {
        if self.facts.target.vectors.is_none() || self.facts.ty(value).elem.is_float() {
            return false;
        }
        if self.facts.ty(value).is_scalar() || self.facts.is_splat(value) {
            return true;
        }
        let Some(op) = self.facts.defs[value.index()] else { return false };
        match &op.kind {
            OpKind::Constant(literal) => matches!(literal, Literal::Iota { .. }),
            OpKind::Load { view, mask, pad, .. } => {
                let number = self.facts.defs[pad.index()].map(|def| &def.kind);
                let plain = mask.is_none() || Access::of(self.facts, op).is_some_and(|access| access.mask.is_none());
                plain
                    && !self.facts.written.contains(view)
                    && matches!(number, Some(OpKind::Constant(Literal::Splat(_))))
            }
            OpKind::Broadcast(from) | OpKind::Reshape(from) => self.is_direct(*from),
            OpKind::Binary(..) | OpKind::Compare(..) | OpKind::Select { .. } | OpKind::Cast(..) => {
                op.kind.operands().into_iter().all(|operand| self.is_direct(operand))
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Unary(..)
            | OpKind::Fma(..)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => false,
        }
    }

    /// The element of such a tile with these coordinates, as a number of its element type.
    pub(super) fn direct_element(&mut self, value: Value, at: &[Expr]) -> Result<Expr> {
        let ty = self.facts.ty(value);
        if ty.is_scalar() || self.facts.is_splat(value) {
            return self.tile_element(value, at);
        }
        let Some(op) = self.facts.defs[value.index()] else { return self.broken("a tile has no definition") };
        match &op.kind {
            OpKind::Constant(Literal::Iota { dim }) => Ok(match Scalar::of(ty.elem) {
                Scalar::I32 => {
                    let bits = super::scalar::bits(ty.elem);
                    Expr::Convert(Convert::Signed(Scalar::I32, bits), Box::new(at[*dim].clone()))
                }
                Scalar::I64 | Scalar::F32 | Scalar::Bool => at[*dim].clone(),
            }),
            OpKind::Load { pad, .. } => {
                let Some(access) = Access::of(self.facts, op) else { return self.broken("no load") };
                let (offset, inside) = self.element_of_view(&access, at)?;
                if inside == Expr::Bool(true) {
                    return Ok(self.global(access.view, offset));
                }
                let pad = match self.facts.defs[pad.index()].map(|def| &def.kind) {
                    Some(OpKind::Constant(Literal::Splat(number))) => constant(Scalar::of(ty.elem), *number),
                    Some(_) | None => return self.broken("a pad is no number"),
                };
                let name = self.name_of(value, "element");
                let found = self.var(&name, Scalar::of(ty.elem));
                self.emit(StmtKind::Let { var: found, value: pad });
                self.when(inside, |lower| {
                    let element = lower.global(access.view, offset);
                    lower.emit(StmtKind::Assign { var: found, value: element });
                    Ok(())
                })?;
                Ok(Expr::Var(found))
            }
            OpKind::Broadcast(from) => {
                let dims = self.facts.ty(*from).shape;
                let skipped = at.len() - dims.rank();
                let pairs = dims.dims().iter().zip(&at[skipped..]);
                let inner: Vec<Expr> =
                    pairs.map(|(&dim, at)| if dim == 1 { Expr::int(0) } else { at.clone() }).collect();
                self.direct_element(*from, &inner)
            }
            OpKind::Reshape(from) => {
                let inner = coordinates(&number(at, &ty.shape), &self.facts.ty(*from).shape);
                self.direct_element(*from, &inner)
            }
            OpKind::Binary(..) | OpKind::Compare(..) | OpKind::Select { .. } | OpKind::Cast(..) => {
                let operands = op.kind.operands();
                let args: Vec<Expr> =
                    operands.into_iter().map(|operand| self.direct_element(operand, at)).collect::<Result<_>>()?;
                match self.compute(op, &args)? {
                    Some(value) => Ok(value),
                    None => self.broken("no elementwise operation"),
                }
            }
            OpKind::Constant(_)
            | OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Unary(..)
            | OpKind::Fma(..)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => self.broken("a tile that scalar code does not compute"),
        }
    }
}
