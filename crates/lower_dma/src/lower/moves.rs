//! Operations that put elements elsewhere: transposes, parts, general broadcasts, gathers; and constants.
//!
//! Where rows stay rows and start at blocks they are vector copies; else every element is moved by scalar code.

use tile_ir::{Index, Literal, Op, OpKind, Shape, Value};

use super::exprs::{add, both, constant, div, int, less, mul, rem};
use super::facts::{Geometry, geometry};
use super::scalar::from_held;
use super::state::{Chunk, Kept, Lower, Result};
use crate::ir::{Expr, Operand, Scalar, Span, StmtKind, VectorOp};

/// Coordinates of element `number` of a shape, in row-major order.
pub(super) fn coordinates(number: &Expr, shape: &Shape) -> Vec<Expr> {
    let strides = shape.strides();
    let dims = shape.dims().iter().zip(&strides);
    dims.enumerate()
        .map(|(d, (&dim, &stride))| {
            let at = div(number.clone(), stride);
            if dim == 1 {
                Expr::int(0)
            } else if d == 0 {
                at
            } else {
                rem(at, dim)
            }
        })
        .collect()
}

/// Number of an element in row-major order.
pub(super) fn number(coordinates: &[Expr], shape: &Shape) -> Expr {
    let strides = shape.strides();
    coordinates.iter().zip(strides).fold(Expr::int(0), |sum, (at, stride)| add(sum, mul(at.clone(), int(stride))))
}

