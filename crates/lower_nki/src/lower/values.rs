//! What values are: integers and floats of the compiler, and tiles.
//!
//! The elements of a tile, in row-major order, are dealt to partitions in runs: with `parts` partitions, partition `p` holds elements
//! `p * count / parts` and on. A tile may be held in several such *forms*; one is made when an instruction wants it. A tile of one
//! element is held on all partitions, so that it is an operand of any instruction. Broadcasts along a partition are patterns that
//! repeat elements and cost nothing.

use tile_ir::{Shape, Value, ViewId};

use super::moves::Dim;
use super::state::{Lower, Result};
use crate::ir::{Dtype, Dynamic, Expr, Hbm, Instr, Mem, Number, Span, TileSpace, merged};
use crate::limits::PARTITIONS;

/// A tile of the tile program: an index into the table of forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FormsId(pub(super) usize);

/// What a value is. Numbers stand for tiles whose elements are all equal as well.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// An integer of the compiler.
    Int(Expr),
    /// A float of the compiler.
    Float(f32),
    /// A tile, or a number of the run.
    Tile(FormsId),
}

/// Elements in HBM that nothing writes: axes in row-major order with their steps.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) hbm: Hbm,
    pub(super) dims: Vec<Dim>,
    /// The view, if it is one that the kernel writes.
    pub(super) written: Option<ViewId>,
}

/// Where elements come from when no form fits.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// They were computed.
    Forms,
    /// From HBM.
    Source(Source),
    /// From another tile, whose elements are repeated: axes with their steps in it.
    Broadcast(FormsId, Vec<Dim>),
}

#[derive(Clone, Debug)]
pub(super) struct FormsData {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) count: u64,
    pub(super) level: usize,
    pub(super) origin: Origin,
    /// Forms, by partitions.
    pub(super) list: Vec<Span>,
    /// The whole tile on each of so many partitions.
    pub(super) copies: Option<Span>,
    /// A private tensor with the elements.
    pub(super) spilled: Option<Hbm>,
}

/// The largest number up to the partitions that divides `count`.
pub(super) fn divisor(count: u64) -> u64 {
    (1..=PARTITIONS.min(count.max(1))).rev().find(|parts| count.is_multiple_of(*parts)).unwrap_or(1)
}

/// Elements of a run that a copy should have at least: 256 bytes of `f32` (source: aws-neuron-sdk,
/// nki/deep-dives/nki-dma-bandwidth-guide.rst). As many take an engine about as long as to begin.
pub(super) const RUN: u64 = 64;

/// Partitions that suit a tile: its rows, or runs of its elements if it is one row.
pub(super) fn natural(shape: &Shape) -> u64 {
    let (rows, count) = (shape.dims().split_last().map_or(1, |(_, rows)| rows.iter().product()), shape.count());
    if rows > 1 {
        return divisor(rows);
    }
    (1..=PARTITIONS).rev().find(|parts| count.is_multiple_of(*parts) && count / parts >= RUN).unwrap_or(1)
}

