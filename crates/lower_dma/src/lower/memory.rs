//! Loads: copies of the rows of a chunk that are inside the view, after a fill with the pad where some are not.
//!
//! A load is *regular* where the rows of the tile are runs of the view, its starts are not negative, and what is outside follows
//! from bounds. Every other load is element by element.

use tile_ir::{Elem, Index, Literal, Number, Op, OpKind, Value, ViewId};

use super::exprs::{add, both, div, fewer, int, less, mul, sub};
use super::facts::{Facts, Geometry};
use super::moves::coordinates;
use super::scalar::{from_raw, raw, to_held};
use super::state::{Chunk, Kept, Lower, Result};
use crate::ir::{Copy, Expr, Operand, Scalar, Span, StmtKind, VectorOp};

/// How the dimensions of a tile lie in a view.
#[derive(Clone, Debug)]
pub(super) struct Lie {
    /// Dimension of the tile that the rows of a copy go along, if there is more than one.
    pub(super) row: Option<usize>,
    /// Dimension of the tile along a row; its elements are neighbours in the view.
    pub(super) col: Option<usize>,
    /// Other dimensions with more than one element.
    pub(super) lead: Vec<usize>,
    /// The tile is one row in local memory, whose elements are apart in the view.
    pub(super) apart: bool,
}

/// A load or store, as both need it.
pub(super) struct Access<'a> {
    pub(super) view: ViewId,
    pub(super) tile: Value,
    pub(super) indices: &'a [Value],
    pub(super) in_bounds: &'a [bool],
    /// Bounds of a mask that is one.
    pub(super) bounds: Option<&'a [Index]>,
    /// A mask of another kind.
    pub(super) mask: Option<Value>,
}

impl<'a> Access<'a> {
    pub(super) fn of(facts: &Facts<'a>, op: &'a Op) -> Option<Access<'a>> {
        let (view, tile, indices, mask, in_bounds) =
            if let OpKind::Load { view, indices, mask, in_bounds, .. } = &op.kind {
                (view, op.results[0], indices, mask, in_bounds)
            } else if let OpKind::Store { view, value, indices, mask, in_bounds } = &op.kind {
                (view, *value, indices, mask, in_bounds)
            } else {
                return None;
            };
        let bounds = mask.and_then(|mask| {
            let OpKind::CreateMask { bounds } = &facts.defs[mask.index()]?.kind else { return None };
            Some(bounds.as_slice())
        });
        let mask = if bounds.is_some() { None } else { *mask };
        Some(Access { view: *view, tile, indices, in_bounds, bounds, mask })
    }
}

/// How a regular access lies, or `None` for one that is not.
pub(super) fn lie(facts: &Facts<'_>, access: &Access<'_>) -> Option<Lie> {
    let view = facts.kernel.view(access.view)?;
    let dims: Vec<u64> = facts.ty(access.tile).shape.dims().to_vec();
    let skipped = view.shape.rank().checked_sub(dims.len())?;
    let strides = view.shape.strides();
    for &index in access.indices {
        if facts.analysis.range(index)?.lo() < 0 {
            return None;
        }
    }
    let several: Vec<usize> = (0..dims.len()).filter(|&d| dims[d] > 1).collect();
    let last = dims.len().checked_sub(1)?;
    let stride = |d: usize| strides[skipped + d];
    let lie = if dims[last] > 1 {
        let mut rest = several[..several.len() - 1].to_vec();
        let row = rest.pop();
        Lie { row, col: Some(last), lead: rest, apart: false }
    } else {
        match several.as_slice() {
            [] => Lie { row: None, col: Some(last), lead: vec![], apart: false },
            [d] if stride(*d) == 1 => Lie { row: None, col: Some(*d), lead: vec![], apart: false },
            [d] => Lie { row: Some(*d), col: None, lead: vec![], apart: true },
            [_, _, ..] => return None,
        }
    };
    // Each element would take a vector.
    if lie.apart && facts.target.vectors.is_some() {
        return None;
    }
    // Chunks have as many rows as a copy may have; these are not cut into chunks.
    let many = lie.row.is_some_and(|d| dims[d] > facts.target.copy_rows);
    if many && (lie.apart || !lie.lead.is_empty()) { None } else { Some(lie) }
}

