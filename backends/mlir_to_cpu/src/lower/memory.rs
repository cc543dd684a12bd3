//! Views: loads, stores and gathers, with the checks that keep them inside their view.

use std::collections::BTreeSet;
use std::rc::Rc;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Access, Index, Literal, Number, Op, OpKind, Shape, Value, View, ViewId};

use super::access::Mem;
use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::nest::Edge;
use super::{Lower, Result};
use crate::plan::Place;
use crate::types::Reg;

/// Elements of a dimension of the tile that are inside the view: `[low, high)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    low: ir::Value,
    high: ir::Value,
}

/// Where a tile lies in its view. Computed once, where the operation stands.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The view from the tile's first element on; strides by dimension of the tile.
    pub(crate) mem: Mem,
    /// Address of the view's element 0: always readable.
    safe: ir::Value,
    /// Per dimension of the tile; `None` where all elements are inside.
    ranges: Vec<Option<Range>>,
    /// Whether all elements are inside; `None` if that is known.
    pub(crate) full: Option<ir::Value>,
    /// A mask that is not made of bounds.
    mask: Option<Value>,
}

impl<'a, 'b> Lower<'a, 'b> {
    fn view(&self, id: ViewId, value: Value) -> Result<(&'a View, ir::Value)> {
        match (
            self.kernel.view(id),
            self.params.get(id.index()).copied().flatten(),
        ) {
            (Some(view), Some(base)) => Ok((view, base)),
            _ => Err(self.broken(value, "names a view that the kernel does not have")),
        }
    }

    fn view_mem(&self, view: &View, base: ir::Value) -> Mem {
        let constant = match view.access {
            Access::Read | Access::Weights => true,
            Access::Write => false,
        };
        Mem::tile(base, view.elem, &view.shape, constant)
    }

