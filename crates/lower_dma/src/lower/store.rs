//! Stores: chunks are converted to the view's element type and copied, as far as they are inside.

use tile_ir::{Elem, Op, Value};

use super::exprs::{add, both, int, mul};
use super::memory::{Access, Lie, lie};
use super::moves::coordinates;
use super::scalar::{raw, to_raw};
use super::state::{Chunk, Lower, Result};
use crate::ir::{Copy, Expr, Operand, Span, StmtKind, VectorOp};

impl Lower<'_> {
    /// A store.
    pub(super) fn store(&mut self, op: &Op) -> Result<()> {
        let facts = self.facts;
        let Some(access) = Access::of(facts, op) else { return self.broken("no store") };
        let lie = lie(facts, &access).filter(|_| access.mask.is_none());
        self.naming = self.name_of(access.tile, "result");
        match lie {
            Some(lie) if lie.lead.is_empty() => {
                let geometry = facts.geometry(access.tile);
                let (rows, cols) = self.extents(geometry);
                self.chunks(geometry, rows, cols, &mut |lower, chunk| {
                    let (from, counts) = lower.extent(&access, &lie, &chunk);
                    lower.store_chunk(&access, &lie, &chunk, &from, &counts)
                })
            }
            Some(lie) => self.store_parts(&access, &lie),
            None => self.store_elements(&access),
        }
    }

    fn store_chunk(
        &mut self,
        access: &Access<'_>,
        lie: &Lie,
        chunk: &Chunk,
        from: &[Expr],
        counts: &[u64],
    ) -> Result<()> {
        let span = self.eval_span(access.tile, chunk)?;
        let narrow = self.narrow(span, access.tile, lie, chunk)?;
        let region = self.region(access, lie, from, counts)?;
        let copy = StmtKind::CopyOut(Copy {
            buffer: narrow.buffer,
            offset: narrow.offset,
            pitch: narrow.pitch,
            view: access.view,
            view_offset: region.offset,
            view_pitch: region.pitch,
            rows: region.rows,
            cols: region.cols,
            max_rows: region.max_rows,
            max_cols: region.max_cols,
            pad: None,
        });
        self.when(region.some, |lower| {
            lower.emit(copy);
            Ok(())
        })
    }

    /// A chunk as the view holds it.
    fn narrow(&mut self, span: Span, value: Value, lie: &Lie, chunk: &Chunk) -> Result<Span> {
        let (elem, held) = (self.facts.ty(value).elem, self.facts.held(value));
        let to = raw(elem);
        if !lie.apart && to == held && elem != Elem::I1 {
            return Ok(span);
        }
        let native = self.facts.target.casts.contains(&(held, to)) && (to.is_float() || held == Elem::I32);
        if !lie.apart && native && elem != Elem::I1 {
            let dst = self.temp(to, chunk.rows, chunk.cols);
            self.vector(VectorOp::Cast, &dst, vec![Operand::Span(span)]);
            return Ok(dst);
        }
        let (rows, cols) = if lie.apart { (chunk.cols, 1) } else { (chunk.rows, chunk.cols) };
        let dst = self.temp(to, rows, cols);
        self.each(chunk.rows, chunk.cols, |lower, row, col| {
            let number = lower.element(&Operand::Span(span.clone()), row, col, elem, held);
            let place = if lie.apart {
                mul(col.clone(), int(dst.pitch))
            } else {
                add(mul(row.clone(), int(dst.pitch)), col.clone())
            };
            let value = to_raw(number, elem);
            lower.emit(StmtKind::Write { buffer: dst.buffer, offset: place, value });
            Ok(())
        })?;
        Ok(dst)
    }

    /// A regular store of more than two dimensions: a loop over the others.
    fn store_parts(&mut self, access: &Access<'_>, lie: &Lie) -> Result<()> {
        let Some(kept) = self.source(access.tile)? else { return self.store_elements(access) };
        let shape = self.facts.ty(access.tile).shape;
        let high = lie.row.map_or(1, |d| shape.dims()[d]);
        let wide = kept.geometry.cols;
        let was = self.storage[access.tile.index()].replace(kept);
        self.counted("part", kept.geometry.rows / high, 1, |lower, part| {
            lower.fresh();
            let first = lower.define("row", mul(part, int(high)));
            let mut from = coordinates(&mul(first.clone(), int(wide)), &shape);
            let mut counts = vec![1; from.len()];
            for d in [lie.row, lie.col].into_iter().flatten() {
                (from[d], counts[d]) = (Expr::int(0), shape.dims()[d]);
            }
            let chunk = Chunk { row: first, col: Expr::int(0), rows: high, cols: wide };
            lower.store_chunk(access, lie, &chunk, &from, &counts)
        })?;
        self.fresh();
        self.storage[access.tile.index()] = was;
        Ok(())
    }

    /// Any store, element by element.
    fn store_elements(&mut self, access: &Access<'_>) -> Result<()> {
        let ty = self.facts.ty(access.tile);
        let source = self.source(access.tile)?;
        let mask = match access.mask {
            Some(mask) => Some((mask, self.source(mask)?)),
            None => None,
        };
        self.fresh();
        self.each(1, ty.shape.count(), |lower, _, flat| {
            let at = coordinates(flat, &ty.shape);
            let (offset, mut inside) = lower.element_of_view(access, &at)?;
            if let Some((mask, source)) = mask {
                let chosen = lower.source_element(mask, source, &at)?;
                inside = both(inside, chosen);
            }
            lower.when(inside, |lower| {
                let value = lower.source_element(access.tile, source, &at)?;
                lower.put(access.view, offset, value);
                Ok(())
            })
        })
    }
}
