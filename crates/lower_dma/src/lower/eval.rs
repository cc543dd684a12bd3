//! Chunks of tiles: the elements of a virtual tile where they are needed, a chunk at a time.
//!
//! [`Lower::eval`] gives a chunk as an operand of a vector operation. Operations that the vector unit has are emitted as such
//! ([`super::elements`]); others become loops over the chunk's elements.

use tile_ir::{Elem, Literal, Op, OpKind, Value};

use super::exprs::{add, constant, int, mul};
use super::facts::Geometry;
use super::scalar::to_held;
use super::state::{Chunk, Lower, Result};
use crate::ir::{Expr, Operand, Scalar, Span};

impl Lower<'_> {
    /// A chunk of a tile. If `into` is given, the result is there.
    pub(super) fn eval(&mut self, value: Value, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let known = self.memo.get(&value).cloned();
        let operand = match known {
            Some(operand) => operand,
            None => {
                let name = self.name_of(value, "tile");
                let named = std::mem::replace(&mut self.naming, name);
                let operand = self.compute_chunk(value, chunk, into);
                self.naming = named;
                let operand = operand?;
                self.memo.insert(value, operand.clone());
                operand
            }
        };
        match into {
            Some(span) if operand != Operand::Span(span.clone()) => {
                self.copy_into(span, operand)?;
                Ok(Operand::Span(span.clone()))
            }
            Some(_) | None => Ok(operand),
        }
    }

    /// A chunk as a span.
    pub(super) fn eval_span(&mut self, value: Value, chunk: &Chunk) -> Result<Span> {
        let operand = self.eval(value, chunk, None)?;
        if let Operand::Span(span) = operand {
            return Ok(span);
        }
        let span = self.spread(operand, self.facts.held(value), chunk.rows, chunk.cols)?;
        self.memo.insert(value, Operand::Span(span.clone()));
        Ok(span)
    }

    /// A chunk in memory that nobody else uses.
    pub(super) fn eval_own(&mut self, value: Value, chunk: &Chunk) -> Result<Span> {
        let span = self.temp(self.facts.held(value), chunk.rows, chunk.cols);
        self.eval(value, chunk, Some(&span))?;
        self.memo.remove(&value);
        Ok(span)
    }

    fn compute_chunk(&mut self, value: Value, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        if self.facts.ty(value).is_scalar() {
            let (elem, held) = (self.facts.ty(value).elem, self.facts.held(value));
            return Ok(Operand::Scalar(to_held(self.scalar(value)?, elem, held)));
        }
        if let Some(kept) = self.storage[value.index()] {
            return Ok(Operand::Span(kept.span(chunk)));
        }
        let Some(op) = self.facts.defs[value.index()] else { return self.broken("a tile has no definition") };
        match &op.kind {
            OpKind::Constant(Literal::Splat(number)) => {
                let elem = self.facts.ty(value).elem;
                let held = self.facts.held(value);
                Ok(Operand::Scalar(to_held(constant(Scalar::of(elem), *number), elem, held)))
            }
            OpKind::Broadcast(from) => self.broadcast(op, *from, value, chunk),
            OpKind::Reshape(from) | OpKind::Slice { value: from, .. } | OpKind::Transpose { value: from, .. }
                if self.facts.is_splat(*from) =>
            {
                self.eval(*from, chunk, None)
            }
            OpKind::Reshape(from) if self.facts.same_geometry(*from, value) => self.eval(*from, chunk, None),
            OpKind::Slice { .. } => self.slice(op, chunk),
            OpKind::Load { .. } => self.load(op, chunk, into),
            OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..) => self.elementwise(op, chunk, into),
            OpKind::CreateMask { .. } | OpKind::Reshape(_) => {
                let dst = self.target_of(into, self.facts.held(value), chunk.rows, chunk.cols);
                self.place_elements(op, chunk, &dst)?;
                Ok(Operand::Span(dst))
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Transpose { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => self.broken("a kept tile is used before it is there"),
        }
    }

    fn broadcast(&mut self, op: &Op, from: Value, to: Value, chunk: &Chunk) -> Result<Operand> {
        let (source, result) = (self.facts.ty(from), self.facts.ty(to));
        if source.is_scalar() || self.facts.is_splat(from) || self.facts.same_geometry(from, to) {
            return self.eval(from, chunk, None);
        }
        let Some(kept) = self.storage[from.index()] else { return self.broken("a broadcast tile is not kept") };
        let wide = self.facts.geometry(to);
        if source.shape.count() == 1 {
            let span = kept.span(&Chunk::whole(Geometry { rows: 1, cols: 1 }));
            let value = self.read(&span, "value", int(kept.offset), self.elem(&span));
            return Ok(Operand::Scalar(value));
        }
        let last = |dims: &[u64]| dims.last().copied().unwrap_or(1);
        let (inner, outer) = (source.shape.dims(), result.shape.dims());
        let rows_of = |dims: &[u64]| dims.split_last().map_or(1, |(_, rows)| rows.iter().product::<u64>());
        if last(inner) == last(outer) && rows_of(inner) == 1 && last(outer) > 1 {
            let part = Chunk { row: Expr::int(0), col: chunk.col.clone(), rows: 1, cols: chunk.cols };
            return Ok(Operand::Row(kept.span(&part)));
        }
        if last(inner) == 1 && source.shape.count() == wide.rows && last(outer) > 1 {
            let part = Chunk { row: Expr::int(0), col: chunk.row.clone(), rows: 1, cols: chunk.rows };
            return Ok(Operand::Column(kept.span(&part)));
        }
        let dst = self.temp(self.facts.held(to), chunk.rows, chunk.cols);
        self.place_elements(op, chunk, &dst)?;
        Ok(Operand::Span(dst))
    }

    fn slice(&mut self, op: &Op, chunk: &Chunk) -> Result<Operand> {
        let OpKind::Slice { value, offsets } = &op.kind else { return self.broken("no slice") };
        let result = op.results[0];
        let held = self.facts.held(result);
        if let Some(kept) = self.storage[value.index()]
            && self.facts.ty(*value).shape.rank() <= 2
            && held == self.out.buffer(kept.buffer).elem
        {
            let (from, to) = (self.facts.ty(*value).shape, self.facts.ty(result).shape);
            let strides = match (from.dims(), to.dims()) {
                ([_], [_]) | ([_, 1], [_, 1]) => Some((0, offsets.iter().sum::<u64>())),
                ([_, _], [_, c]) if *c > 1 => Some((offsets[0], offsets[1])),
                (_, _) => None,
            };
            let step = self.facts.target.step(held);
            if let Some((row, col)) = strides
                && col.is_multiple_of(step)
                && (kept.offset + row * kept.pitch).is_multiple_of(step)
            {
                let offset = kept.at(add(chunk.row.clone(), int(row)), add(chunk.col.clone(), int(col)));
                let (rows, cols) = (chunk.rows, chunk.cols);
                return Ok(Operand::Span(Span { buffer: kept.buffer, offset, rows, cols, pitch: kept.pitch }));
            }
        }
        let dst = self.temp(held, chunk.rows, chunk.cols);
        self.place_elements(op, chunk, &dst)?;
        Ok(Operand::Span(dst))
    }

    /// A loop of scalar code over the elements of a chunk: an elementwise operation that the vector unit lacks.
    pub(super) fn loop_elements(
        &mut self,
        op: &Op,
        operands: &[(Operand, Elem, Elem)],
        chunk: &Chunk,
        dst: &Span,
    ) -> Result<()> {
        let result = op.results[0];
        let elem = self.facts.ty(result).elem;
        self.each(chunk.rows, chunk.cols, |lower, row, col| {
            let args: Vec<Expr> =
                operands.iter().map(|(operand, elem, held)| lower.element(operand, row, col, *elem, *held)).collect();
            let Some(value) = lower.compute(op, &args)? else { return lower.broken("no elementwise operation") };
            let offset = add(dst.offset.clone(), add(mul(row.clone(), int(dst.pitch)), col.clone()));
            lower.write(dst, offset, value, elem);
            Ok(())
        })
    }
}
