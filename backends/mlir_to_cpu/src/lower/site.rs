//! Where the tiles of loads and stores lie in their views, and which of their elements are inside.

use std::collections::BTreeSet;
use std::rc::Rc;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Access, Index, Literal, Number, Op, OpKind, Shape, Value, View, ViewId};

use super::access::Mem;
use super::{Lower, Result};
use crate::plan::Place;

/// Elements of a dimension of the tile that are inside the view: `[low, high)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) low: ir::Value,
    pub(crate) high: ir::Value,
}

/// Where a tile lies in its view. Computed once, where the operation stands.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The view from the tile's first element on; strides by dimension of the tile.
    pub(crate) mem: Mem,
    /// Address of the view's element 0: always readable.
    pub(crate) safe: ir::Value,
    /// Per dimension of the tile; `None` where all elements are inside.
    pub(crate) ranges: Vec<Option<Range>>,
    /// Whether all elements are inside; `None` if that is known.
    pub(crate) full: Option<ir::Value>,
    /// A mask that is not made of bounds.
    pub(crate) mask: Option<Value>,
}

impl<'a, 'b> Lower<'a, 'b> {
    pub(crate) fn view(&self, id: ViewId, value: Value) -> Result<(&'a View, ir::Value)> {
        match (self.kernel.view(id), self.params.get(id.index()).copied().flatten()) {
            (Some(view), Some(base)) => Ok((view, base)),
            _ => Err(self.broken(value, "names a view that the kernel does not have")),
        }
    }

    pub(crate) fn view_mem(&self, view: &View, base: ir::Value) -> Mem {
        let constant = match view.access {
            Access::Read | Access::Weights => true,
            Access::Write => false,
        };
        Mem::tile(base, view.elem, &view.shape, constant)
    }

    /// The value of an index that is a constant.
    fn known_index(&self, value: Value) -> Option<u64> {
        let OpKind::Constant(Literal::Splat(Number::Int(n))) = &self.plan.defs[value.index()]?.kind else {
            return None;
        };
        u64::try_from(*n).ok()
    }