impl Lower<'_> {
    pub(super) fn new_forms(
        &mut self,
        name: &str,
        dtype: Dtype,
        count: u64,
        origin: Origin,
        list: Vec<Span>,
    ) -> FormsId {
        let (name, level) = (name.to_owned(), self.current);
        self.forms.push(FormsData { name, dtype, count, level, origin, list, copies: None, spilled: None });
        FormsId(self.forms.len() - 1)
    }

    pub(super) fn data(&self, id: FormsId) -> &FormsData {
        &self.forms[id.0]
    }

    /// The value's tile; numbers become columns.
    pub(super) fn forms_of(&mut self, value: Value) -> Result<FormsId> {
        let val = self.value(value)?;
        let elem = self.ty(value).elem;
        self.forms_of_val(&val, Dtype::held(elem), value)
    }

    fn forms_of_val(&mut self, val: &Val, dtype: Dtype, value: Value) -> Result<FormsId> {
        let one = match val {
            Val::Tile(id) => return Ok(*id),
            Val::Float(x) => self.constant(dtype, Number::Float(*x))?,
            Val::Int(expr) => self.int_column(expr, dtype)?,
        };
        let level = self.level_of(val);
        let one = self.at_level(level, |lower| Ok(lower.new_forms("constant", dtype, 1, Origin::Forms, vec![one])))?;
        let shape = self.ty(value).shape;
        Ok(if shape.count() == 1 { one } else { self.broadcast_forms(one, &Shape::SCALAR, &shape) })
    }

    /// Level at which a value is known.
    pub(super) fn level_of(&self, val: &Val) -> usize {
        match val {
            Val::Float(_) => 0,
            Val::Tile(id) => self.data(*id).level,
            Val::Int(expr) => {
                let mut vars = std::collections::BTreeSet::new();
                expr.vars(&mut vars);
                self.loops
                    .iter()
                    .filter(|active| vars.contains(&active.var))
                    .map(|active| active.level)
                    .max()
                    .unwrap_or(0)
            }
        }
    }

    /// A tile whose elements are those of another, repeated.
    pub(super) fn broadcast_forms(&mut self, of: FormsId, from: &Shape, to: &Shape) -> FormsId {
        let missing = to.rank() - from.rank();
        let strides = from.strides();
        let dims = to.dims().iter().enumerate().map(|(d, &count)| {
            let step = d.checked_sub(missing).filter(|&d| from.dims()[d] > 1).map_or(0, |d| strides[d]);
            Dim { count, step }
        });
        let dims = dims.collect();
        let data = self.data(of);
        let (name, dtype, level) = (data.name.clone(), data.dtype, data.level);
        let id = self.new_forms(&name, dtype, to.count(), Origin::Broadcast(of, dims), vec![]);
        self.forms[id.0].level = level;
        id
    }

    /// The tile with `parts` partitions.
    ///
    /// # Errors
    /// [`super::state::Fail`], if it fits no pattern.
    pub(super) fn form(&mut self, id: FormsId, parts: u64) -> Result<Span> {
        let data = self.data(id);
        if data.count == 1
            && let Some(one) = data.list.first()
        {
            return Ok(Span { parts, ..one.clone() });
        }
        if let Some(span) = data.list.iter().find(|span| span.parts == parts) {
            return Ok(span.clone());
        }
        let (level, origin, name) = (data.level, data.origin.clone(), data.name.clone());
        let before = std::mem::replace(&mut self.naming, name);
        let span = self.at_level(level, |lower| match origin {
            Origin::Forms => lower.convert(id, parts),
            Origin::Source(source) => lower.load_form(id, &source, parts),
            Origin::Broadcast(of, dims) => lower.repeat(id, of, &dims, parts),
        });
        self.naming = before;
        let span = span?;
        if self.data(id).count > 1 {
            self.forms[id.0].list.push(span.clone());
            Ok(span)
        } else {
            self.forms[id.0].list.push(Span { parts: PARTITIONS, ..span.clone() });
            Ok(Span { parts, ..span })
        }
    }

    /// From HBM; a single element onto all partitions.
    fn load_form(&mut self, id: FormsId, source: &Source, parts: u64) -> Result<Span> {
        let (dtype, count) = (self.data(id).dtype, self.data(id).count);
        if count > 1 {
            return self.gather_dims(&source.hbm, &source.dims, dtype, parts);
        }
        if !self.at_run_time(&source.hbm) {
            return self.gather_dims(&source.hbm, &[Dim { count: PARTITIONS, step: 0 }], dtype, PARTITIONS);
        }
        let one = self.gather_dims(&source.hbm, &[Dim { count: 1, step: 1 }], dtype, 1)?;
        self.on_all_partitions(&one, PARTITIONS)
    }

    /// A form out of another one: by the Tensor Engine where it is one row or one column, else through HBM.
    fn convert(&mut self, id: FormsId, parts: u64) -> Result<Span> {
        let data = self.data(id);
        let (count, dtype) = (data.count, data.dtype);
        if dtype.is_float() && count <= PARTITIONS {
            let wanted = if parts == count { 1 } else { count };
            if (parts == 1 || parts == count)
                && let Some(span) = data.list.iter().find(|span| span.parts == wanted)
            {
                let span = span.clone();
                return self.turned(&span, dtype);
            }
        }
        let hbm = self.spill(id)?;
        self.gather_dims(&hbm, &[Dim { count, step: 1 }], dtype, parts)
    }

    /// A tile with partitions and free elements exchanged, through PSUM.
    pub(super) fn turned(&mut self, span: &Span, dtype: Dtype) -> Result<Span> {
        let (rows, cols) = (span.parts, span.free());
        let psum = self.tile("psum", TileSpace::Psum, self.dtype(span), cols, rows);
        self.emit(Instr::Transpose { dst: psum.clone(), data: span.clone() });
        let dst = self.temp(dtype, cols, rows);
        self.emit(Instr::Copy { dst: dst.clone(), src: psum.clone() });
        self.release(&psum);
        Ok(dst)
    }

    /// A private tensor with the elements of a tile, in row-major order.
    pub(super) fn spill(&mut self, id: FormsId) -> Result<Hbm> {
        if let Some(hbm) = &self.data(id).spilled {
            return Ok(hbm.clone());
        }
        let data = self.data(id);
        let (level, count, dtype, name) = (data.level, data.count, data.dtype, data.name.clone());
        if let Origin::Source(source) = &data.origin
            && !self.at_run_time(&source.hbm)
            && let [(1, size)] = merged(&source.dims.iter().map(|dim| (dim.step, dim.count)).collect::<Vec<_>>())[..]
            && size == count
        {
            return Ok(source.hbm.clone());
        }
        let parts = data.list.first().map(|span| span.parts);
        let parts = if count == 1 { 1 } else { parts.unwrap_or_else(|| divisor(count)) };
        let span = self.form(id, parts)?;
        let hbm = self.at_level(level, |lower| {
            let hbm = lower.scratch(&name, dtype, count);
            lower.scatter(&span, &[Dim { count, step: 1 }], &hbm, None)?;
            Ok(hbm)
        })?;
        self.forms[id.0].spilled = Some(hbm.clone());
        Ok(hbm)
    }

    /// A private tensor.
    pub(super) fn scratch(&mut self, name: &str, dtype: Dtype, count: u64) -> Hbm {
        let span = self.tile(&format!("{name}_in_hbm"), TileSpace::Hbm, dtype, 1, count);
        Hbm { base: crate::ir::Base::Scratch(span.tile), offset: Expr::Int(0), dims: vec![], dynamic: None }
    }

    /// The tile that repeats the elements of `of`, with `parts` partitions.
    fn repeat(&mut self, id: FormsId, of: FormsId, dims: &[Dim], parts: u64) -> Result<Span> {
        let (dtype, count) = (self.data(id).dtype, self.data(of).count);
        if count == 1 {
            let one = self.form(of, parts)?;
            return Ok(Span { dims: vec![(0, self.data(id).count / parts)], ..one });
        }
        if let Some((lead, trail)) = super::moves::split(dims, parts) {
            let lead = merged(&lead.iter().map(|dim| (dim.step, dim.count)).collect::<Vec<_>>());
            let inside = |run: u64| trail.iter().map(|dim| (dim.count - 1) * dim.step).sum::<u64>() < run;
            let along = match lead[..] {
                [] => (parts == 1).then_some(1),
                [(step, n)] if n == parts && step > 0 && step * n == count => Some(parts),
                [_] | [_, ..] => None,
            };
            let operand = match along {
                Some(of_parts) if inside(count / of_parts) => Some(self.form(of, of_parts)?),
                Some(_) | None if lead.iter().all(|dim| dim.0 == 0) => Some(self.copies(of, parts)?),
                Some(_) | None => None,
            };
            if let Some(operand) = operand
                && let Some(dims) = super::moves::compose(&trail, &operand.dims)
            {
                let span = Span { parts, dims, ..operand };
                if span.merged().len() <= crate::limits::FREE_AXES {
                    return Ok(span);
                }
            }
        }
        let hbm = self.spill(of)?;
        self.gather_dims(&hbm, dims, dtype, parts)
    }

    /// The whole tile on each of `parts` partitions.
    fn copies(&mut self, of: FormsId, parts: u64) -> Result<Span> {
        let data = self.data(of);
        if let Some(span) = &data.copies
            && span.parts >= parts
        {
            return Ok(Span { parts, ..span.clone() });
        }
        let (level, count, dtype, origin, name) =
            (data.level, data.count, data.dtype, data.origin.clone(), data.name.clone());
        let before = std::mem::replace(&mut self.naming, name);
        let span = self.at_level(level, |lower| {
            let mut all = vec![Dim { count: parts, step: 0 }];
            match origin {
                Origin::Source(Source { hbm, dims, .. })
                    if !lower.at_run_time(&hbm) && lower.data(of).list.is_empty() =>
                {
                    all.extend(dims);
                    lower.gather_dims(&hbm, &all, dtype, parts)
                }
                Origin::Source(_) | Origin::Forms | Origin::Broadcast(..) => {
                    if dtype == Dtype::F32 {
                        let row = lower.form(of, 1)?;
                        return lower.on_all_partitions(&row, parts);
                    }
                    let hbm = lower.spill(of)?;
                    all.push(Dim { count, step: 1 });
                    lower.gather_dims(&hbm, &all, dtype, parts)
                }
            }
        });
        self.naming = before;
        let span = span?;
        self.forms[of.0].copies = Some(span.clone());
        Ok(span)
    }

    /// One row on each of `parts` partitions: floats by a product with ones, others through HBM.
    pub(super) fn on_all_partitions(&mut self, row: &Span, parts: u64) -> Result<Span> {
        let (dtype, count) = (self.dtype(row), row.free());
        if dtype != Dtype::F32 {
            let hbm = self.scratch("row", dtype, count);
            self.scatter(row, &[Dim { count, step: 1 }], &hbm, None)?;
            return self.gather_dims(&hbm, &[Dim { count: parts, step: 0 }, Dim { count, step: 1 }], dtype, parts);
        }
        let ones = self.constant(Dtype::F32, Number::Float(1.0))?;
        let ones = Span { parts: 1, dims: vec![(0, parts)], ..ones };
        let Some(row) = super::moves::flat(row) else { return self.broken("a row of several axes") };
        let dst = self.temp(Dtype::F32, parts, count);
        for first in (0..count).step_by(crate::limits::MOVING as usize) {
            let size = (count - first).min(crate::limits::MOVING);
            let psum = self.tile("psum", TileSpace::Psum, Dtype::F32, parts, size);
            let accumulate = crate::ir::Accumulate::Never;
            let moving = row.part_of(first, size);
            self.emit(Instr::Matmul { dst: psum.clone(), stationary: ones.clone(), moving, accumulate });
            self.emit(Instr::Copy { dst: dst.part_of(first, size), src: psum.clone() });
            self.release(&psum);
        }
        Ok(dst)
    }

    /// A tile of PSUM is not used any more.
    pub(super) fn release(&mut self, span: &Span) {
        self.put(crate::ir::StmtKind::Release(span.tile));
    }

    /// What the run adds to an address, with `expr` in `i32`.
    pub(super) fn dynamic(&mut self, index: Span, dim: usize) -> Dynamic {
        Dynamic { index: Span { parts: 1, ..index }, dim }
    }

    pub(super) fn dma(&mut self, dst: Mem, src: Mem) {
        self.emit(Instr::Dma { dst, src });
    }
}