    /// The value of an index that is a constant.
    fn known_index(&self, value: Value) -> Option<u64> {
        let OpKind::Constant(Literal::Splat(Number::Int(n))) = &self.plan.defs[value.index()]?.kind
        else {
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
            let proven = in_bounds.get(t).copied().unwrap_or(false)
                || known.is_some_and(|n| n.checked_add(size).is_some_and(|end| end <= extent));
            if !proven {
                let zero = self.long(0);
                let below = self.b.ins().isub(zero, start);
                let extent = self.long(extent as i64);
                let above = self.b.ins().isub(extent, start);
                ranges[t] = Some(Range {
                    low: self.clamp(below, size),
                    high: self.clamp(above, size),
                });
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
                None => Range {
                    low: self.long(0),
                    high: bound,
                },
                Some(range) => Range {
                    low: range.low,
                    high: self.long_min(range.high, bound),
                },
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
                *range = Some(Range {
                    low,
                    high: self.b.ins().select(inside, high, zero),
                });
            }
        }
        let full = self.all_inside(tile, &ranges);
        let mask = mask.filter(|_| bounds.is_none());
        Ok(Site {
            mem,
            safe: whole.base,
            ranges,
            full,
            mask,
        })
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
        if let OpKind::Load {
            view,
            indices,
            mask,
            in_bounds,
            ..
        } = &op.kind
        {
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
                full.extend(
                    self.sites[value.index()]
                        .as_ref()
                        .and_then(|site| site.full),
                );
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
        let all = rest
            .iter()
            .fold(first, |all, &next| self.b.ins().band(all, next));
        let body = std::cell::RefCell::new(body);
        self.branch(
            all,
            &mut |this| {
                this.full = true;
                let values = (body.borrow_mut())(this);
                this.full = false;
                values
            },
            &mut |this| (body.borrow_mut())(this),
        )
    }

    /// Elements of a load.
    pub(crate) fn eval_load(
        &mut self,
        result: Value,
        pad: Value,
        _mask: Option<Value>,
        pos: &Pos,
    ) -> Result<Chunk> {
        let Some(site) = self.sites[result.index()].clone() else {
            return Err(self.broken(result, "is used before it is defined"));
        };
        let ranges: Vec<Option<Range>> = if self.full {
            vec![None; site.ranges.len()]
        } else {
            site.ranges.clone()
        };
        let mask = match site.mask {
            Some(mask) => Some(self.eval(mask, pos)?),
            None => None,
        };
        if mask.is_none() && ranges.iter().all(Option::is_none) {
            return Ok(self.read(&site.mem, pos));
        }
        let reg = self.reg(result);
        let pad = self.scalar(pad)?;
        let outer = self.outer_inside(&ranges, pos);
        let index = self.ix_value(pos.at(pos.dim.min(pos.rank().saturating_sub(1))));
        let along = if pos.lanes > 1 { ranges[pos.dim] } else { None };
        let mut whole = outer;
        if let Some(range) = along {
            let lanes = self.long(i64::from(pos.lanes));
            let end = self.b.ins().iadd(index, lanes);
            let starts = self
                .b
                .ins()
                .icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
            let ends = self
                .b
                .ins()
                .icmp(IntCC::SignedLessThanOrEqual, end, range.high);
            let inside = self.b.ins().band(starts, ends);
            whole = self.both(whole, inside);
        }
        if let Some(mask) = &mask {
            let all = self.all_true(mask);
            whole = self.both(whole, all);
        }
        let Some(whole) = whole else {
            return Ok(self.read(&site.mem, pos));
        };
        let lanes = pos.lanes;
        let parts = self.branch(
            whole,
            &mut |this| Ok(this.read(&site.mem, pos).parts),
            &mut |this| {
                this.mark_cold();
                if lanes == 1 {
                    return Ok(vec![pad]);
                }
                // Rows outside are all padding; only chunks across an edge are read one by one.
                match outer {
                    None => this.read_edge(&site, along, outer, mask.as_ref(), pos, reg, pad),
                    Some(inside) => this.branch(
                        inside,
                        &mut |this| {
                            this.read_edge(&site, along, None, mask.as_ref(), pos, reg, pad)
                        },
                        &mut |this| Ok(this.splat(reg, pad, lanes).parts),
                    ),
                }
            },
        )?;
        Ok(Chunk { lanes, parts })
    }

    fn both(&mut self, x: Option<ir::Value>, y: ir::Value) -> Option<ir::Value> {
        Some(match x {
            None => y,
            Some(x) => self.b.ins().band(x, y),
        })
    }

    /// Whether the indices of all dimensions without lanes are inside.
    fn outer_inside(&mut self, ranges: &[Option<Range>], pos: &Pos) -> Option<ir::Value> {
        let mut inside = None;
        for (d, range) in ranges.iter().enumerate() {
            let Some(range) = range else { continue };
            if pos.lanes > 1 && pos.dim == d {
                continue;
            }
            let index = self.ix_value(pos.at(d));
            let starts = self
                .b
                .ins()
                .icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
            let ends = self.b.ins().icmp(IntCC::SignedLessThan, index, range.high);
            let here = self.b.ins().band(starts, ends);
            inside = self.both(inside, here);
        }
        inside
    }

    /// Reads lanes of which some are outside: those read the view's first element instead, and become the pad.
    #[allow(clippy::too_many_arguments)]
    fn read_edge(
        &mut self,
        site: &Site,
        along: Option<Range>,
        outer: Option<ir::Value>,
        mask: Option<&Chunk>,
        pos: &Pos,
        reg: Reg,
        pad: ir::Value,
    ) -> Result<Vec<ir::Value>> {
        let masks = mask.map(|mask| self.all_lanes(Reg::Bool, mask));
        let mut elements = Vec::new();
        for lane in 0..pos.lanes {
            let one = pos.lane(lane);
            let mut inside = outer;
            if let Some(range) = along {
                let index = self.ix_value(one.at(pos.dim));
                let starts = self
                    .b
                    .ins()
                    .icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
                let ends = self.b.ins().icmp(IntCC::SignedLessThan, index, range.high);
                let here = self.b.ins().band(starts, ends);
                inside = self.both(inside, here);
            }
            if let Some(masks) = &masks {
                inside = self.both(inside, masks[lane as usize]);
            }
            let address = self.element_address(&site.mem, &one);
            let address = match inside {
                Some(inside) => self.b.ins().select(inside, address, site.safe),
                None => address,
            };
            let element = self.read_one(&site.mem, address, 0);
            elements.push(match inside {
                Some(inside) => self.b.ins().select(inside, element, pad),
                None => element,
            });
        }
        Ok(self.gather_lanes(reg, elements).parts)
    }

    /// Stores a tile.
    pub(crate) fn store(&mut self, op: &Op) -> Result<()> {
        let OpKind::Store {
            view,
            value,
            indices,
            mask,
            in_bounds,
        } = &op.kind
        else {
            return Ok(());
        };
        let value = *value;
        let tile = self.kernel.ty(value).shape;
        let site = self.site(*view, &tile, indices, *mask, in_bounds)?;
        let mut needed = vec![value];
        needed.extend(site.mask);
        self.versioned(&needed, site.full, &mut |this| {
            let mut edges = Vec::new();
            for (d, &size) in tile.dims().iter().enumerate() {
                edges.push(match site.ranges[d] {
                    Some(range) if !this.full => {
                        (Edge::Dynamic(range.low), Edge::Dynamic(range.high))
                    }
                    _ => (Edge::Known(0), Edge::Known(size)),
                });
            }
            let lane_dim = lane_dim(tile.dims());
            let outer: Vec<usize> = (0..tile.rank()).filter(|&d| Some(d) != lane_dim).collect();
            this.store_rows(
                &site,
                value,
                &edges,
                &outer,
                lane_dim,
                Pos::origin(tile.rank()),
            )?;
            Ok(Vec::new())
        })
        .map(drop)
    }

    fn store_rows(
        &mut self,
        site: &Site,
        value: Value,
        edges: &[(Edge, Edge)],
        outer: &[usize],
        lane_dim: Option<usize>,
        pos: Pos,
    ) -> Result<()> {
        if let Some((&d, rest)) = outer.split_first() {
            return self
                .carry_loop(edges[d].0, edges[d].1, 1, &[], &mut |this, ix, _| {
                    this.store_rows(site, value, edges, rest, lane_dim, pos.with(d, ix))?;
                    Ok(Vec::new())
                })
                .map(drop);
        }
        let Some(d) = lane_dim else {
            return self.store_chunk(site, value, &pos);
        };
        let (mut start, end) = edges[d];
        for &width in super::nest::WIDTHS {
            (_, start) =
                self.carry_loop(start, end, u64::from(width), &[], &mut |this, ix, _| {
                    this.store_chunk(site, value, &pos.with(d, ix).lanes(width, d))?;
                    Ok(Vec::new())
                })?;
        }
        Ok(())
    }

    fn store_chunk(&mut self, site: &Site, value: Value, pos: &Pos) -> Result<()> {
        let chunk = self.eval(value, pos)?;
        let Some(mask) = site.mask else {
            self.write(&site.mem, pos, &chunk);
            return Ok(());
        };
        let mask = self.eval(mask, pos)?;
        let all = self.all_true(&mask);
        self.branch(
            all,
            &mut |this| {
                this.write(&site.mem, pos, &chunk);
                Ok(Vec::new())
            },
            &mut |this| {
                if pos.lanes == 1 {
                    return Ok(Vec::new());
                }
                let reg = Reg::of(site.mem.elem);
                for lane in 0..pos.lanes {
                    let here = this.lane(Reg::Bool, &mask, lane);
                    let element = this.lane(reg, &chunk, lane);
                    this.branch(
                        here,
                        &mut |this| {
                            this.write(&site.mem, &pos.lane(lane), &Chunk::one(element));
                            Ok(Vec::new())
                        },
                        &mut |_| Ok(Vec::new()),
                    )?;
                }
                Ok(Vec::new())
            },
        )
        .map(drop)
    }

    /// Position of one element of a view, and whether it is inside.
    fn locate(&mut self, view: &View, indices: &[Value]) -> Result<(Pos, ir::Value)> {
        let mut pos = Pos::origin(indices.len());
        let mut inside = self.b.ins().iconst(Reg::Bool.scalar(), 1);
        for (d, &index) in indices.iter().enumerate() {
            let value = self.scalar(index)?;
            let extent = self.long(view.shape.dims()[d] as i64);
            let here = self.b.ins().icmp(IntCC::UnsignedLessThan, value, extent);
            inside = self.b.ins().band(inside, here);
            pos = pos.with(d, Ix::dynamic(value, 1));
        }
        Ok((pos, inside))
    }

    /// One element; outside the view, where the interpreter stops, its first element.
    pub(crate) fn load_scalar(&mut self, id: ViewId, indices: &[Value]) -> Result<Chunk> {
        let (view, base) = self.view(id, indices.first().copied().unwrap_or(Value(0)))?;
        let mem = self.view_mem(view, base);
        let (pos, inside) = self.locate(view, indices)?;
        let address = self.element_address(&mem, &pos);
        let address = self.b.ins().select(inside, address, base);
        Ok(Chunk::one(self.read_one(&mem, address, 0)))
    }

    /// Writes one element; outside the view, where the interpreter stops, nothing.
    pub(crate) fn store_scalar(
        &mut self,
        id: ViewId,
        value: Value,
        indices: &[Value],
    ) -> Result<()> {
        let (view, base) = self.view(id, value)?;
        let mem = self.view_mem(view, base);
        let (pos, inside) = self.locate(view, indices)?;
        let element = self.scalar(value)?;
        self.branch(
            inside,
            &mut |this| {
                this.write(&mem, &pos, &Chunk::one(element));
                Ok(Vec::new())
            },
            &mut |_| Ok(Vec::new()),
        )
        .map(drop)
    }

    /// Elements of a view at computed offsets.
    pub(crate) fn eval_gather(
        &mut self,
        id: ViewId,
        offsets: Value,
        mask: Value,
        passthru: Value,
        pos: &Pos,
    ) -> Result<Chunk> {
        let (view, base) = self.view(id, offsets)?;
        let mem = self.view_mem(view, base);
        let size = self.long(view.elem.bytes() as i64);
        let count = self.long(view.shape.count() as i64);
        let from = self.reg(offsets);
        let (offsets, mask) = (self.eval(offsets, pos)?, self.eval(mask, pos)?);
        let passthru = self.eval(passthru, pos)?;
        let reg = Reg::of(view.elem);
        let mut elements = Vec::new();
        for lane in 0..pos.lanes {
            let mut offset = self.lane(from, &offsets, lane);
            if from != Reg::Long {
                offset = self.b.ins().uextend(I64, offset);
            }
            let wanted = self.lane(Reg::Bool, &mask, lane);
            let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, offset, count);
            let inside = self.b.ins().band(wanted, inside);
            let bytes = self.b.ins().imul(offset, size);
            let address = self.b.ins().iadd(base, bytes);
            let address = self.b.ins().select(inside, address, base);
            let element = self.read_one(&mem, address, 0);
            let otherwise = self.lane(reg, &passthru, lane);
            elements.push(self.b.ins().select(inside, element, otherwise));
        }
        Ok(self.gather_lanes(reg, elements))
    }
}

/// The dimension for the lanes of vectors: the last with more than one element.
pub(crate) fn lane_dim(dims: &[u64]) -> Option<usize> {
    dims.iter().rposition(|&size| size > 1)
}
