//! Stores.

use tile_ir::{Op, OpKind, Shape, Value, ViewId};

use super::calc::{Arg, Size};
use super::masks::Rest;
use super::memory::Start;
use super::moves::Dim;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Val, natural};
use crate::limits::PARTITIONS;

impl Lower<'_> {
    /// Loads what is still to be loaded of a view that is about to be written.
    pub(super) fn settle(&mut self, view: ViewId) -> Result<()> {
        for index in 0..self.forms.len() {
            let Origin::Source(source) = &self.forms[index].origin else { continue };
            if source.written != Some(view) {
                continue;
            }
            if self.forms[index].list.is_empty() && self.forms[index].level <= self.innermost() {
                let dims: Vec<u64> = source.dims.iter().map(|dim| dim.count).collect();
                let shape = Shape::new(&dims).unwrap_or_default();
                let parts = if shape.count() == 1 { PARTITIONS } else { natural(&shape) };
                self.form(FormsId(index), parts)?;
            }
            self.forms[index].origin = Origin::Forms;
        }
        Ok(())
    }

    pub(super) fn store_op(&mut self, op: &Op) -> Result<()> {
        let OpKind::Store { view, value, indices, mask, in_bounds } = &op.kind else { return self.broken("no store") };
        let ty = self.ty(*value);
        self.settle(*view)?;
        let Some(mut place) = self.place(*view, indices, &ty.shape, in_bounds, false)? else { return Ok(()) };
        if place.starts.iter().any(|start| matches!(start, Start::Anywhere(_))) {
            return self.refuse(op, ty.elem, "a part that may hang over the view must begin where the compiler knows");
        }
        let rest = match mask {
            Some(mask) => self.clip(*mask, &mut place, ty.shape.rank())?,
            None => Rest::Nothing,
        };
        let mask = match rest {
            Rest::Empty => return Ok(()),
            Rest::Nothing => None,
            Rest::Mask(mask) => Some(mask),
        };
        let id = self.forms_of(*value)?;
        let (hbm, dims) = self.address(&place)?;
        let leading = place.sizes.len() - ty.shape.rank();
        let (dims, inside) = (&dims[leading..], &place.inside[leading..]);
        let whole = place.inside.iter().zip(&place.sizes).all(|(inside, size)| *inside == (0, *size));
        let mut parts = self.stored_parts(id, &ty.shape);
        if !whole && self.is_one_row(&ty.shape) {
            // Partitions that are cut in the middle would be copied one by one.
            let run = ty.shape.count() / parts;
            let (first, size) = inside.last().copied().unwrap_or((0, 1));
            if !(first.is_multiple_of(run) && size.is_multiple_of(run)) {
                parts = super::moves::box_parts(ty.shape.dims(), inside);
            }
        }
        let mut span = self.form(id, parts)?;
        if let Some(mask) = mask {
            // What is masked off keeps what is there.
            let size = Size { parts, free: span.free() };
            let Arg::Span(mask) = self.arg(&Val::Tile(mask), size)? else {
                return self.broken("a mask that is a number");
            };
            let kept = self.temp(self.dtype(&span), parts, span.free());
            if !whole {
                self.copy(&kept, &span)?;
            }
            self.transfer_box(&kept, dims, inside, &hbm, true)?;
            self.overwrite(&kept, &mask, &Arg::Span(span))?;
            span = kept;
        }
        self.transfer_box(&span, dims, inside, &hbm, false)
    }

    fn is_one_row(&self, shape: &Shape) -> bool {
        shape.dims().last().is_some_and(|&cols| cols == shape.count())
    }

    fn stored_parts(&self, id: FormsId, shape: &Shape) -> u64 {
        if shape.count() == 1 {
            return 1;
        }
        let list = &self.data(id).list;
        list.first().map_or_else(|| self.choose_parts(&[id], shape), |span| span.parts)
    }

    pub(super) fn store_scalar(&mut self, op: &Op, view: ViewId, value: Value, indices: &[Value]) -> Result<()> {
        self.settle(view)?;
        let shape = self.view_shape(view)?;
        let ones = Shape::new(&vec![1; shape.rank()]).unwrap_or_default();
        let promises = vec![true; indices.len()];
        let Some(place) = self.place(view, indices, &ones, &promises, false)? else {
            return self.refuse(op, self.ty(value).elem, "this element is outside of the view");
        };
        let id = self.forms_of(value)?;
        let span = self.form(id, 1)?;
        let (hbm, _) = self.address(&place)?;
        self.transfer_box(&span, &[Dim { count: 1, step: 1 }], &[(0, 1)], &hbm, false)
    }
}