/// What a load puts where there is nothing, if copies can fill rows up with it: of numbers of 8 bytes, they can with 0.
fn pad(facts: &Facts<'_>, op: &Op) -> Option<Number> {
    let OpKind::Load { view, mask, in_bounds, pad, .. } = &op.kind else { return None };
    let number = match facts.defs[pad.index()].map(|def| &def.kind) {
        Some(OpKind::Constant(Literal::Splat(number))) => *number,
        Some(_) | None => return None,
    };
    let used = mask.is_some() || !in_bounds.iter().all(|&inside| inside);
    let narrow = facts.kernel.view(*view).is_some_and(|view| view.elem.bytes() < 8);
    (narrow || !used || number == Number::Int(0)).then_some(number)
}

/// Whether a load may be virtual: made chunk by chunk where it is used.
pub(super) fn is_chunked(facts: &Facts<'_>, op: &Op) -> bool {
    // The operation outlives the facts only by name.
    let OpKind::Load { view, indices, mask, in_bounds, .. } = &op.kind else { return false };
    let plain = mask
        .is_none_or(|mask| facts.defs[mask.index()].is_some_and(|def| matches!(def.kind, OpKind::CreateMask { .. })));
    let access = Access { view: *view, tile: op.results[0], indices, in_bounds, bounds: None, mask: None };
    plain && pad(facts, op).is_some() && lie(facts, &access).is_some_and(|lie| lie.lead.is_empty())
}

/// A part of a tile that is copied at once.
pub(super) struct Region {
    /// Element offset in the view.
    pub(super) offset: Expr,
    pub(super) pitch: u64,
    /// Rows and columns that are inside.
    pub(super) rows: Expr,
    pub(super) cols: Expr,
    pub(super) max_rows: u64,
    pub(super) max_cols: u64,
    /// Whether anything is inside.
    pub(super) some: Expr,
    /// Whether all is inside.
    pub(super) full: Expr,
    /// Whether all is inside for certain.
    pub(super) all: bool,
}

