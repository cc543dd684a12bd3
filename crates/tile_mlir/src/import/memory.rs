//! Loads, stores and gathers.

use tile_ir::{Block, CastOp, Elem, OpKind, ViewId};

use super::{Bound, Importer, Site};
use crate::errors::ImportError;
use crate::raw;

impl<'m> Importer<'m> {
    /// The view parameter that operand `index` is.
    fn view(&self, site: &Site<'m>, index: usize) -> Result<(ViewId, usize), ImportError> {
        let operand = site.operand(index)?;
        match self.bound.get(&operand.id()) {
            Some(Bound::View(view)) => Ok((*view, self.rank(*view))),
            Some(Bound::Flat(_)) => Err(site.form(
                "takes a collapsed view",
                Some("index the view itself; only `vector.gather` takes it collapsed"),
            )),
            Some(Bound::Value(_)) | None => Err(site.form("takes something that is no view", None)),
        }
    }

    fn rank(&self, view: ViewId) -> usize {
        self.kernel.view(view).map_or(0, |view| view.shape.rank())
    }

    /// `in_bounds` per dimension of the tile; absent means no promise.
    fn in_bounds(&self, site: &Site<'m>, rank: usize) -> Result<Vec<bool>, ImportError> {
        let Some(attribute) = site.op.attribute("in_bounds") else {
            return Ok(vec![false; rank]);
        };
        let flags: Option<Vec<bool>> =
            attribute.as_array().and_then(|flags| flags.into_iter().map(raw::Attribute::as_bool).collect());
        flags.ok_or_else(|| site.form("has an unreadable `in_bounds`", None))
    }

    fn minor_identity(&self, site: &Site<'m>) -> Result<(), ImportError> {
        if site.attribute("permutation_map")?.is_minor_identity_map() {
            return Ok(());
        }
        Err(site.form(
            "permutes or broadcasts dimensions",
            Some("transfer the last dimensions in order, and use `vector.transpose` or `vector.broadcast`"),
        ))
    }

    pub(super) fn transfer_read(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (view, rank) = self.view(site, 0)?;
        self.minor_identity(site)?;
        let indices = self.values(site, site.op.operands().skip(1).take(rank))?;
        let pad = self.operand(site, 1 + rank)?;
        let mask = site.op.operand(2 + rank).map(|mask| self.value(site, mask)).transpose()?;
        let in_bounds = self.in_bounds(site, self.result_type(site)?.shape.rank())?;
        self.push(site, block, OpKind::Load { view, indices, pad, mask, in_bounds })
    }

    pub(super) fn transfer_write(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        let (view, rank) = self.view(site, 1)?;
        self.minor_identity(site)?;
        let indices = self.values(site, site.op.operands().skip(2).take(rank))?;
        let mask = site.op.operand(2 + rank).map(|mask| self.value(site, mask)).transpose()?;
        let in_bounds = self.in_bounds(site, self.ty(value).shape.rank())?;
        self.record_store(site, view);
        self.push(site, block, OpKind::Store { view, value, indices, mask, in_bounds })
    }

    pub(super) fn load(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (view, rank) = self.view(site, 0)?;
        let indices = self.values(site, site.op.operands().skip(1).take(rank))?;
        self.push(site, block, OpKind::LoadScalar { view, indices })
    }

    pub(super) fn store(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        let (view, rank) = self.view(site, 1)?;
        let indices = self.values(site, site.op.operands().skip(2).take(rank))?;
        self.record_store(site, view);
        self.push(site, block, OpKind::StoreScalar { view, value, indices })
    }

    fn record_store(&mut self, site: &Site<'m>, view: ViewId) {
        let stored = &mut self.stored[view.index()];
        stored.get_or_insert_with(|| site.place.loc.clone());
    }

    /// Binds the collapsed view; no operation remains.
    pub(super) fn collapse_shape(&mut self, site: &Site<'m>) -> Result<(), ImportError> {
        let (view, _) = self.view(site, 0)?;
        let result = site.op.results().next().ok_or_else(|| site.form("has no result", None))?;
        if result.ty().dims().len() != 1 {
            return Err(site.form("leaves more than one dimension", Some("collapse the whole view to one dimension")));
        }
        self.bound.insert(result.id(), Bound::Flat(view));
        Ok(())
    }

    pub(super) fn gather(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let base = site.operand(0)?;
        let view = match self.bound.get(&base.id()) {
            Some(Bound::Flat(view)) => *view,
            Some(Bound::View(view)) if self.rank(*view) == 1 => *view,
            Some(Bound::View(_)) => {
                return Err(
                    site.form("takes a view of several dimensions", Some("collapse it with `memref.collapse_shape`"))
                );
            }
            Some(Bound::Value(_)) | None => {
                return Err(site.form("takes something that is no view", None));
            }
        };
        let start = site.operand(1)?.definition().and_then(raw::Operation::constant_int);
        if start != Some(0) {
            return Err(site.form("starts at an index other than the constant 0", Some("add the start to the offsets")));
        }
        let offsets = self.operand(site, 2)?;
        let offsets_ty = self.ty(offsets);
        let offsets = match offsets_ty.elem {
            Elem::I32 | Elem::Index => offsets,
            Elem::I64 => {
                self.helper(site, block, OpKind::Cast(CastOp::IndexS, offsets), offsets_ty.with_elem(Elem::Index))
            }
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 => {
                return Err(
                    site.form(format!("has offsets of type {}", offsets_ty.elem), Some("use i32, i64 or index"))
                );
            }
        };
        let (mask, passthru) = (self.operand(site, 3)?, self.operand(site, 4)?);
        self.push(site, block, OpKind::Gather { view, offsets, mask, passthru })
    }
}
