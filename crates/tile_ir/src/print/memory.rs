//! Loads and stores.

use super::{Printer, comma, memref};
use crate::kernel::{Loc, ParamKind};
use crate::op::{Value, ViewId};
use crate::types::{Elem, Type};

impl Printer<'_> {
    /// Name and type of a view.
    fn view(&self, id: ViewId) -> (String, String) {
        let ty = match &self.kernel.params[id.index()].kind {
            ParamKind::View(view) => memref(view),
            ParamKind::Scalar(scalar) => scalar.elem.to_string(),
        };
        (self.names.view(id.index()).to_owned(), ty)
    }

    fn mask(&self, mask: Option<Value>) -> String {
        mask.map_or_else(String::new, |mask| format!(", {}", self.v(mask)))
    }

    pub(super) fn load(
        &self,
        view: ViewId,
        indices: &[Value],
        pad: Value,
        mask: Option<Value>,
        in_bounds: &[bool],
        ty: Type,
    ) -> String {
        let (name, memref) = self.view(view);
        let (indices, pad, mask) = (self.vs(indices), self.v(pad), self.mask(mask));
        let promise = comma(in_bounds);
        format!("vector.transfer_read {name}[{indices}], {pad}{mask} {{in_bounds = [{promise}]}} : {memref}, {ty}")
    }

    pub(super) fn store(
        &self,
        view: ViewId,
        value: Value,
        indices: &[Value],
        mask: Option<Value>,
        in_bounds: &[bool],
    ) -> String {
        let (name, memref) = self.view(view);
        let (tile, ty, mask) = (self.v(value), self.ty(value), self.mask(mask));
        let (indices, promise) = (self.vs(indices), comma(in_bounds));
        format!("vector.transfer_write {tile}, {name}[{indices}]{mask} {{in_bounds = [{promise}]}} : {ty}, {memref}")
    }

    pub(super) fn load_scalar(&self, view: ViewId, indices: &[Value]) -> String {
        let (name, memref) = self.view(view);
        format!("memref.load {name}[{}] : {memref}", self.vs(indices))
    }

    pub(super) fn store_scalar(&self, view: ViewId, value: Value, indices: &[Value]) -> String {
        let (name, memref) = self.view(view);
        format!("memref.store {}, {name}[{}] : {memref}", self.v(value), self.vs(indices))
    }

    /// The view collapsed to one dimension, a base index of 0, and the gather itself.
    pub(super) fn gather(&mut self, view: ViewId, offsets: Value, mask: Value, passthru: Value, loc: &Loc) -> String {
        let (mut name, mut memref) = self.view(view);
        let (count, rank, elem) = match self.kernel.view(view) {
            Some(view) => (view.shape.count(), view.shape.rank(), view.elem),
            None => (0, 0, Elem::F32),
        };
        if rank > 1 {
            let (flat, from) = (self.names.number(), (name, memref));
            memref = format!("memref<{count}x{elem}>");
            let groups = comma(0..rank);
            self.line(
                &format!("{flat} = memref.collapse_shape {} [[{groups}]] : {} into {memref}", from.0, from.1),
                loc,
            );
            name = flat;
        }
        let base = self.names.number();
        self.line(&format!("{base} = arith.constant 0 : index"), loc);
        let (mut offset_name, mut offset_ty) = (self.v(offsets).to_owned(), self.ty(offsets));
        // MLIR reads i32 offsets as signed: where that makes a difference they are widened first.
        if offset_ty.elem == Elem::I32 && count > 1 << 31 {
            let (wide, to) = (self.names.number(), offset_ty.with_elem(Elem::Index));
            self.line(&format!("{wide} = arith.index_castui {offset_name} : {offset_ty} to {to}"), loc);
            (offset_name, offset_ty) = (wide, to);
        }
        let (types, ty) = (self.types(&[mask, passthru]), self.ty(passthru));
        let others = self.vs(&[mask, passthru]);
        format!("vector.gather {name}[{base}] [{offset_name}], {others} : {memref}, {offset_ty}, {types} into {ty}")
    }
}
