//! Constants, and operations that move elements.

use tile_ir::{Index, Literal, Number as Constant, Op, OpKind, Shape, Value};

use super::calc::{Arg, Size};
use super::moves::{Dim, compose, split};
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Source, Val, divisor, natural};
use crate::ir::{Alu, Dtype, Expr, Hbm, Instr, Number, Span};
use crate::limits::PARTITIONS;

/// Most runs of equal elements in a constant that is neither one number nor counts.
const MOST_RUNS: usize = 4096;

/// Indices by dimension: those that the compiler knows, and those that the run does.
type Places = (Vec<(usize, Expr)>, Vec<(usize, FormsId)>);

impl Lower<'_> {
    pub(super) fn constant_op(&mut self, op: &Op, literal: &Literal) -> Result<Val> {
        let result = op.results[0];
        let ty = self.ty(result);
        let number = |number: &Constant| match number {
            Constant::Float(x) => Val::Float(*x),
            Constant::Int(n) => Val::Int(Expr::Int(*n)),
        };
        match literal {
            Literal::Splat(n) => Ok(number(n)),
            Literal::Iota { dim } => {
                let id = self.iota(&ty.shape, *dim)?;
                let dtype = Dtype::held(ty.elem);
                if dtype == Dtype::I32 {
                    return Ok(Val::Tile(id));
                }
                Ok(Val::Tile(self.at_level(0, |lower| lower.changed(id, |lower, span, _| lower.cast(&span, dtype)))?))
            }
            Literal::Dense(numbers) => {
                let mut runs: Vec<(u64, u64, &Constant)> = Vec::new();
                for (at, n) in numbers.iter().enumerate() {
                    match runs.last_mut() {
                        Some(run) if run.2 == n => run.1 += 1,
                        Some(_) | None => runs.push((at as u64, 1, n)),
                    }
                }
                if runs.len() > MOST_RUNS {
                    return self.refuse(op, ty.elem, "pass a table of that many numbers as a view");
                }
                let (dtype, count, name) = (Dtype::held(ty.elem), ty.shape.count(), self.name_of(result, "table"));
                let before = std::mem::replace(&mut self.naming, name.clone());
                let val = self.at_level(0, |lower| {
                    let row = lower.temp(dtype, 1, count);
                    for (first, size, n) in &runs {
                        let value = match n {
                            Constant::Float(x) => Number::Float(*x),
                            Constant::Int(n) => Number::Int(*n),
                        };
                        lower.emit(Instr::Fill { dst: row.part_of(*first, *size), value });
                    }
                    let row = if count == 1 { lower.on_all_partitions(&row, PARTITIONS)? } else { row };
                    Ok(Val::Tile(lower.new_forms(&name, dtype, count, Origin::Forms, vec![row])))
                });
                self.naming = before;
                val
            }
        }
    }

    /// The tile whose elements are their index along a dimension.
    pub(super) fn iota(&mut self, shape: &Shape, dim: usize) -> Result<FormsId> {
        let extent = shape.dims()[dim];
        if let Some((_, _, id)) = self.counts.iter().find(|entry| entry.0 == *shape && entry.1 == dim) {
            return Ok(*id);
        }
        let (outer, inner): (u64, u64) =
            (shape.dims()[..dim].iter().product(), shape.dims()[dim + 1..].iter().product());
        let id = self.at_level(0, |lower| {
            // One axis that counts: along partitions, or within them, or both.
            let parts = if extent == 1 {
                1
            } else if outer == 1 {
                divisor(extent)
            } else {
                1
            };
            let span = lower.tile("index", crate::ir::TileSpace::Sbuf, Dtype::I32, parts, extent / parts);
            let multiplier = (extent / parts) as i64;
            lower.emit(Instr::Iota { dst: span.clone(), pattern: vec![(1, extent / parts)], offset: 0, multiplier });
            let span = if extent == 1 { lower.on_all_partitions(&span, PARTITIONS)? } else { span };
            let counted = lower.new_forms("index", Dtype::I32, extent, Origin::Forms, vec![span]);
            let dims = vec![
                Dim { count: outer, step: 0 },
                Dim { count: extent, step: u64::from(extent > 1) },
                Dim { count: inner, step: 0 },
            ];
            let whole = outer * inner == 1;
            Ok(if whole {
                counted
            } else {
                lower.new_forms("index", Dtype::I32, shape.count(), Origin::Broadcast(counted, dims), vec![])
            })
        })?;
        self.counts.push((*shape, dim, id));
        Ok(id)
    }

    pub(super) fn broadcast_op(&mut self, op: &Op, x: Value) -> Result<Val> {
        let (from, to) = (self.ty(x).shape, self.ty(op.results[0]).shape);
        match self.value(x)? {
            Val::Tile(id) if from.count() == to.count() => Ok(Val::Tile(id)),
            Val::Tile(id) => Ok(Val::Tile(self.broadcast_forms(id, &from, &to))),
            number @ (Val::Int(_) | Val::Float(_)) => Ok(number),
        }
    }

    /// A tile whose elements lie at these axes of another, in row-major order.
    pub(super) fn rearranged(&mut self, id: FormsId, first: u64, dims: Vec<Dim>, name: &str) -> Result<FormsId> {
        let count: u64 = dims.iter().map(|dim| dim.count).product();
        let data = self.data(id);
        let (level, dtype) = (data.level, data.dtype);
        self.at_level(level, |lower| {
            if lower.data(id).count == 1 {
                return Ok(id);
            }
            if let Some(span) = lower.pattern_of(id, first, &dims, count) {
                let span = if count == 1 { lower.single(&span)? } else { span };
                return Ok(lower.new_forms(name, dtype, count, Origin::Forms, vec![span]));
            }
            let hbm = lower.spill(id)?;
            let hbm = Hbm { offset: hbm.offset.clone().plus(Expr::from(first)), ..hbm };
            let source = Source { hbm, dims, written: None };
            Ok(lower.new_forms(name, dtype, count, Origin::Source(source), vec![]))
        })
    }

    /// One element on all partitions.
    fn single(&mut self, span: &Span) -> Result<Span> {
        let one = Span { dims: vec![(1, 1)], ..span.clone() };
        self.on_all_partitions(&one, PARTITIONS)
    }

    /// The elements as a pattern of a form that is there.
    fn pattern_of(&self, id: FormsId, first: u64, dims: &[Dim], count: u64) -> Option<Span> {
        let data = self.data(id);
        data.list.iter().find_map(|span| {
            let run = data.count / span.parts;
            // The part of the tile before its first element lies within partitions.
            if first >= run || (count > 1 && !count.is_multiple_of(span.parts)) {
                return None;
            }
            let parts = if count == 1 { 1 } else { span.parts };
            let (lead, trail) = split(dims, parts)?;
            let lead: Vec<(u64, u64)> = lead.iter().map(|dim| (dim.step, dim.count)).collect();
            let along = match crate::ir::merged(&lead)[..] {
                [] => parts == 1,
                [(step, n)] => step == run && n == parts,
                [_, ..] => false,
            };
            let reach: u64 = first + trail.iter().map(|dim| (dim.count - 1) * dim.step).sum::<u64>();
            if !along || reach >= run {
                return None;
            }
            // The first element's place, with an axis of its own.
            let mut shifted = vec![Dim { count: 2, step: first }];
            shifted.extend(&trail);
            let mut pattern = if first == 0 { compose(&trail, &span.dims)? } else { compose(&shifted, &span.dims)? };
            let offset = if first == 0 { 0 } else { pattern.remove(0).0 };
            if pattern.len() > trail.len() {
                return None;
            }
            let offset = span.offset.clone().plus(Expr::from(offset));
            let span = Span { parts, offset, dims: pattern, ..span.clone() };
            (span.merged().len() <= crate::limits::FREE_AXES).then_some(span)
        })
    }

    pub(super) fn transpose_op(&mut self, op: &Op, x: Value, perm: &[usize]) -> Result<Val> {
        let (from, to) = (self.ty(x).shape, self.ty(op.results[0]).shape);
        let val = self.value(x)?;
        let Val::Tile(id) = val else { return Ok(val) };
        let strides = from.strides();
        let dims: Vec<Dim> = perm.iter().map(|&d| Dim { count: from.dims()[d], step: strides[d] }).collect();
        let name = self.name_of(op.results[0], "transposed");
        let pairs: Vec<(u64, u64)> = dims.iter().map(|dim| (dim.step, dim.count)).collect();
        let merged = crate::ir::merged(&pairs);
        if merged.len() <= 1 && merged.first().is_none_or(|dim| dim.0 == 1) {
            return Ok(Val::Tile(id));
        }
        let dtype = self.data(id).dtype;
        if let [rows, cols] = from.dims()
            && dtype.is_float()
            && *rows <= PARTITIONS
            && *cols <= PARTITIONS
        {
            let level = self.data(id).level;
            let before = std::mem::replace(&mut self.naming, name.clone());
            let val = self.at_level(level, |lower| {
                let span = lower.form(id, *rows)?;
                let turned = lower.turned(&span, dtype)?;
                Ok(Val::Tile(lower.new_forms(&name, dtype, to.count(), Origin::Forms, vec![turned])))
            });
            self.naming = before;
            return val;
        }
        Ok(Val::Tile(self.rearranged(id, 0, dims, &name)?))
    }

    pub(super) fn slice_op(&mut self, op: &Op, x: Value, offsets: &[u64]) -> Result<Val> {
        let (from, to) = (self.ty(x).shape, self.ty(op.results[0]).shape);
        let val = self.value(x)?;
        let Val::Tile(id) = val else { return Ok(val) };
        let strides = from.strides();
        let first = offsets.iter().zip(&strides).map(|(offset, stride)| offset * stride).sum();
        let dims = to.dims().iter().zip(&strides).map(|(&count, &step)| Dim { count, step }).collect();
        let name = self.name_of(op.results[0], "part");
        if to.count() == from.count() {
            Ok(Val::Tile(id))
        } else {
            Ok(Val::Tile(self.rearranged(id, first, dims, &name)?))
        }
    }

    /// Indices that the compiler knows, and those that the run does, by dimension; the latter in 32 bits.
    fn indices(&mut self, indices: &[Index]) -> Result<Places> {
        let (mut known, mut run) = (Vec::new(), Vec::new());
        for (d, index) in indices.iter().enumerate() {
            let val = match *index {
                Index::Static(n) => Val::Int(Expr::from(n)),
                Index::Dynamic(value) => self.value(value)?,
            };
            match val {
                Val::Int(expr) => {
                    // Tiles on the chip have no addresses of the run.
                    let at = self.decide(&[&expr], |values| values[0])?;
                    known.push((d, Expr::Int(at)));
                }
                Val::Tile(id) => run.push((d, id)),
                Val::Float(_) => return self.broken("an index that is a float"),
            }
        }
        Ok((known, run))
    }

    pub(super) fn extract_op(&mut self, op: &Op, x: Value, indices: &[Index]) -> Result<Val> {
        let (from, to) = (self.ty(x).shape, self.ty(op.results[0]).shape);
        let (known, run) = self.indices(indices)?;
        let val = self.value(x)?;
        let Val::Tile(id) = val else { return Ok(val) };
        let strides = from.strides();
        let first: u64 = known.iter().map(|(d, at)| at.as_int().unwrap_or(0) as u64 * strides[*d]).sum();
        let dims: Vec<Dim> =
            to.dims().iter().zip(&strides[indices.len()..]).map(|(&count, &step)| Dim { count, step }).collect();
        let name = self.name_of(op.results[0], "part");
        if run.is_empty() {
            let dims = if dims.is_empty() { vec![Dim { count: 1, step: 1 }] } else { dims };
            return Ok(Val::Tile(self.rearranged(id, first, dims, &name)?));
        }
        if from.count() == 1 {
            return Ok(Val::Tile(id));
        }
        let level = run.iter().map(|(_, id)| self.data(*id).level).max().unwrap_or(0).max(self.data(id).level);
        self.at_level(level, |lower| {
            let hbm = lower.spill(id)?;
            let size = Size { parts: PARTITIONS, free: 1 };
            let mut sum: Option<Span> = None;
            for (d, index) in run {
                let index = Arg::Span(lower.form(index, PARTITIONS)?);
                let term = lower.exact(Alu::Multiply, Dtype::I32, &index, &Arg::Int(strides[d] as i64), size)?;
                sum = Some(match sum {
                    None => term,
                    Some(sum) => lower.exact(Alu::Add, Dtype::I32, &sum.into(), &term.into(), size)?,
                });
            }
            let Some(sum) = sum else { return lower.broken("no index") };
            let hbm = lower.addressed(hbm)?;
            let mut index = sum;
            if let Some(dynamic) = &hbm.dynamic {
                let other = Span { parts: PARTITIONS, ..dynamic.index.clone() };
                index = lower.exact(Alu::Add, Dtype::I32, &index.into(), &other.into(), size)?;
            }
            let last = match hbm.base {
                crate::ir::Base::Scratch(_) => 0,
                crate::ir::Base::Param(param) => {
                    lower.kernel.view(tile_ir::ViewId(param as u32)).map_or(0, |view| view.shape.rank() - 1)
                }
            };
            let dynamic = Some(lower.dynamic(index, last));
            let hbm = Hbm { offset: hbm.offset.clone().plus(Expr::from(first)), dynamic, ..hbm };
            let dtype = lower.data(id).dtype;
            let source = Source { hbm, dims, written: None };
            Ok(Val::Tile(lower.new_forms(&name, dtype, to.count(), Origin::Source(source), vec![])))
        })
    }

    /// A tile with a box of it replaced, through HBM.
    pub(super) fn insert_box(&mut self, op: &Op, value: Value, into: Value, first: u64, dims: &[Dim]) -> Result<Val> {
        let name = self.name_of(op.results[0], "changed");
        let (part, whole) = (self.forms_of(value)?, self.forms_of(into)?);
        let count = self.ty(into).shape.count();
        if count == 1 {
            return Ok(Val::Tile(part));
        }
        let level = self.data(part).level.max(self.data(whole).level);
        let dtype = Dtype::held(self.ty(into).elem);
        let shape = self.ty(into).shape;
        self.at_level(level, |lower| {
            let scratch = lower.scratch(&name, dtype, count);
            let parts = lower.choose_parts(&[whole], &shape);
            let span = lower.form(whole, parts)?;
            lower.scatter(&span, &[Dim { count, step: 1 }], &scratch, None)?;
            let size: u64 = dims.iter().map(|dim| dim.count).product();
            let parts = if size == 1 {
                1
            } else {
                lower.data(part).list.first().map_or_else(|| divisor(size), |span| span.parts)
            };
            let span = lower.form(part, parts)?;
            let at = Hbm { offset: Expr::from(first), ..scratch.clone() };
            lower.scatter(&span, dims, &at, None)?;
            let source = Source { hbm: scratch, dims: vec![Dim { count, step: 1 }], written: None };
            Ok(Val::Tile(lower.new_forms(&name, dtype, count, Origin::Source(source), vec![])))
        })
    }

    pub(super) fn insert_slice_op(&mut self, op: &Op, value: Value, into: Value, offsets: &[u64]) -> Result<Val> {
        let strides = self.ty(into).shape.strides();
        let first = offsets.iter().zip(&strides).map(|(offset, stride)| offset * stride).sum();
        let shape = self.ty(value).shape;
        let dims: Vec<Dim> = shape.dims().iter().zip(&strides).map(|(&count, &step)| Dim { count, step }).collect();
        self.insert_box(op, value, into, first, &dims)
    }

    pub(super) fn insert_op(&mut self, op: &Op, value: Value, into: Value, indices: &[Index]) -> Result<Val> {
        let (known, run) = self.indices(indices)?;
        let shape = self.ty(into).shape;
        let strides = shape.strides();
        if run.is_empty() {
            let first = known.iter().map(|(d, at)| at.as_int().unwrap_or(0) as u64 * strides[*d]).sum();
            let inner = self.ty(value).shape;
            let mut dims: Vec<Dim> =
                inner.dims().iter().zip(&strides[indices.len()..]).map(|(&count, &step)| Dim { count, step }).collect();
            if dims.is_empty() {
                dims.push(Dim { count: 1, step: 1 });
            }
            return self.insert_box(op, value, into, first, &dims);
        }
        // Where each index is the wanted one, the other value.
        let part = self.forms_of(value)?;
        let part = self.broadcast_forms(part, &self.ty(value).shape.clone(), &shape);
        let whole = self.forms_of(into)?;
        let dtype = Dtype::held(self.ty(into).elem);
        let name = self.name_of(op.results[0], "changed");
        let level =
            run.iter().map(|(_, id)| self.data(*id).level).chain([self.data(part).level, self.data(whole).level]).max();
        let before = std::mem::replace(&mut self.naming, name.clone());
        let val = self.at_level(level.unwrap_or(0), |lower| {
            let parts = if shape.count() == 1 { PARTITIONS } else { natural(&shape) };
            let size = Size { parts, free: if shape.count() == 1 { 1 } else { shape.count() / parts } };
            let mut mask: Option<Span> = None;
            let known = known.into_iter().map(|(d, at)| (d, Val::Int(at)));
            for (d, wanted) in known.chain(run.into_iter().map(|(d, id)| (d, Val::Tile(id)))) {
                let index = lower.iota(&shape, d)?;
                let (index, wanted) = (lower.arg(&Val::Tile(index), size)?, lower.arg(&wanted, size)?);
                let mut here = lower.alu(Alu::Equal, Dtype::U8, &index, &wanted, size)?;
                if let Some(mask) = mask {
                    here = lower.alu(Alu::And, Dtype::U8, &mask.into(), &here.into(), size)?;
                }
                mask = Some(here);
            }
            let Some(mask) = mask else { return lower.broken("no index") };
            let (part, whole) = (lower.arg(&Val::Tile(part), size)?, lower.arg(&Val::Tile(whole), size)?);
            let span = lower.choose(&mask, &part, &whole, dtype)?;
            Ok(Val::Tile(lower.new_forms(&name, dtype, shape.count(), Origin::Forms, vec![span])))
        });
        self.naming = before;
        val
    }

    pub(super) fn shape_op(&mut self, op: &Op) -> Result<Option<Val>> {
        Ok(Some(match &op.kind {
            OpKind::Broadcast(x) => self.broadcast_op(op, *x)?,
            OpKind::Reshape(x) => self.value(*x)?,
            OpKind::Transpose { value, perm } => self.transpose_op(op, *value, perm)?,
            OpKind::Slice { value, offsets } => self.slice_op(op, *value, offsets)?,
            OpKind::InsertSlice { value, into, offsets } => self.insert_slice_op(op, *value, *into, offsets)?,
            OpKind::Extract { value, indices } => self.extract_op(op, *value, indices)?,
            OpKind::Insert { value, into, indices } => self.insert_op(op, *value, *into, indices)?,
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
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
            | OpKind::If { .. } => return Ok(None),
        }))
    }
}
