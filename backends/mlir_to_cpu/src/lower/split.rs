//! Loops split at the edge of a view: before it, inside it and after it a load needs no checks.

use std::collections::BTreeSet;

use cranelift_codegen::ir;
use tile_ir::{OpKind, Value};

use super::index::{Ix, Pos};
use super::nest::{ChunkBody, Edge};
use super::site::Range;
use super::{Lower, Result};
use crate::plan::Place;

/// What the loops around the code being emitted know of one dimension of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    load: Value,
    dim: usize,
    /// The indices it is known of: `width` from `first` on. The load may be used at others too.
    first: Ix,
    width: u64,
    side: Side,
}

/// Where the indices of a load's dimension are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Inside the view.
    Inside,
    /// Outside: the element is the pad.
    Outside,
}

impl<'a, 'b> Lower<'a, 'b> {
    /// The load behind dimension `dim` of an operand, if that may cross the edge of its view there.
    fn edge_behind(&self, value: Value, dim: usize) -> Option<(Value, Range)> {
        let mut seen = BTreeSet::new();
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if self.full || self.plan.places[value.index()] != Place::Virtual || !seen.insert(value) {
                continue;
            }
            let Some(op) = self.plan.defs[value.index()] else { continue };
            if let Some(range) = self.sites[value.index()].as_ref().and_then(|site| *site.ranges.get(dim)?) {
                return Some((value, range));
            }
            // Operations that keep each element where it is.
            if let OpKind::Unary(..) | OpKind::Cast(..) | OpKind::Binary(..) = &op.kind {
                open.extend(op.kind.operands());
            }
        }
        None
    }

    /// Whether one of these operands may cross the edge of its view along its dimension.
    pub(crate) fn crosses_edge(&self, along: &[(Value, usize)]) -> bool {
        along.iter().any(|&(value, dim)| self.edge_behind(value, dim).is_some())
    }

    /// What is known of dimension `dim` of a load at `pos`.
    pub(crate) fn side(&self, load: Value, dim: usize, pos: &Pos) -> Option<Side> {
        let lanes = if pos.lanes > 1 && pos.dim == dim { u64::from(pos.lanes) } else { 1 };
        let at = pos.at(dim);
        let known = self.sides.iter().rfind(|known| {
            let offset = at.add.wrapping_sub(known.first.add);
            (known.load, known.dim, known.first.base) == (load, dim, at.base)
                && offset.saturating_add(lanes) <= known.width
        });
        known.map(|known| known.side)
    }

    /// A loop over `[0, extent)` in chunks of these widths. `along` are operands with the dimension the loop runs over;
    /// where one of them may cross the edge of its view, the loop is three: before, inside and after.
    pub(crate) fn split_loop(
        &mut self,
        along: &[(Value, usize)],
        extent: u64,
        widths: &[u32],
        carried: &[ir::Value],
        body: ChunkBody<'_, 'a, 'b>,
    ) -> Result<Vec<ir::Value>> {
        let edge = along.iter().find_map(|&(value, dim)| Some((dim, self.edge_behind(value, dim)?)));
        let Some((dim, (load, range))) = edge else {
            return self.chunk_loop(extent, widths, carried, body);
        };
        let low = Edge::Dynamic(range.low);
        let high = Edge::Dynamic(self.long_max(range.low, range.high));
        let mut values = carried.to_vec();
        for (start, end, side) in [
            (Edge::Known(0), low, Side::Outside),
            (low, high, Side::Inside),
            (high, Edge::Known(extent), Side::Outside),
        ] {
            let mut at = start;
            for &width in widths {
                (values, at) = self.carry_loop(at, end, u64::from(width), &values, &mut |this, ix, values| {
                    this.sides.push(Known { load, dim, first: ix, width: u64::from(width), side });
                    let next = body(this, ix, width, values);
                    this.sides.pop();
                    next
                })?;
            }
        }
        Ok(values)
    }
}