impl Lower<'_> {
    /// The copy for `counts[d]` elements from `from[d]` on in each dimension of the tile, all 1 but for those that a row and its
    /// elements go along.
    pub(super) fn region(&mut self, access: &Access<'_>, lie: &Lie, from: &[Expr], counts: &[u64]) -> Result<Region> {
        let Some(view) = self.kernel.view(access.view) else { return self.broken("no view") };
        let (dims, strides) = (view.shape.dims().to_vec(), view.shape.strides());
        let skipped = dims.len() - from.len();
        let (mut offset, mut all) = (Expr::int(0), true);
        let (mut some, mut full) = (Expr::Bool(true), Expr::Bool(true));
        let (mut rows, mut cols) = (Expr::int(1), Expr::int(1));
        for d in 0..dims.len() {
            let index = self.index_below(access.indices[d], dims[d])?;
            let tile = d.checked_sub(skipped);
            let (start, count) = tile.map_or((Expr::int(0), 1), |t| (from[t].clone(), counts[t]));
            let at = add(index.clone(), start.clone());
            offset = add(offset, mul(at.clone(), int(strides[d])));
            let size = tile.map_or(1, |t| self.facts.ty(access.tile).shape.dims()[t]);
            let proven =
                tile.is_some_and(|t| access.in_bounds[t])
                    || self.facts.analysis.range(access.indices[d]).is_some_and(|range| {
                        range.lo() >= 0 && range.hi() as i128 + i128::from(size) <= dims[d].into()
                    });
            let mut inside = int(count);
            if !proven {
                inside = fewer(inside, sub(int(dims[d]), at));
            }
            if let (Some(bounds), Some(t)) = (access.bounds, tile) {
                let bound = match &bounds[t] {
                    Index::Static(number) => int(*number),
                    Index::Dynamic(value) => self.index_below(*value, size)?,
                };
                let whole = self.range_of(&bounds[t]).is_some_and(|lo| lo >= size as i64);
                if !whole {
                    inside = fewer(inside, sub(bound, start));
                }
            }
            if inside.as_int() != Some(count as i64) {
                all = false;
                inside = self.define("inside", inside);
                some = both(some, less(Expr::int(0), inside.clone()));
                full = both(full, less(int(count - 1), inside.clone()));
            }
            if tile.is_some() && tile == lie.row {
                rows = inside;
            } else if tile.is_some() && tile == lie.col {
                cols = inside;
            }
        }
        let count = |d: Option<usize>| d.map_or(1, |d| counts[d]);
        let pitch = lie.row.map_or(0, |d| strides[skipped + d]);
        let offset = self.define("from", offset);
        Ok(Region {
            offset,
            pitch: pitch.max(1),
            rows,
            cols,
            max_rows: count(lie.row),
            max_cols: count(lie.col),
            some,
            full,
            all,
        })
    }

    fn range_of(&self, index: &Index) -> Option<i64> {
        match index {
            Index::Static(number) => i64::try_from(*number).ok(),
            Index::Dynamic(value) => Some(self.facts.analysis.range(*value)?.lo()),
        }
    }

    /// What a chunk is in each dimension of the tile: the first element and how many.
    pub(super) fn extent(&self, access: &Access<'_>, lie: &Lie, chunk: &Chunk) -> (Vec<Expr>, Vec<u64>) {
        let rank = self.facts.ty(access.tile).shape.rank();
        let (mut from, mut counts) = (vec![Expr::int(0); rank], vec![1; rank]);
        if let Some(d) = lie.col {
            (from[d], counts[d]) = (chunk.col.clone(), chunk.cols);
        }
        if let Some(d) = lie.row {
            (from[d], counts[d]) =
                if lie.apart { (chunk.col.clone(), chunk.cols) } else { (chunk.row.clone(), chunk.rows) };
        }
        (from, counts)
    }

    /// A chunk of a load, held.
    pub(super) fn load(&mut self, op: &Op, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let facts = self.facts;
        let Some(op) = op.results.first().and_then(|value| facts.defs[value.index()]) else {
            return self.broken("no load");
        };
        let Some(access) = Access::of(facts, op) else { return self.broken("no load") };
        let Some(lie) = lie(facts, &access) else { return self.broken("a load that is not regular is not kept") };
        let (from, counts) = self.extent(&access, &lie, chunk);
        let held = facts.held(access.tile);
        let elem = facts.ty(access.tile).elem;
        let raw_elem = raw(elem);
        let region = self.region(&access, &lie, &from, &counts)?;
        let (rows, cols) = if lie.apart { (chunk.cols, 1) } else { (chunk.rows, chunk.cols) };
        let rows_in = |span: &Span| Span { rows, cols, ..span.clone() };
        let span = match into {
            Some(span) if raw_elem == held && !lie.apart && elem != Elem::I1 => rows_in(span),
            Some(_) | None => {
                let name = if raw_elem == held { self.naming.clone() } else { format!("{}_{raw_elem}", self.naming) };
                let named = std::mem::replace(&mut self.naming, name);
                let span = self.temp(raw_elem, rows, cols);
                self.naming = named;
                span
            }
        };
        self.copy_region(access.view, &region, &span, self.pad(op))?;
        self.widen(span, elem, held, &lie, chunk, into)
    }

    /// The pad of a load, if it is a number.
    fn pad(&self, op: &Op) -> Option<Number> {
        pad(self.facts, op)
    }

    /// Copies a region; where not all of it is inside, what is, after a fill with the pad.
    fn copy_region(&mut self, view: ViewId, region: &Region, span: &Span, pad: Option<Number>) -> Result<()> {
        let copy = |rows: Expr, cols: Expr, pad| {
            StmtKind::CopyIn(Copy {
                buffer: span.buffer,
                offset: span.offset.clone(),
                pitch: span.pitch,
                view,
                view_offset: region.offset.clone(),
                view_pitch: region.pitch,
                rows,
                cols,
                max_rows: region.max_rows,
                max_cols: region.max_cols,
                pad,
            })
        };
        let whole = copy(int(region.max_rows), int(region.max_cols), None);
        if region.all {
            self.emit(whole);
            return Ok(());
        }
        let Some(number) = pad else { return self.broken("a pad is no number") };
        let fill = super::exprs::constant(Scalar::of(self.elem(span)), number);
        // The rest of the last block matters only where a row ends early.
        let pad = if region.cols.as_int() == Some(span.cols as i64) { None } else { pad };
        let part = copy(region.rows.clone(), region.cols.clone(), pad);
        let some = region.some.clone();
        let filled = |lower: &mut Self| {
            lower.copy_into(span, Operand::Scalar(fill.clone()))?;
            lower.when(some.clone(), |lower| {
                lower.emit(part.clone());
                Ok(())
            })
        };
        if region.full == Expr::Bool(false) {
            return filled(self);
        }
        let otherwise = self.inside(filled)?;
        let then = self.inside(|lower| {
            lower.emit(whole);
            Ok(())
        })?;
        self.emit(StmtKind::If { condition: region.full.clone(), then, otherwise });
        Ok(())
    }

    /// What was copied, as it is held.
    fn widen(
        &mut self,
        span: Span,
        elem: Elem,
        held: Elem,
        lie: &Lie,
        chunk: &Chunk,
        into: Option<&Span>,
    ) -> Result<Operand> {
        let from = self.elem(&span);
        let casts = self.facts.target.casts;
        if !lie.apart && from == held && elem != Elem::I1 {
            return Ok(Operand::Span(span));
        }
        if !lie.apart && casts.contains(&(from, held)) && elem != Elem::I1 {
            let dst = self.target_of(into, held, chunk.rows, chunk.cols);
            self.vector(VectorOp::Cast, &dst, vec![Operand::Span(span)]);
            return Ok(Operand::Span(dst));
        }
        let steps = [(Elem::I8, Elem::F16), (Elem::F16, Elem::F32), (Elem::F32, Elem::I32)];
        if !lie.apart && elem == Elem::I8 && held == Elem::I32 && steps.iter().all(|step| casts.contains(step)) {
            let mut last = span;
            for (at, (_, to)) in steps.into_iter().enumerate() {
                let into = if at == 2 { into } else { None };
                let dst = self.target_of(into, to, chunk.rows, chunk.cols);
                self.vector(VectorOp::Cast, &dst, vec![Operand::Span(last)]);
                last = dst;
            }
            return Ok(Operand::Span(last));
        }
        let dst = self.target_of(into, held, chunk.rows, chunk.cols);
        self.each(chunk.rows, chunk.cols, |lower, row, col| {
            let place = if lie.apart {
                mul(col.clone(), int(span.pitch))
            } else {
                add(mul(row.clone(), int(span.pitch)), col.clone())
            };
            let var = lower.var("x", Scalar::of(from));
            lower.emit(StmtKind::Read { var, buffer: span.buffer, offset: add(span.offset.clone(), place) });
            let value = from_raw(Expr::Var(var), elem);
            let offset = add(dst.offset.clone(), add(mul(row.clone(), int(dst.pitch)), col.clone()));
            lower.write(&dst, offset, value, elem);
            Ok(())
        })?;
        Ok(Operand::Span(dst))
    }

    /// A load that is kept.
    pub(super) fn kept_load(&mut self, op: &Op) -> Result<()> {
        let facts = self.facts;
        let Some(op) = op.results.first().and_then(|value| facts.defs[value.index()]) else {
            return self.broken("no load");
        };
        let Some(access) = Access::of(facts, op) else { return self.broken("no load") };
        let kept = self.keep(access.tile, "loaded");
        self.fresh();
        let lie = lie(facts, &access).filter(|_| access.mask.is_none() && self.pad(op).is_some());
        match lie {
            Some(lie) if lie.lead.is_empty() => self.fill(access.tile, kept)?,
            Some(lie) => self.load_parts(op, &access, &lie, kept)?,
            None => self.load_elements(op, &access, kept)?,
        }
        self.fresh();
        self.storage[access.tile.index()] = Some(kept);
        Ok(())
    }

    /// A regular load of more than two dimensions: a loop over the others.
    fn load_parts(&mut self, op: &Op, access: &Access<'_>, lie: &Lie, kept: Kept) -> Result<()> {
        let shape = self.facts.ty(access.tile).shape;
        let (elem, held) = (self.facts.ty(access.tile).elem, self.facts.held(access.tile));
        let high = lie.row.map_or(1, |d| shape.dims()[d]);
        let wide = kept.geometry.cols;
        let pad = self.pad(op);
        self.counted("part", kept.geometry.rows / high, 1, |lower, part| {
            let row = mul(part, int(high));
            let first = lower.define("row", row);
            let at = coordinates(&mul(first.clone(), int(wide)), &shape);
            let mut counts = vec![1; at.len()];
            for d in [lie.row, lie.col].into_iter().flatten() {
                counts[d] = shape.dims()[d];
            }
            let mut from = at;
            for d in [lie.row, lie.col].into_iter().flatten() {
                from[d] = Expr::int(0);
            }
            let region = lower.region(access, lie, &from, &counts)?;
            let chunk = Chunk { row: first, col: Expr::int(0), rows: high, cols: wide };
            let into = kept.span(&chunk);
            let span =
                if raw(elem) == held && elem != Elem::I1 { into.clone() } else { lower.temp(raw(elem), high, wide) };
            lower.copy_region(access.view, &region, &span, pad)?;
            let result = lower.widen(span, elem, held, lie, &chunk, Some(&into))?;
            if result != Operand::Span(into.clone()) {
                lower.copy_into(&into, result)?;
            }
            Ok(())
        })
    }

    /// Any load, element by element.
    fn load_elements(&mut self, op: &Op, access: &Access<'_>, kept: Kept) -> Result<()> {
        let OpKind::Load { pad, .. } = &op.kind else { return self.broken("no load") };
        let ty = self.facts.ty(access.tile);
        let pad = self.scalar(*pad)?;
        let mask = match access.mask {
            Some(mask) => Some((mask, self.source(mask)?)),
            None => None,
        };
        let Geometry { cols, .. } = kept.geometry;
        let held = self.facts.held(access.tile);
        self.each(1, ty.shape.count(), |lower, _, flat| {
            let at = coordinates(flat, &ty.shape);
            let (offset, mut inside) = lower.element_of_view(access, &at)?;
            if let Some((mask, source)) = mask {
                let chosen = lower.source_element(mask, source, &at)?;
                inside = both(inside, chosen);
            }
            let place = kept.at(div(flat.clone(), cols), super::exprs::rem(flat.clone(), cols));
            let then = lower.inside(|lower| {
                let value = lower.global(access.view, offset);
                let value = to_held(value, ty.elem, held);
                lower.emit(StmtKind::Write { buffer: kept.buffer, offset: place.clone(), value });
                Ok(())
            })?;
            let otherwise = lower.inside(|lower| {
                let value = to_held(pad, ty.elem, held);
                lower.emit(StmtKind::Write { buffer: kept.buffer, offset: place.clone(), value });
                Ok(())
            })?;
            lower.emit(StmtKind::If { condition: inside, then, otherwise });
            Ok(())
        })
    }

    /// Offset in the view of the element of a tile with these coordinates, and whether it is inside the view and the bounds.
    pub(super) fn element_of_view(&mut self, access: &Access<'_>, at: &[Expr]) -> Result<(Expr, Expr)> {
        let Some(view) = self.kernel.view(access.view) else { return self.broken("no view") };
        let (dims, strides) = (view.shape.dims().to_vec(), view.shape.strides());
        let skipped = dims.len() - at.len();
        let (mut offset, mut inside) = (Expr::int(0), Expr::Bool(true));
        for d in 0..dims.len() {
            let mut index = self.index_below(access.indices[d], dims[d])?;
            if let Some(t) = d.checked_sub(skipped) {
                index = add(index, at[t].clone());
                if let Some(bounds) = access.bounds {
                    inside = both(inside, less(at[t].clone(), self.bound(&bounds[t])?));
                }
            }
            let index = self.define("index", index);
            inside = both(inside, both(less(Expr::int(-1), index.clone()), less(index.clone(), int(dims[d]))));
            offset = add(offset, mul(index, int(strides[d])));
        }
        Ok((offset, inside))
    }
}