    /// Bounds of the mask, if it is made of bounds.
    fn mask_bounds(&self, mask: Option<Value>) -> Option<&'a [Index]> {
        let OpKind::CreateMask { bounds } = &self.plan.defs[mask?.index()]?.kind else {
            return None;
        };
        Some(bounds)
    }

    /// Prepares the access of a tile of shape `tile` at `indices` of a view.
    pub(crate) fn site(
        &mut self,
        id: ViewId,
        tile: &Shape,
        indices: &[Value],
        mask: Option<Value>,
        in_bounds: &[bool],
    ) -> Result<Site> {
        let subject = indices.first().copied().unwrap_or(Value(0));
        let (view, base) = self.view(id, subject)?;
        let whole = self.view_mem(view, base);
        let mut mem = whole;
        let leading = view.shape.rank() - tile.rank();
        let mut ranges = vec![None; tile.rank()];
        let mut leads_inside = None;
        for (d, &index) in indices.iter().enumerate() {
            let start = self.scalar(index)?;
            let stride = self.long((whole.strides[d].wrapping_mul(view.elem.bytes())) as i64);
            let bytes = self.b.ins().imul(start, stride);
            mem.base = self.b.ins().iadd(mem.base, bytes);
            let extent = view.shape.dims()[d];
            let known = self.known_index(index);
            if d < leading {
                if known.is_none_or(|n| n >= extent) {
                    let extent = self.long(extent as i64);
                    let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, start, extent);
                    leads_inside = Some(match leads_inside {
                        None => inside,
                        Some(all) => self.b.ins().band(all, inside),
                    });
                }
                continue;
            }
            let t = d - leading;
            mem.strides[t] = whole.strides[d];
            let size = tile.dims()[t];
            let proven = in_bounds.get(t).copied().unwrap_or(false);
            if !proven {
                let zero = self.long(0);
                let below = self.b.ins().isub(zero, start);
                let extent = self.long(extent as i64);
                let above = self.b.ins().isub(extent, start);
                ranges[t] = Some(Range { low: self.clamp(below, size), high: self.clamp(above, size) });
            }
        }
        let bounds = self.mask_bounds(mask);
        for (t, &bound) in bounds.unwrap_or_default().iter().enumerate() {
            let size = tile.dims()[t];
            let bound = match bound {
                Index::Static(n) if n >= size => continue,
                Index::Static(n) => self.long(n as i64),
                Index::Dynamic(value) => {
                    let bound = self.scalar(value)?;
                    self.clamp(bound, size)
                }
            };
            ranges[t] = Some(match ranges[t] {
                None => Range { low: self.long(0), high: bound },
                Some(range) => Range { low: range.low, high: self.long_min(range.high, bound) },
            });
        }
        if let Some(inside) = leads_inside {
            for (t, range) in ranges.iter_mut().enumerate() {
                let high = match range {
                    Some(range) => range.high,
                    None => self.long(tile.dims()[t] as i64),
                };
                let low = match range {
                    Some(range) => range.low,
                    None => self.long(0),
                };
                let zero = self.long(0);
                *range = Some(Range { low, high: self.b.ins().select(inside, high, zero) });
            }
        }
        let full = self.all_inside(tile, &ranges);
        let mask = mask.filter(|_| bounds.is_none());
        Ok(Site { mem, safe: whole.base, ranges, full, mask })
    }

    fn all_inside(&mut self, tile: &Shape, ranges: &[Option<Range>]) -> Option<ir::Value> {
        let mut full = None;
        for (t, range) in ranges.iter().enumerate() {
            let Some(range) = range else { continue };
            let size = self.long(tile.dims()[t] as i64);
            let length = self.b.ins().isub(range.high, range.low);
            let whole = self.b.ins().icmp(IntCC::Equal, length, size);
            full = Some(match full {
                None => whole,
                Some(full) => self.b.ins().band(full, whole),
            });
        }
        full
    }

    /// Prepares a load; its result may be computed later, element by element.
    pub(crate) fn prepare(&mut self, op: &Op, result: Value) -> Result<()> {
        if let OpKind::Load { view, indices, mask, in_bounds, .. } = &op.kind {
            let tile = self.kernel.ty(result).shape;
            let site = self.site(*view, &tile, indices, *mask, in_bounds)?;
            self.sites[result.index()] = Some(Rc::new(site));
        }
        Ok(())
    }

    /// Conditions under which every load needed for these values is inside its view.
    fn gather_full(&self, values: &[Value], seen: &mut BTreeSet<Value>, full: &mut Vec<ir::Value>) {
        for &value in values {
            if self.plan.places[value.index()] != Place::Virtual || !seen.insert(value) {
                continue;
            }
            if let Some(op) = self.plan.defs[value.index()] {
                full.extend(self.sites[value.index()].as_ref().and_then(|site| site.full));
                self.gather_full(&op.kind.operands(), seen, full);
            }
        }
    }

    /// Emits code twice where that saves checks: once for the case that all loads it needs (and `own`) are entirely
    /// inside their views, once for any case.
    pub(crate) fn versioned(
        &mut self,
        values: &[Value],
        own: Option<ir::Value>,
        body: &mut dyn FnMut(&mut Self) -> Result<Vec<ir::Value>>,
    ) -> Result<Vec<ir::Value>> {
        let mut conditions: Vec<ir::Value> = own.into_iter().collect();
        self.gather_full(values, &mut BTreeSet::new(), &mut conditions);
        let Some((&first, rest)) = conditions.split_first() else {
            return body(self);
        };
        if self.full {
            return body(self);
        }
        let all = rest.iter().fold(first, |all, &next| self.b.ins().band(all, next));
        let body = std::cell::RefCell::new(body);
        self.branch(
            all,
            &mut |this| {
                this.full = true;
                let values = (body.borrow_mut())(this);
                this.full = false;
                values
            },
            &mut |this| {
                let before = this.b.func.dfg.num_blocks();
                this.mark_cold();
                let values = (body.borrow_mut())(this);
                for block in before..this.b.func.dfg.num_blocks() {
                    this.b.set_cold_block(ir::Block::from_u32(block as u32));
                }
                values
            },
        )
    }
}

/// The dimension for the lanes of vectors: the last with more than one element.
pub(crate) fn lane_dim(dims: &[u64]) -> Option<usize> {
    dims.iter().rposition(|&size| size > 1)
}
