//! Loads and stores of tiles, with the checks that keep them inside their view.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Op, OpKind, Value};

use super::chunk::Chunk;
use super::index::Pos;
use super::nest::Edge;
use super::site::{Range, Site, lane_dim};
use super::split::Side;
use super::{Lower, Result};
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Elements of a load.
    pub(crate) fn eval_load(&mut self, result: Value, pad: Value, pos: &Pos) -> Result<Chunk> {
        let Some(site) = self.sites[result.index()].clone() else {
            return Err(self.broken(result, "is used before it is defined"));
        };
        let mut ranges = site.ranges.clone();
        for (d, range) in ranges.iter_mut().enumerate() {
            match self.side(result, d, pos) {
                Some(Side::Outside) => {
                    let pad = self.scalar(pad)?;
                    let reg = self.reg(result);
                    return Ok(self.splat(reg, pad, pos.lanes));
                }
                Some(Side::Inside) => *range = None,
                None if self.full => *range = None,
                None => {}
            }
        }
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
            let starts = self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
            let ends = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, end, range.high);
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
        let parts = self.branch(whole, &mut |this| Ok(this.read(&site.mem, pos).parts), &mut |this| {
            this.mark_cold();
            if lanes == 1 {
                return Ok(vec![pad]);
            }
            // Rows outside are all padding; only chunks across an edge are read one by one.
            match outer {
                None => this.read_edge(&site, along, outer, mask.as_ref(), pos, reg, pad),
                Some(inside) => this.branch(
                    inside,
                    &mut |this| this.read_edge(&site, along, None, mask.as_ref(), pos, reg, pad),
                    &mut |this| Ok(this.splat(reg, pad, lanes).parts),
                ),
            }
        })?;
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
            let starts = self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
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
                let starts = self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, index, range.low);
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
        let OpKind::Store { view, value, indices, mask, in_bounds } = &op.kind else {
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
                    Some(range) if !this.full => (Edge::Dynamic(range.low), Edge::Dynamic(range.high)),
                    _ => (Edge::Known(0), Edge::Known(size)),
                });
            }
            let lane_dim = lane_dim(tile.dims());
            let outer: Vec<usize> = (0..tile.rank()).filter(|&d| Some(d) != lane_dim).collect();
            this.store_rows(&site, value, &edges, &outer, lane_dim, Pos::origin(tile.rank()))?;
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
            (_, start) = self.carry_loop(start, end, u64::from(width), &[], &mut |this, ix, _| {
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
}