impl Lower<'_> {
    /// Element with these coordinates of a kept tile, of a broadcast of one or of a splat, as a number of its element type.
    pub(super) fn tile_element(&mut self, value: Value, at: &[Expr]) -> Result<Expr> {
        let (ty, held) = (self.facts.ty(value), self.facts.held(value));
        if ty.is_scalar() {
            return self.scalar(value);
        }
        let Some(kept) = self.storage[value.index()] else {
            if let Some(op) = self.facts.defs[value.index()]
                && let OpKind::Broadcast(from) = op.kind
                && self.storage[from.index()].is_some()
            {
                return self.placed(op, at);
            }
            let one = Chunk::whole(Geometry { rows: 1, cols: 1 });
            return match self.eval(value, &one, None)? {
                Operand::Scalar(number) => Ok(from_held(number, ty.elem, held)),
                Operand::Span(_) | Operand::Row(_) | Operand::Column(_) => self.broken("a tile is not kept"),
            };
        };

        let offset = if kept.geometry.rows == 1 {
            add(number(at, &ty.shape), int(kept.offset))
        } else {
            // The last dimension is the columns.
            let (col, rows) = at.split_last().map_or((Expr::int(0), at), |(col, rows)| (col.clone(), rows));
            let outer = Shape::new(&ty.shape.dims()[..rows.len()]).unwrap_or(Shape::SCALAR);
            kept.at(number(rows, &outer), col)
        };
        let span = kept.span(&Chunk::whole(Geometry { rows: 1, cols: 1 }));
        Ok(self.read(&span, "x", offset, ty.elem))
    }

    /// A chunk of an operation's result, element by element.
    pub(super) fn place_elements(&mut self, op: &Op, chunk: &Chunk, dst: &Span) -> Result<()> {
        let result = op.results[0];
        let (ty, cols) = (self.facts.ty(result), self.facts.geometry(result).cols);
        self.each(chunk.rows, chunk.cols, |lower, row, col| {
            let at = add(mul(add(chunk.row.clone(), row.clone()), int(cols)), add(chunk.col.clone(), col.clone()));
            let at = lower.define("at", at);
            let at: Vec<Expr> = coordinates(&at, &ty.shape);
            let value = lower.placed(op, &at)?;
            let offset = add(dst.offset.clone(), add(mul(row.clone(), int(dst.pitch)), col.clone()));
            lower.write(dst, offset, value, ty.elem);
            Ok(())
        })
    }

    /// The element of an operation's result with these coordinates.
    fn placed(&mut self, op: &Op, at: &[Expr]) -> Result<Expr> {
        match &op.kind {
            OpKind::Broadcast(from) => {
                let dims = self.facts.ty(*from).shape;
                let skipped = at.len() - dims.rank();
                let inner: Vec<Expr> = dims
                    .dims()
                    .iter()
                    .zip(&at[skipped..])
                    .map(|(&dim, at)| if dim == 1 { Expr::int(0) } else { at.clone() })
                    .collect();
                self.tile_element(*from, &inner)
            }
            OpKind::Reshape(from) => {
                let (to, shape) = (self.facts.ty(op.results[0]).shape, self.facts.ty(*from).shape);
                let same = number(at, &to);
                self.tile_element(*from, &coordinates(&same, &shape))
            }
            OpKind::Transpose { value, perm } => {
                let mut inner = vec![Expr::int(0); at.len()];
                perm.iter().zip(at).for_each(|(&d, at)| inner[d] = at.clone());
                self.tile_element(*value, &inner)
            }
            OpKind::Slice { value, offsets } => {
                let inner: Vec<Expr> =
                    at.iter().zip(offsets).map(|(at, &offset)| add(at.clone(), int(offset))).collect();
                self.tile_element(*value, &inner)
            }
            OpKind::Extract { value, indices } => {
                let mut inner = self.tile_indices(indices)?;
                inner.extend(at.iter().cloned());
                self.tile_element(*value, &inner)
            }
            OpKind::CreateMask { bounds } => {
                let mut inside = Expr::Bool(true);
                for (at, bound) in at.iter().zip(bounds) {
                    inside = both(inside, less(at.clone(), self.bound(bound)?));
                }
                Ok(inside)
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::InsertSlice { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => self.broken("no operation that moves elements"),
        }
    }

    pub(super) fn bound(&self, index: &Index) -> Result<Expr> {
        match index {
            Index::Static(number) => Ok(int(*number)),
            Index::Dynamic(value) => self.index(*value),
        }
    }

    fn tile_indices(&self, indices: &[Index]) -> Result<Vec<Expr>> {
        indices.iter().map(|index| self.bound(index)).collect()
    }

    /// A buffer for a kept value.
    pub(super) fn keep(&mut self, value: Value, word: &str) -> Kept {
        let Geometry { rows, cols } = self.facts.geometry(value);
        let name = self.name_of(value, word);
        self.buffer(&name, self.facts.held(value), rows, cols)
    }

    /// Computes a whole tile into a kept place.
    pub(super) fn fill(&mut self, value: Value, kept: Kept) -> Result<()> {
        let (rows, cols) = self.extents(kept.geometry);
        self.chunks(kept.geometry, rows, cols, &mut |lower, chunk| {
            let dst = kept.span(&chunk);
            lower.eval(value, &chunk, Some(&dst))?;
            Ok(())
        })
    }

    /// A constant that is kept.
    pub(super) fn constant(&mut self, op: &Op, literal: &Literal) -> Result<()> {
        let result = op.results[0];
        let kept = self.keep(result, "table");
        let (ty, Geometry { rows, cols }) = (self.facts.ty(result), kept.geometry);
        let span = kept.span(&Chunk::whole(kept.geometry));
        let elem = self.elem(&span);
        match literal {
            Literal::Splat(_) => return self.broken("a splat is not kept"),
            Literal::Iota { dim } => {
                let counts = ty.shape.dims().iter().enumerate().all(|(d, &size)| d == *dim || size == 1);
                if self.facts.target.iota && elem == tile_ir::Elem::I32 && counts && rows == 1 {
                    let start = Operand::Scalar(Expr::Int(Scalar::I32, 0));
                    self.vector(VectorOp::Iota, &span, vec![start]);
                } else {
                    self.each(rows, cols, |lower, row, col| {
                        let at = lower.define("at", add(mul(row.clone(), int(cols)), col.clone()));
                        let value = coordinates(&at, &ty.shape)[*dim].clone();
                        let value = match Scalar::of(ty.elem) {
                            Scalar::I32 => Expr::Convert(
                                crate::ir::Convert::Signed(Scalar::I32, super::scalar::bits(ty.elem)),
                                Box::new(value),
                            ),
                            Scalar::I64 | Scalar::F32 | Scalar::Bool => value,
                        };
                        lower.write(&span, kept.at(row.clone(), col.clone()), value, ty.elem);
                        Ok(())
                    })?;
                }
            }
            Literal::Dense(numbers) => {
                for (at, number) in numbers.iter().enumerate() {
                    let (row, col) = (at as u64 / cols, at as u64 % cols);
                    let value = constant(Scalar::of(ty.elem), *number);
                    self.write(&span, kept.at(int(row), int(col)), value, ty.elem);
                }
            }
        }
        self.storage[result.index()] = Some(kept);
        Ok(())
    }

    /// An operation that moves elements, with a result that is kept.
    pub(super) fn move_op(&mut self, op: &Op) -> Result<()> {
        let result = op.results[0];
        match &op.kind {
            OpKind::InsertSlice { value, into, offsets } => {
                let kept = self.copy_of(*into, result)?;
                let (from, to) = (self.facts.ty(*value).shape, self.facts.ty(result).shape);
                let inner = geometry(&from);
                let step = self.facts.target.step(self.out.buffer(kept.buffer).elem);
                let rows_stay = to.rank() == 2 && to.dims()[1] > 1 && from.dims()[1] > 1;
                let ends = |at: u64| at.is_multiple_of(step) || at == kept.geometry.cols;
                if rows_stay && offsets[1].is_multiple_of(step) && ends(offsets[1] + inner.cols) {
                    let part =
                        Kept { offset: kept.offset + offsets[0] * kept.pitch + offsets[1], geometry: inner, ..kept };
                    self.fill(*value, part)?;
                } else {
                    let source = self.source(*value)?;
                    self.each(1, from.count(), |lower, _, at| {
                        let at = coordinates(at, &from);
                        let element = lower.source_element(*value, source, &at)?;
                        let outer: Vec<Expr> =
                            at.iter().zip(offsets).map(|(at, &offset)| add(at.clone(), int(offset))).collect();
                        lower.set_element(kept, result, &outer, element);
                        Ok(())
                    })?;
                }
                self.storage[result.index()] = Some(kept);
            }
            OpKind::Insert { value, into, indices } => {
                let kept = self.copy_of(*into, result)?;
                let lead = self.tile_indices(indices)?;
                let from = self.facts.ty(*value).shape;
                let source = self.source(*value)?;
                self.each(1, from.count(), |lower, _, at| {
                    let inner = coordinates(at, &from);
                    let element = lower.source_element(*value, source, &inner)?;
                    let outer: Vec<Expr> = lead.iter().cloned().chain(inner).collect();
                    lower.set_element(kept, result, &outer, element);
                    Ok(())
                })?;
                self.storage[result.index()] = Some(kept);
            }
            OpKind::Extract { value, indices } if self.facts.ty(result).is_scalar() => {
                let at = self.tile_indices(indices)?;
                let element = self.tile_element(*value, &at)?;
                let name = self.name_of(result, "value");
                let element = self.define(&name, element);
                self.scalars[result.index()] = Some(element);
            }
            OpKind::Transpose { .. } | OpKind::Extract { .. } => {
                let kept = self.keep(result, "moved");
                let whole = Chunk::whole(kept.geometry);
                self.fresh();
                self.place_elements(op, &whole, &kept.span(&whole))?;
                self.storage[result.index()] = Some(kept);
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Slice { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => return self.broken("no operation that moves elements"),
        }
        Ok(())
    }

    /// A tile in memory for its elements to be read one by one.
    pub(super) fn source(&mut self, value: Value) -> Result<Option<Kept>> {
        if self.facts.ty(value).is_scalar() || self.facts.is_splat(value) {
            return Ok(None);
        }
        if let Some(kept) = self.storage[value.index()] {
            return Ok(Some(kept));
        }
        let kept = self.keep(value, "part");
        self.fill(value, kept)?;
        Ok(Some(kept))
    }

    pub(super) fn source_element(&mut self, value: Value, source: Option<Kept>, at: &[Expr]) -> Result<Expr> {
        let was = std::mem::replace(&mut self.storage[value.index()], source);
        let element = self.tile_element(value, at);
        self.storage[value.index()] = was;
        element
    }

    fn set_element(&mut self, kept: Kept, of: Value, at: &[Expr], value: Expr) {
        let ty = self.facts.ty(of);
        let flat = self.define("to", number(at, &ty.shape));
        let cols = kept.geometry.cols;
        let offset = kept.at(div(flat.clone(), cols), rem(flat, cols));
        let span = kept.span(&Chunk::whole(kept.geometry));
        self.write(&span, offset, value, ty.elem);
    }

    /// A tile that may be changed: the place of `from` itself if nobody else needs it.
    fn copy_of(&mut self, from: Value, to: Value) -> Result<Kept> {
        if let Some(kept) = self.storage[from.index()]
            && self.facts.uses[from.index()] == 1
            && self.facts.held(from) == self.facts.held(to)
            && matches!(
                self.facts.defs[from.index()].map(|op| &op.kind),
                Some(OpKind::InsertSlice { .. } | OpKind::Insert { .. })
            )
            && self.local_defs.contains(&from)
        {
            return Ok(kept);
        }
        let kept = self.keep(to, "tile");
        self.fill_as(from, to, kept)?;
        Ok(kept)
    }

    /// As [`Lower::fill`], of a tile that may be held otherwise than `to`.
    pub(super) fn fill_as(&mut self, from: Value, to: Value, kept: Kept) -> Result<()> {
        if self.facts.held(from) == self.facts.held(to) {
            return self.fill(from, kept);
        }
        let (ty, source) = (self.facts.ty(from), self.source(from)?);
        self.fresh();
        self.each(1, ty.shape.count(), |lower, _, at| {
            let at = coordinates(at, &ty.shape);
            let element = lower.source_element(from, source, &at)?;
            lower.set_element(kept, to, &at, element);
            Ok(())
        })
    }

    /// A gather: element by element.
    pub(super) fn gather(&mut self, op: &Op) -> Result<()> {
        let OpKind::Gather { view, offsets, mask, passthru } = &op.kind else { return self.broken("no gather") };
        let result = op.results[0];
        let ty = self.facts.ty(result);
        let direct = [offsets, mask].map(|value| self.is_direct(*value));
        let source = |lower: &mut Self, value: Value, direct: bool| if direct { Ok(None) } else { lower.source(value) };
        let sources = [source(self, *offsets, direct[0])?, source(self, *mask, direct[1])?, self.source(*passthru)?];
        let kept = self.keep(result, "gathered");
        self.fresh();
        self.each(1, ty.shape.count(), |lower, _, at| {
            let at = coordinates(at, &ty.shape);
            let element = |lower: &mut Self, value: Value, which: usize| {
                if direct[which] {
                    lower.direct_element(value, &at)
                } else {
                    lower.source_element(value, sources[which], &at)
                }
            };
            let inside = element(lower, *mask, 1)?;
            let offset = element(lower, *offsets, 0)?;
            let offset = match offset.scalar(&lower.out) {
                Scalar::I32 => Expr::Convert(crate::ir::Convert::Unsigned(Scalar::I64, 32), Box::new(offset)),
                Scalar::F32 | Scalar::Bool | Scalar::I64 => offset,
            };
            let otherwise = lower.source_element(*passthru, sources[2], &at)?;
            let then = lower.inside(|lower| {
                let element = lower.global(*view, offset);
                lower.set_element(kept, result, &at, element);
                Ok(())
            })?;
            let otherwise = lower.inside(|lower| {
                lower.set_element(kept, result, &at, otherwise);
                Ok(())
            })?;
            lower.emit(StmtKind::If { condition: inside, then, otherwise });
            Ok(())
        })?;
        self.storage[result.index()] = Some(kept);
        Ok(())
    }
}
