//! Reductions: chunks are reduced by the vector unit, and the parts put together.

use tile_ir::{BinaryOp, Elem, Op, OpKind, ReduceOp, Shape, Value};

use super::exprs::{add, int, mul};
use super::facts::Geometry;
use super::moves::coordinates;
use super::state::{Chunk, Kept, Lower, Result};
use crate::ir::{Convert, Expr, Operand, Scalar, Span, StmtKind, VectorOp};

/// The operation of two operands that reduces.
pub(super) const fn combine(op: ReduceOp) -> BinaryOp {
    match op {
        ReduceOp::Add => BinaryOp::Add,
        ReduceOp::MinF => BinaryOp::MinF,
        ReduceOp::MaxF => BinaryOp::MaxF,
        ReduceOp::MinS => BinaryOp::MinS,
        ReduceOp::MaxS => BinaryOp::MaxS,
        ReduceOp::MinU => BinaryOp::MinU,
        ReduceOp::MaxU => BinaryOp::MaxU,
    }
}

impl Lower<'_> {
    /// A reduction; its result is kept, or a scalar.
    pub(super) fn reduce(&mut self, op: &Op) -> Result<()> {
        let OpKind::Reduce { op: kind, value, acc, dims } = &op.kind else { return self.broken("no reduction") };
        let result = op.results[0];
        let (ty, wide) = (self.facts.ty(*value), self.facts.geometry(*value));
        let rank = ty.shape.rank();
        if ty.elem.is_float() {
            let dims_of = ty.shape.dims();
            // Dimensions of one element do not matter.
            let several: Vec<usize> = (0..rank).filter(|&d| dims_of[d] > 1).collect();
            let reduced: Vec<usize> = several.iter().copied().filter(|d| dims.contains(d)).collect();
            if self.facts.ty(result).is_scalar() {
                return self.reduce_all(*kind, *value, *acc, result);
            }
            let last = several.last();
            if reduced == several && !several.is_empty() {
                return self.reduce_one(*kind, *value, *acc, result);
            }
            if wide.rows > 1
                && Some(reduced.as_slice()) == last.map(std::slice::from_ref)
                && self.facts.geometry(result).rows == 1
            {
                return self.reduce_rows(*kind, *value, *acc, result);
            }
            if wide.rows > 1
                && Some(reduced.len()) == several.len().checked_sub(1)
                && last.is_some_and(|last| !dims.contains(last))
            {
                return self.reduce_cols(*kind, *value, *acc, result);
            }
        }
        self.reduce_elements(*kind, *value, *acc, dims, result)
    }

    /// A place with the start value.
    fn start(&mut self, acc: Value, result: Value) -> Result<Kept> {
        let kept = self.keep(result, "total");
        self.fresh();
        self.fill_as(acc, result, kept)?;
        self.fresh();
        Ok(kept)
    }

    /// Rounds a kept sum to its element type.
    pub(super) fn settle(&mut self, value: Value, kept: Kept) -> Result<()> {
        let elem = self.facts.ty(value).elem;
        if matches!(elem, Elem::F16 | Elem::Bf16) {
            let whole = Chunk::whole(kept.geometry);
            let narrow = self.temp(elem, whole.rows, whole.cols);
            self.vector(VectorOp::Cast, &narrow, vec![Operand::Span(kept.span(&whole))]);
            self.vector(VectorOp::Cast, &kept.span(&whole), vec![Operand::Span(narrow)]);
        }
        self.storage[value.index()] = Some(kept);
        Ok(())
    }

    /// `place = place op part`.
    pub(super) fn accumulate(&mut self, kind: ReduceOp, place: &Span, part: Span) {
        let parts = vec![Operand::Span(place.clone()), Operand::Span(part)];
        self.vector(VectorOp::Binary(combine(kind)), place, parts);
    }

    /// Element `r` of the row `place` with row `r` of `own` reduced. Chunks of rows need not start where vectors do.
    pub(super) fn fold_rows(&mut self, kind: ReduceOp, own: Span, place: &Span) {
        if self.facts.target.vectors.is_some() {
            let parts = vec![Operand::Span(own), Operand::Span(place.clone())];
            return self.vector(VectorOp::ReduceRows(kind), place, parts);
        }
        let part = self.temp(Elem::F32, 1, own.rows);
        self.vector(VectorOp::ReduceRows(kind), &part, vec![Operand::Span(own)]);
        self.accumulate(kind, place, part);
    }

    fn reduce_rows(&mut self, kind: ReduceOp, value: Value, acc: Value, result: Value) -> Result<()> {
        let kept = self.start(acc, result)?;
        let geometry = self.facts.geometry(value);
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let own = lower.eval_own(value, &chunk)?;
            let at = Chunk { row: Expr::int(0), col: chunk.row.clone(), rows: 1, cols: chunk.rows };
            lower.fold_rows(kind, own, &kept.span(&at));
            Ok(())
        })?;
        self.settle(result, kept)
    }

    fn reduce_cols(&mut self, kind: ReduceOp, value: Value, acc: Value, result: Value) -> Result<()> {
        let kept = self.start(acc, result)?;
        let geometry = self.facts.geometry(value);
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let own = lower.eval_own(value, &chunk)?;
            let part = lower.temp(Elem::F32, 1, chunk.cols);
            lower.vector(VectorOp::ReduceCols(kind), &part, vec![Operand::Span(own)]);
            let at = Chunk { row: Expr::int(0), col: chunk.col.clone(), rows: 1, cols: chunk.cols };
            lower.accumulate(kind, &kept.span(&at), part);
            Ok(())
        })?;
        self.settle(result, kept)
    }

    /// One number out of a chunk.
    fn reduce_chunk(&mut self, kind: ReduceOp, value: Value, chunk: &Chunk) -> Result<Span> {
        let own = self.eval_own(value, chunk)?;
        let rows = self.temp(Elem::F32, 1, chunk.rows);
        self.vector(VectorOp::ReduceRows(kind), &rows, vec![Operand::Span(own)]);
        if chunk.rows == 1 {
            return Ok(rows);
        }
        let one = self.temp(Elem::F32, 1, 1);
        self.vector(VectorOp::ReduceRows(kind), &one, vec![Operand::Span(rows)]);
        Ok(one)
    }

    /// All elements to a tile of one.
    fn reduce_one(&mut self, kind: ReduceOp, value: Value, acc: Value, result: Value) -> Result<()> {
        let kept = self.start(acc, result)?;
        let geometry = self.facts.geometry(value);
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let part = lower.reduce_chunk(kind, value, &chunk)?;
            lower.accumulate(kind, &kept.span(&Chunk::whole(kept.geometry)), part);
            Ok(())
        })?;
        self.settle(result, kept)
    }

    /// All elements to a number.
    fn reduce_all(&mut self, kind: ReduceOp, value: Value, acc: Value, result: Value) -> Result<()> {
        let start = self.scalar(acc)?;
        let total = self.var(&self.name_of(result, "total"), Scalar::F32);
        self.emit(StmtKind::Let { var: total, value: start });
        let geometry = self.facts.geometry(value);
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let part = lower.reduce_chunk(kind, value, &chunk)?;
            let part = lower.read(&part, "part", Expr::int(0), Elem::F32);
            let sum = Expr::Binary(combine(kind), Box::new(Expr::Var(total)), Box::new(part));
            lower.emit(StmtKind::Assign { var: total, value: sum });
            Ok(())
        })?;
        let elem = self.facts.ty(result).elem;
        let rounded = match elem {
            Elem::F16 | Elem::Bf16 => Expr::Convert(Convert::Round(elem), Box::new(Expr::Var(total))),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Expr::Var(total),
        };
        self.scalars[result.index()] = Some(self.define("total", rounded));
        Ok(())
    }

    /// Any reduction, element by element.
    fn reduce_elements(
        &mut self,
        kind: ReduceOp,
        value: Value,
        acc: Value,
        dims: &[usize],
        result: Value,
    ) -> Result<()> {
        let (from, to) = (self.facts.ty(value), self.facts.ty(result));
        let source = self.source(value)?;
        let kept_dims: Vec<usize> = (0..from.shape.rank()).filter(|d| !dims.contains(d)).collect();
        let gone: Vec<u64> = dims.iter().map(|&d| from.shape.dims()[d]).collect();
        let Some(gone) = Shape::new(&gone) else { return self.broken("a shape of too many dimensions") };
        let start = self.source(acc)?;
        let total = self.var("total", Scalar::of(from.elem));
        let kept = if to.is_scalar() { None } else { Some(self.keep(result, "total")) };
        self.fresh();
        self.counted("r", to.shape.count(), 1, |lower, flat| {
            let outer = coordinates(&flat, &to.shape);
            let first = lower.source_element(acc, start, &outer)?;
            lower.emit(StmtKind::Let { var: total, value: first });
            lower.counted("k", gone.count(), 1, |lower, k| {
                let inner = coordinates(&k, &gone);
                let mut at = vec![Expr::int(0); from.shape.rank()];
                kept_dims.iter().zip(&outer).for_each(|(&d, at_d)| at[d] = at_d.clone());
                dims.iter().zip(inner).for_each(|(&d, at_d)| at[d] = at_d);
                let element = lower.source_element(value, source, &at)?;
                let sum = Expr::Binary(combine(kind), Box::new(Expr::Var(total)), Box::new(element));
                let sum = match from.elem {
                    Elem::I8 => Expr::Convert(Convert::Signed(Scalar::I32, 8), Box::new(sum)),
                    Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => sum,
                };
                lower.emit(StmtKind::Assign { var: total, value: sum });
                Ok(())
            })?;
            let sum = match from.elem {
                Elem::F16 | Elem::Bf16 => Expr::Convert(Convert::Round(from.elem), Box::new(Expr::Var(total))),
                Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Expr::Var(total),
            };
            if let Some(kept) = kept {
                let Geometry { cols, .. } = kept.geometry;
                let place = add(
                    mul(super::exprs::div(flat.clone(), cols), int(kept.pitch)),
                    super::exprs::rem(flat.clone(), cols),
                );
                let span = kept.span(&Chunk::whole(kept.geometry));
                lower.write(&span, place, sum, to.elem);
            } else {
                lower.emit(StmtKind::Assign { var: total, value: sum });
            }
            Ok(())
        })?;
        match kept {
            Some(kept) => self.storage[result.index()] = Some(kept),
            None => self.scalars[result.index()] = Some(Expr::Var(total)),
        }
        Ok(())
    }
}
