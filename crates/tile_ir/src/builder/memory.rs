//! Loads and stores. No promise of being in bounds is made here; that is analysis' part.

use super::{KernelBuilder, tile_of};
use crate::op::{OpKind, Value, ViewId};
use crate::types::{Elem, Type};

impl KernelBuilder {
    fn view_elem(&self, view: ViewId) -> Elem {
        self.kernel.view(view).map_or(Elem::F32, |view| view.elem)
    }

    /// Loads a tile of shape `dims`; outside the view it is zero.
    pub fn load(&mut self, view: ViewId, indices: &[Value], dims: &[u64]) -> Value {
        let elem = self.view_elem(view);
        let pad = self.number(elem, 0);
        self.load_masked(view, indices, dims, pad, None)
    }

    /// Loads a tile of shape `dims`; outside the view and where `mask` is false it is `pad`.
    pub fn load_masked(
        &mut self,
        view: ViewId,
        indices: &[Value],
        dims: &[u64],
        pad: Value,
        mask: Option<Value>,
    ) -> Value {
        let ty = tile_of(self.view_elem(view), dims);
        let in_bounds = vec![false; ty.shape.rank()];
        self.op1(OpKind::Load { view, indices: indices.to_vec(), pad, mask, in_bounds }, ty)
    }

    /// Stores a tile; what falls outside the view is not written.
    pub fn store(&mut self, view: ViewId, value: Value, indices: &[Value]) {
        self.store_masked(view, value, indices, None);
    }

    /// Stores a tile where `mask` is true and inside the view.
    pub fn store_masked(&mut self, view: ViewId, value: Value, indices: &[Value], mask: Option<Value>) {
        let in_bounds = vec![false; self.ty(value).shape.rank()];
        self.push(OpKind::Store { view, value, indices: indices.to_vec(), mask, in_bounds }, Vec::new());
    }

    /// Loads one element.
    pub fn load_scalar(&mut self, view: ViewId, indices: &[Value]) -> Value {
        let ty = Type::scalar(self.view_elem(view));
        self.op1(OpKind::LoadScalar { view, indices: indices.to_vec() }, ty)
    }

    /// Stores one element.
    pub fn store_scalar(&mut self, view: ViewId, value: Value, indices: &[Value]) {
        self.push(OpKind::StoreScalar { view, value, indices: indices.to_vec() }, Vec::new());
    }

    /// Gathers elements at linear `offsets` where `mask` is true, else `passthru`.
    pub fn gather(&mut self, view: ViewId, offsets: Value, mask: Value, passthru: Value) -> Value {
        let ty = self.ty(passthru);
        self.op1(OpKind::Gather { view, offsets, mask, passthru }, ty)
    }
}
