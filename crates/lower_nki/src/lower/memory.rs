//! Loads, stores and addresses.

use tile_ir::analysis::Range;
use tile_ir::{Op, OpKind, Shape, Value, ViewId};

use super::calc::{Arg, Size};
use super::masks::Rest;
use super::moves::Dim;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Source, Val};
use crate::ir::{Alu, Base, Dtype, Expr, Hbm, Instr, Number, Span};
use crate::limits::PARTITIONS;

/// Where a tile begins in one dimension of a view.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// Known to the compiler.
    Known(Expr),
    /// Known to the run, and inside the view for all of the tile.
    Inside(FormsId),
    /// Known to the run.
    Anywhere(FormsId),
}

/// A tile in a view, by dimension of the view.
pub(super) struct Place {
    pub(super) view: ViewId,
    pub(super) starts: Vec<Start>,
    /// Elements of the tile; 1 in dimensions that it does not have.
    pub(super) sizes: Vec<u64>,
    /// Elements of the tile that are inside: first and count.
    pub(super) inside: Vec<(u64, u64)>,
    /// Whether it is read.
    pub(super) load: bool,
    /// What is known of the indices.
    pub(super) ranges: Vec<Range>,
}

impl Lower<'_> {
    /// Whether loops of the run count in an expression.
    pub(super) fn counts_at_run_time(&self, expr: &Expr) -> bool {
        let mut vars = std::collections::BTreeSet::new();
        expr.vars(&mut vars);
        self.loops.iter().any(|active| active.counter.is_some() && vars.contains(&active.var))
    }

    pub(super) fn at_run_time(&self, hbm: &Hbm) -> bool {
        hbm.dynamic.is_some() || self.counts_at_run_time(&hbm.offset)
    }

    /// Moves what the run counts out of the offset.
    pub(super) fn addressed(&mut self, hbm: Hbm) -> Result<Hbm> {
        if !self.counts_at_run_time(&hbm.offset) {
            return Ok(hbm);
        }
        let (known, counted) = self.parts_of(&hbm.offset);
        let shape = self.shape_of(hbm.base);
        let last = shape.len() - 1;
        let mut index = self.int_column(&counted, Dtype::I32)?;
        if let Some(dynamic) = &hbm.dynamic {
            let step: u64 = shape[dynamic.dim + 1..].iter().product();
            let size = Size { parts: PARTITIONS, free: 1 };
            let other = Span { parts: PARTITIONS, ..dynamic.index.clone() };
            let scaled = self.exact(Alu::Multiply, Dtype::I32, &other.into(), &Arg::Int(step as i64), size)?;
            index = self.exact(Alu::Add, Dtype::I32, &scaled.into(), &index.into(), size)?;
        }
        let dynamic = Some(self.dynamic(index, last));
        Ok(Hbm { offset: known, dynamic, ..hbm })
    }

    /// An expression as a sum of what the compiler knows and what the run counts.
    fn parts_of(&self, expr: &Expr) -> (Expr, Expr) {
        if !self.counts_at_run_time(expr) {
            return (expr.clone(), Expr::Int(0));
        }
        match expr {
            Expr::Add(a, b) => {
                let ((a, x), (b, y)) = (self.parts_of(a), self.parts_of(b));
                (a.plus(b), x.plus(y))
            }
            Expr::Sub(a, b) if !self.counts_at_run_time(b) => {
                let (a, x) = self.parts_of(a);
                // Offsets are not negative.
                match (a.as_int(), b.as_int()) {
                    (Some(a), Some(b)) if a >= b => (Expr::Int(a - b), x),
                    (_, _) => (Expr::Int(0), expr.clone()),
                }
            }
            Expr::Sub(..)
            | Expr::Int(_)
            | Expr::Var(_)
            | Expr::Mul(..)
            | Expr::Div(..)
            | Expr::Rem(..)
            | Expr::Min(..)
            | Expr::Max(..) => (Expr::Int(0), expr.clone()),
        }
    }

    /// Sizes of a tensor in HBM.
    fn shape_of(&self, base: Base) -> Vec<u64> {
        match base {
            Base::Scratch(tile) => vec![self.out.tile(tile).free],
            Base::Param(index) => {
                self.kernel.view(ViewId(index as u32)).map_or_else(|| vec![1, 1], |view| view.shape.dims().to_vec())
            }
        }
    }

    pub(super) fn view_shape(&self, view: ViewId) -> Result<Shape> {
        self.shape_as_loaded(view, false)
    }

    /// Sizes of a view; as it is loaded, of its snapshot if it has one.
    pub(super) fn shape_as_loaded(&self, view: ViewId, load: bool) -> Result<Shape> {
        if load && let Some((_, shape)) = self.snapshots.get(&view) {
            return Ok(*shape);
        }
        match self.kernel.view(view) {
            Some(view) => Ok(view.shape),
            None => self.broken("a view that is a scalar"),
        }
    }

    pub(super) fn place(
        &mut self,
        view: ViewId,
        indices: &[Value],
        tile: &Shape,
        in_bounds: &[bool],
        load: bool,
    ) -> Result<Option<Place>> {
        let shape = self.shape_as_loaded(view, load)?;
        let owned = self.owned_elements(view, load);
        let leading = shape.rank() - tile.rank();
        let (mut starts, mut inside, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        for (dim, (&index, &extent)) in indices.iter().zip(shape.dims()).enumerate() {
            let size = dim.checked_sub(leading).map_or(1, |d| tile.dims()[d]);
            sizes.push(size);
            // A snapshot has nothing but the elements that the programs own.
            let val = if owned.contains(&dim) { Val::Int(Expr::Int(0)) } else { self.value(index)? };
            let range = self.range(index);
            match val {
                Val::Int(expr) => {
                    let (first, end) = self.decide(&[&expr], |start| {
                        let room = extent as i64;
                        let begin = start[0].saturating_neg().clamp(0, size as i64);
                        (begin, room.saturating_sub(start[0]).clamp(0, size as i64))
                    })?;
                    if first >= end {
                        return Ok(None);
                    }
                    starts.push(Start::Known(expr));
                    inside.push((first as u64, (end - first) as u64));
                }
                Val::Tile(id) => {
                    let promised = dim.checked_sub(leading).is_some_and(|d| in_bounds.get(d).copied().unwrap_or(false));
                    let fits = range.lo() >= 0 && i128::from(range.hi()) + i128::from(size) <= i128::from(extent);
                    starts.push(if promised || fits { Start::Inside(id) } else { Start::Anywhere(id) });
                    inside.push((0, size));
                }
                Val::Float(_) => return self.broken("an index that is a float"),
            }
        }
        let ranges = indices.iter().map(|&index| self.range(index)).collect();
        Ok(Some(Place { view, starts, sizes, inside, load, ranges }))
    }

    /// Where the part of a tile that is inside begins, with its dimensions.
    pub(super) fn address(&mut self, place: &Place) -> Result<(Hbm, Vec<Dim>)> {
        let shape = self.shape_as_loaded(place.view, place.load)?;
        let snapshot = self.snapshots.get(&place.view).filter(|_| place.load).map(|snapshot| snapshot.0.base);
        let strides = shape.strides();
        let mut offset = Expr::Int(0);
        let mut indices: Vec<(usize, FormsId)> = Vec::new();
        for (dim, start) in place.starts.iter().enumerate() {
            match start {
                Start::Known(expr) => {
                    let first = expr.clone().plus(Expr::from(place.inside[dim].0));
                    offset = offset.plus(first.times(Expr::from(strides[dim])));
                }
                Start::Inside(id) | Start::Anywhere(id) => indices.push((dim, *id)),
            }
        }
        let size = Size { parts: PARTITIONS, free: 1 };
        let dynamic = match indices[..] {
            [] => None,
            [(dim, id)] if snapshot.is_none() => {
                let index = self.form(id, PARTITIONS)?;
                Some(self.dynamic(index, dim))
            }
            [_, ..] => {
                let mut sum: Option<Span> = None;
                for (dim, id) in indices {
                    let index = Arg::Span(self.form(id, PARTITIONS)?);
                    let step = Arg::Int(strides[dim] as i64);
                    let term = self.exact(Alu::Multiply, Dtype::I32, &index, &step, size)?;
                    sum = Some(match sum {
                        None => term,
                        Some(sum) => self.exact(Alu::Add, Dtype::I32, &sum.into(), &term.into(), size)?,
                    });
                }
                sum.map(|sum| self.dynamic(sum, if snapshot.is_some() { 0 } else { shape.rank() - 1 }))
            }
        };
        let base = snapshot.unwrap_or(Base::Param(place.view.index()));
        let hbm = Hbm { base, offset, dims: vec![], dynamic };
        let dims = place.sizes.iter().zip(strides).map(|(&count, step)| Dim { count, step }).collect();
        Ok((hbm, dims))
    }

    /// Level at which an address is known; for a view that the kernel writes, here.
    fn level_of_load(&mut self, view: ViewId, indices: &[Value]) -> Result<usize> {
        let written = self.kernel.view(view).is_some_and(|view| view.access == tile_ir::Access::Write);
        if written && !self.snapshots.contains_key(&view) {
            return Ok(self.innermost());
        }
        let vals: Vec<Val> = indices.iter().map(|&value| self.value(value)).collect::<Result<_>>()?;
        Ok(vals.iter().map(|val| self.level_of(val)).max().unwrap_or(0))
    }

    pub(super) fn load_op(&mut self, op: &Op) -> Result<Val> {
        let OpKind::Load { view, indices, pad, mask, in_bounds } = &op.kind else { return self.broken("no load") };
        let result = op.results[0];
        let (ty, name) =
            (self.ty(result), self.name_of(result, &format!("{}_tile", self.kernel.params[view.index()].name)));
        let mut level = self.level_of_load(*view, indices)?;
        let pad = self.value(*pad)?;
        if let Some(mask) = mask {
            level = level.max(self.mask_level(*mask)?);
        }
        level = level.max(self.level_of(&pad));
        let before = std::mem::replace(&mut self.naming, name.clone());
        let loaded = self.at_level(level, |lower| {
            let Some(mut place) = lower.place(*view, indices, &ty.shape, in_bounds, true)? else {
                return Ok(pad.clone());
            };
            let rest = match mask {
                Some(mask) => lower.clip(*mask, &mut place, ty.shape.rank())?,
                None => Rest::Nothing,
            };
            if matches!(rest, Rest::Empty) {
                return Ok(pad.clone());
            }
            let dtype = Dtype::held(ty.elem);
            let id = lower.load_place(&place, &ty.shape, dtype, &pad, &name)?;
            match rest {
                Rest::Nothing | Rest::Empty => Ok(Val::Tile(id)),
                Rest::Mask(mask) => {
                    let parts = lower.choose_parts(&[mask, id], &ty.shape);
                    let size = Size { parts, free: ty.shape.count().max(parts) / parts };
                    let size = if ty.shape.count() == 1 { Size { parts, free: 1 } } else { size };
                    let (mask, data) = (lower.arg(&Val::Tile(mask), size)?, lower.arg(&Val::Tile(id), size)?);
                    let pad = lower.arg(&pad, size)?;
                    let Arg::Span(mask) = mask else { return lower.broken("a mask that is a number") };
                    let span = lower.choose(&mask, &data, &pad, dtype)?;
                    Ok(Val::Tile(lower.new_forms(&name, dtype, ty.shape.count(), Origin::Forms, vec![span])))
                }
            }
        });
        self.naming = before;
        loaded
    }

    pub(super) fn load_place(
        &mut self,
        place: &Place,
        shape: &Shape,
        dtype: Dtype,
        pad: &Val,
        name: &str,
    ) -> Result<FormsId> {
        if place.starts.iter().any(|start| matches!(start, Start::Anywhere(_))) {
            return self.load_anywhere(place, shape, dtype, pad, name);
        }
        let (hbm, dims) = self.address(place)?;
        let leading = place.sizes.len() - shape.rank();
        let dims = dims[leading..].to_vec();
        let count = shape.count();
        if place.inside.iter().zip(&place.sizes).all(|(inside, size)| *inside == (0, *size)) {
            let written = self.kernel.view(place.view).is_some_and(|view| view.access == tile_ir::Access::Write);
            let written = (written && !self.snapshots.contains_key(&place.view)).then_some(place.view);
            let source = Source { hbm, dims, written };
            return Ok(self.new_forms(name, dtype, count, Origin::Source(source), vec![]));
        }
        let parts = super::moves::box_parts(shape.dims(), &place.inside[leading..]);
        let span = self.padded(dtype, parts, count / parts, pad)?;
        self.transfer_box(&span, &dims, &place.inside[leading..], &hbm, true)?;
        Ok(self.new_forms(name, dtype, count, Origin::Forms, vec![span]))
    }

    /// A new tile full of padding.
    pub(super) fn padded(&mut self, dtype: Dtype, parts: u64, free: u64, pad: &Val) -> Result<Span> {
        let dst = self.temp(dtype, parts, free);
        match pad {
            Val::Float(x) => self.emit(Instr::Fill { dst: dst.clone(), value: Number::Float(*x) }),
            Val::Int(Expr::Int(n)) => self.emit(Instr::Fill { dst: dst.clone(), value: Number::Int(*n) }),
            Val::Int(_) | Val::Tile(_) => {
                let Arg::Span(pad) = self.arg(pad, Size { parts, free })? else { return self.broken("no padding") };
                self.copy(&dst, &pad)?;
            }
        }
        Ok(dst)
    }

    pub(super) fn load_scalar(&mut self, op: &Op, view: ViewId, indices: &[Value]) -> Result<Val> {
        let result = op.results[0];
        let (name, elem) = (self.name_of(result, "element"), self.ty(result).elem);
        let level = self.level_of_load(view, indices)?;
        self.at_level(level, |lower| {
            let promises = vec![true; indices.len()];
            let shape = lower.view_shape(view)?;
            let ones = Shape::new(&vec![1; shape.rank()]).unwrap_or_default();
            match lower.place(view, indices, &ones, &promises, true)? {
                Some(place) => {
                    let dtype = Dtype::held(elem);
                    Ok(Val::Tile(lower.load_place(&place, &ones, dtype, &Val::Int(Expr::Int(0)), &name)?))
                }
                None => Ok(if elem.is_float() { Val::Float(0.0) } else { Val::Int(Expr::Int(0)) }),
            }
        })
    }
}
