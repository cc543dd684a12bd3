//! Loads, stores and addresses.

use tile_ir::analysis::Range;
use tile_ir::{Index, Op, OpKind, Shape, Value, ViewId};

use super::calc::{Arg, Size};
use super::moves::Dim;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Source, Val, natural};
use crate::ir::{Alu, Base, Dtype, Expr, Hbm, Instr, Mem, Number, Span, StmtKind};
use crate::limits::PARTITIONS;

/// Where a tile begins in one dimension of a view.
#[derive(Clone, Debug)]
enum Start {
    /// Known to the compiler.
    Known(Expr),
    /// Known to the run, and inside the view for all of the tile.
    Inside(FormsId),
    /// Known to the run.
    Anywhere(FormsId),
}

/// A tile in a view, by dimension of the view.
struct Place {
    view: ViewId,
    starts: Vec<Start>,
    /// Elements of the tile; 1 in dimensions that it does not have.
    sizes: Vec<u64>,
    /// Elements of the tile that are inside: first and count.
    inside: Vec<(u64, u64)>,
    /// Whether it is read.
    load: bool,
    /// What is known of the indices.
    ranges: Vec<Range>,
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

    fn view_shape(&self, view: ViewId) -> Result<Shape> {
        self.shape_as_loaded(view, false)
    }

    /// Sizes of a view; as it is loaded, of its snapshot if it has one.
    fn shape_as_loaded(&self, view: ViewId, load: bool) -> Result<Shape> {
        if load && let Some((_, shape)) = self.snapshots.get(&view) {
            return Ok(*shape);
        }
        match self.kernel.view(view) {
            Some(view) => Ok(view.shape),
            None => self.broken("a view that is a scalar"),
        }
    }

    fn place(
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
    fn address(&mut self, place: &Place) -> Result<(Hbm, Vec<Dim>)> {
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
                match sum {
                    Some(sum) => Some(self.dynamic(sum, if snapshot.is_some() { 0 } else { shape.rank() - 1 })),
                    None => None,
                }
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

    fn load_place(&mut self, place: &Place, shape: &Shape, dtype: Dtype, pad: &Val, name: &str) -> Result<FormsId> {
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
    fn padded(&mut self, dtype: Dtype, parts: u64, free: u64, pad: &Val) -> Result<Span> {
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

    /// A tile that may hang over where only the run knows: the nearest tile that is inside goes into a private tensor with padding around,
    /// out of which the right elements are read.
    fn load_anywhere(&mut self, place: &Place, shape: &Shape, dtype: Dtype, pad: &Val, name: &str) -> Result<FormsId> {
        let view = self.shape_as_loaded(place.view, place.load)?;
        let size = Size { parts: PARTITIONS, free: 1 };
        let before = std::mem::replace(&mut self.naming, "start".to_owned());
        // A number between these, as far as it is not known to be, and what is known then.
        let clamp =
            |lower: &mut Self, (x, from, to): &(Span, i64, i64), low: i64, high: i64| -> Result<(Span, i64, i64)> {
                let mut x = x.clone();
                if *from < low {
                    x = lower.exact(Alu::Maximum, Dtype::I32, &Arg::Span(x), &Arg::Int(low), size)?;
                }
                if *to > high {
                    x = lower.exact(Alu::Minimum, Dtype::I32, &Arg::Span(x), &Arg::Int(high), size)?;
                }
                Ok((x, (*from).clamp(low, high), (*to).clamp(low, high)))
            };
        let (mut near, mut begin) = (
            Place { view: place.view, starts: vec![], sizes: vec![], inside: vec![], load: true, ranges: vec![] },
            vec![],
        );
        // By dimension: elements of the private tensor, where the tile near begins in it, and what the run adds.
        let mut around: Vec<(u64, u64, Option<Span>)> = Vec::new();
        for (dim, start) in place.starts.iter().enumerate() {
            let (whole, inside) = (place.sizes[dim], place.inside[dim]);
            match start {
                Start::Anywhere(id) => {
                    let count = whole.min(view.dims()[dim]);
                    let range = place.ranges[dim];
                    let index = (self.form(*id, PARTITIONS)?, range.lo(), range.hi());
                    let nearest = clamp(self, &index, 0, (view.dims()[dim] - count) as i64)?;
                    // Far outside, the difference may leave 32 bits, so that the index is brought nearer first.
                    let reach = (view.dims()[dim] + whole) as i64;
                    let index = clamp(self, &index, -reach, reach)?;
                    let apart = Arg::Span(nearest.0.clone());
                    let away = self.exact(Alu::Subtract, Dtype::I32, &Arg::Span(index.0.clone()), &apart, size)?;
                    // Its number less the nearest one that is inside: nothing as long as it is inside itself.
                    let last = (view.dims()[dim] - count) as i64;
                    let away = (away, index.1.min(0), (index.2 - last).max(0));
                    let away = clamp(self, &away, -(whole as i64), count as i64)?.0;
                    let id = self.new_forms("start", Dtype::I32, 1, Origin::Forms, vec![nearest.0]);
                    near.starts.push(Start::Inside(id));
                    near.sizes.push(count);
                    near.inside.push((0, count));
                    around.push((2 * whole + count, whole, Some(away)));
                    begin.push(whole);
                }
                Start::Known(_) | Start::Inside(_) => {
                    near.starts.push(start.clone());
                    near.sizes.push(whole);
                    near.inside.push(inside);
                    around.push((whole, inside.0, None));
                    begin.push(0);
                }
            }
        }
        let (hbm, mut dims) = self.address(&near)?;
        self.naming = before;
        for (dim, inside) in dims.iter_mut().zip(&near.inside) {
            dim.count = inside.1;
        }
        let count: u64 = dims.iter().map(|dim| dim.count).product();
        let block = self.gather_dims(&hbm, &dims, dtype, super::values::divisor(count))?;
        let total: u64 = around.iter().map(|dim| dim.0).product();
        let scratch = self.scratch(name, dtype, total);
        let parts = super::values::divisor(total);
        let padding = self.padded(dtype, parts, total / parts, pad)?;
        self.scatter(&padding, &[Dim { count: total, step: 1 }], &scratch, None)?;
        let mut steps = vec![1; around.len()];
        for dim in (0..around.len().saturating_sub(1)).rev() {
            steps[dim] = steps[dim + 1] * around[dim + 1].0;
        }
        let first: u64 = around.iter().zip(&steps).map(|(dim, step)| dim.1 * step).sum();
        let inner: Vec<Dim> = dims.iter().zip(&steps).map(|(dim, &step)| Dim { count: dim.count, step }).collect();
        self.scatter(&block, &inner, &Hbm { offset: Expr::from(first), ..scratch.clone() }, None)?;
        let before = std::mem::replace(&mut self.naming, "start".to_owned());
        let mut index = None;
        for ((_, _, away), &step) in around.iter().zip(&steps) {
            let Some(away) = away else { continue };
            let term = self.exact(Alu::Multiply, Dtype::I32, &Arg::Span(away.clone()), &Arg::Int(step as i64), size)?;
            index = Some(match index {
                None => term,
                Some(sum) => self.exact(Alu::Add, Dtype::I32, &Arg::Span(sum), &term.into(), size)?,
            });
        }
        let Some(index) = index else { return self.broken("nothing hangs over") };
        // Addresses are not negative: the run adds to the element before the least one.
        let from: u64 = begin.iter().zip(&steps).map(|(begin, step)| begin * step).sum();
        let index = self.exact(Alu::Add, Dtype::I32, &index.into(), &Arg::Int(from as i64), size)?;
        self.naming = before;
        let dynamic = Some(self.dynamic(index, 0));
        let leading = place.sizes.len() - shape.rank();
        let dims = place.sizes.iter().zip(&steps).skip(leading).map(|(&count, &step)| Dim { count, step }).collect();
        let source = Source { hbm: Hbm { dynamic, ..scratch }, dims, written: None };
        Ok(self.new_forms(name, dtype, shape.count(), Origin::Source(source), vec![]))
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

    /// Loads what is still to be loaded of a view that is about to be written.
    fn settle(&mut self, view: ViewId) -> Result<()> {
        for index in 0..self.forms.len() {
            let Origin::Source(source) = &self.forms[index].origin else { continue };
            if source.written != Some(view) {
                continue;
            }
            if self.forms[index].list.is_empty() && self.forms[index].level <= self.innermost() {
                let dims: Vec<u64> = source.dims.iter().map(|dim| dim.count).collect();
                let shape = Shape::new(&dims).unwrap_or_default();
                let parts = if shape.count() == 1 { PARTITIONS } else { natural(&shape) };
                self.form(FormsId(index), parts)?;
            }
            self.forms[index].origin = Origin::Forms;
        }
        Ok(())
    }

    pub(super) fn store_op(&mut self, op: &Op) -> Result<()> {
        let OpKind::Store { view, value, indices, mask, in_bounds } = &op.kind else { return self.broken("no store") };
        let ty = self.ty(*value);
        self.settle(*view)?;
        let Some(mut place) = self.place(*view, indices, &ty.shape, in_bounds, false)? else { return Ok(()) };
        if place.starts.iter().any(|start| matches!(start, Start::Anywhere(_))) {
            return self.refuse(op, ty.elem, "a part that may hang over the view must begin where the compiler knows");
        }
        let rest = match mask {
            Some(mask) => self.clip(*mask, &mut place, ty.shape.rank())?,
            None => Rest::Nothing,
        };
        let mask = match rest {
            Rest::Empty => return Ok(()),
            Rest::Nothing => None,
            Rest::Mask(mask) => Some(mask),
        };
        let id = self.forms_of(*value)?;
        let (hbm, dims) = self.address(&place)?;
        let leading = place.sizes.len() - ty.shape.rank();
        let (dims, inside) = (&dims[leading..], &place.inside[leading..]);
        let whole = place.inside.iter().zip(&place.sizes).all(|(inside, size)| *inside == (0, *size));
        let mut parts = self.stored_parts(id, &ty.shape);
        if !whole && self.is_one_row(&ty.shape) {
            // Partitions that are cut in the middle would be copied one by one.
            let run = ty.shape.count() / parts;
            let (first, size) = inside.last().copied().unwrap_or((0, 1));
            if !(first.is_multiple_of(run) && size.is_multiple_of(run)) {
                parts = super::moves::box_parts(ty.shape.dims(), inside);
            }
        }
        let mut span = self.form(id, parts)?;
        if let Some(mask) = mask {
            // What is masked off keeps what is there.
            let size = Size { parts, free: span.free() };
            let Arg::Span(mask) = self.arg(&Val::Tile(mask), size)? else {
                return self.broken("a mask that is a number");
            };
            let kept = self.temp(self.dtype(&span), parts, span.free());
            if !whole {
                self.copy(&kept, &span)?;
            }
            self.transfer_box(&kept, dims, inside, &hbm, true)?;
            self.overwrite(&kept, &mask, &Arg::Span(span))?;
            span = kept;
        }
        self.transfer_box(&span, dims, inside, &hbm, false)
    }

    fn is_one_row(&self, shape: &Shape) -> bool {
        shape.dims().last().is_some_and(|&cols| cols == shape.count())
    }

    fn stored_parts(&self, id: FormsId, shape: &Shape) -> u64 {
        if shape.count() == 1 {
            return 1;
        }
        let list = &self.data(id).list;
        list.first().map_or_else(|| self.choose_parts(&[id], shape), |span| span.parts)
    }

    pub(super) fn store_scalar(&mut self, op: &Op, view: ViewId, value: Value, indices: &[Value]) -> Result<()> {
        self.settle(view)?;
        let shape = self.view_shape(view)?;
        let ones = Shape::new(&vec![1; shape.rank()]).unwrap_or_default();
        let promises = vec![true; indices.len()];
        let Some(place) = self.place(view, indices, &ones, &promises, false)? else {
            return self.refuse(op, self.ty(value).elem, "this element is outside of the view");
        };
        let id = self.forms_of(value)?;
        let span = self.form(id, 1)?;
        let (hbm, _) = self.address(&place)?;
        self.transfer_box(&span, &[Dim { count: 1, step: 1 }], &[(0, 1)], &hbm, false)
    }

    /// Single elements, one copy each.
    pub(super) fn gather_op(&mut self, op: &Op) -> Result<Val> {
        let OpKind::Gather { view, offsets, mask, passthru } = &op.kind else { return self.broken("no gather") };
        let result = op.results[0];
        let (ty, name) = (self.ty(result), self.name_of(result, "gathered"));
        let (count, dtype) = (ty.shape.count(), Dtype::held(ty.elem));
        let written = self.kernel.view(*view).is_some_and(|view| view.access == tile_ir::Access::Write);
        let before = std::mem::replace(&mut self.naming, name.clone());
        let [offsets, mask, other] = [*offsets, *mask, *passthru].map(|value| self.value(value));
        let (offsets, mask, other) = (offsets?, mask?, other?);
        let level = if written {
            self.innermost()
        } else {
            [&offsets, &mask, &other].map(|val| self.level_of(val)).into_iter().max().unwrap_or(0)
        };
        let val = self.at_level(level, |lower| {
            let size = Size { parts: 1, free: count };
            let mask = lower.arg(&mask, size)?;
            if let Arg::Int(0) = mask {
                return Ok(other);
            }
            let offsets = lower.arg(&offsets, size)?;
            let mut places = lower.spread(&offsets, Dtype::I32, size)?;
            if let Arg::Span(mask) = &mask {
                // What is masked off is read from the first element, and not used.
                places = lower.choose(mask, &places.into(), &Arg::Int(0), Dtype::I32)?;
            }
            if places.merged().len() > 1 {
                places = lower.contiguous(&places)?;
            }
            let step = places.merged().first().map_or(0, |dim| dim.0);
            let dst = lower.temp(dtype, 1, count);
            let var = lower.var("element");
            let at = Expr::Var(var);
            let dim = lower.view_shape(*view)?.rank() - 1;
            let index = Span {
                offset: places.offset.clone().plus(at.clone().times(Expr::from(step))),
                dims: vec![(1, 1)],
                ..places.clone()
            };
            let body = lower.inside(|lower| {
                let dynamic = Some(lower.dynamic(index, dim));
                let src =
                    Hbm { base: Base::Param(view.index()), offset: Expr::Int(0), dims: vec![(1, 1), (1, 1)], dynamic };
                lower.dma(Mem::Chip(Span { offset: at.clone(), dims: vec![(1, 1)], ..dst.clone() }), Mem::Hbm(src));
                Ok(())
            })?;
            lower.put(StmtKind::For { var, lower: Expr::Int(0), upper: Expr::from(count), step: 1, body });
            let span = match &mask {
                Arg::Span(mask) => {
                    let other = lower.arg(&other, size)?;
                    lower.choose(mask, &dst.into(), &other, dtype)?
                }
                Arg::Int(_) | Arg::Float(_) => dst,
            };
            let span = if count == 1 { lower.to_all_partitions(&span, PARTITIONS)? } else { span };
            Ok(Val::Tile(lower.new_forms(&name, dtype, count, Origin::Forms, vec![span])))
        });
        self.naming = before;
        val
    }
}

/// What is left of a mask after the part of the tile is cut.
enum Rest {
    Nothing,
    /// Nothing is chosen.
    Empty,
    Mask(FormsId),
}

impl Lower<'_> {
    fn mask_level(&mut self, mask: Value) -> Result<usize> {
        if let Some(bounds) = self.boxes.get(&mask) {
            let bounds = bounds.clone();
            return Ok(bounds.iter().map(|bound| self.level_of(bound)).max().unwrap_or(0));
        }
        let val = self.value(mask)?;
        Ok(self.level_of(&val))
    }

    /// Cuts the part of a tile by a mask, as far as it is a box that the compiler knows.
    fn clip(&mut self, mask: Value, place: &mut Place, rank: usize) -> Result<Rest> {
        let leading = place.sizes.len() - rank;
        if let Some(bounds) = self.boxes.get(&mask).cloned() {
            let mut run: Vec<(usize, FormsId)> = Vec::new();
            for (d, bound) in bounds.iter().enumerate() {
                match bound {
                    Val::Int(expr) => {
                        let (first, count) = place.inside[leading + d];
                        let end = self.decide(&[expr], |bound| bound[0].clamp(0, (first + count) as i64) as u64)?;
                        if end <= first {
                            return Ok(Rest::Empty);
                        }
                        place.inside[leading + d] = (first, end - first);
                    }
                    Val::Tile(id) => run.push((d, *id)),
                    Val::Float(_) => return self.broken("a bound that is a float"),
                }
            }
            if run.is_empty() {
                return Ok(Rest::Nothing);
            }
            let shape = self.ty(mask).shape;
            return Ok(Rest::Mask(self.box_mask(&shape, &run)?));
        }
        match self.value(mask)? {
            Val::Int(expr) => {
                let on = self.decide(&[&expr], |values| values[0] & 1)?;
                Ok(if on == 0 { Rest::Empty } else { Rest::Nothing })
            }
            Val::Tile(id) => Ok(Rest::Mask(id)),
            Val::Float(_) => self.broken("a mask that is a float"),
        }
    }

    /// The mask of elements whose index is below each of these bounds.
    pub(super) fn box_mask(&mut self, shape: &Shape, bounds: &[(usize, FormsId)]) -> Result<FormsId> {
        let before = std::mem::replace(&mut self.naming, "inside".to_owned());
        let mut result: Option<FormsId> = None;
        for &(d, bound) in bounds {
            let index = self.iota(shape, d)?;
            let parts = self.choose_parts(&[index], shape);
            let size = Size { parts, free: if shape.count() == 1 { 1 } else { shape.count() / parts } };
            let (index, bound) = (self.arg(&Val::Tile(index), size)?, self.arg(&Val::Tile(bound), size)?);
            let mut span = self.alu(Alu::Less, Dtype::U8, &index, &bound, size)?;
            if let Some(other) = result {
                let other = self.arg(&Val::Tile(other), size)?;
                span = self.alu(Alu::And, Dtype::U8, &other, &span.into(), size)?;
            }
            result = Some(self.new_forms("inside", Dtype::U8, shape.count(), Origin::Forms, vec![span]));
        }
        self.naming = before;
        match result {
            Some(id) => Ok(id),
            None => self.broken("a mask without bounds"),
        }
    }

    /// A mask that is not only cut by, as a tile.
    pub(super) fn mask_value(&mut self, mask: Value) -> Result<Val> {
        let Some(bounds) = self.boxes.get(&mask).cloned() else {
            return self.broken("a value is used before it is there");
        };
        let shape = self.ty(mask).shape;
        let level = bounds.iter().map(|bound| self.level_of(bound)).max().unwrap_or(0);
        let val = self.at_level(level, |lower| {
            let mut run = Vec::new();
            for (d, (bound, &extent)) in bounds.iter().zip(shape.dims()).enumerate() {
                match bound {
                    Val::Int(expr) => {
                        let end = lower.decide(&[expr], |bound| bound[0].clamp(0, extent as i64))?;
                        if end == 0 {
                            return Ok(Val::Int(Expr::Int(0)));
                        }
                        if end < extent as i64 {
                            let span = lower.constant(Dtype::I32, Number::Int(end))?;
                            run.push((d, lower.new_forms("bound", Dtype::I32, 1, Origin::Forms, vec![span])));
                        }
                    }
                    Val::Tile(id) => run.push((d, *id)),
                    Val::Float(_) => return lower.broken("a bound that is a float"),
                }
            }
            if run.is_empty() { Ok(Val::Int(Expr::Int(1))) } else { Ok(Val::Tile(lower.box_mask(&shape, &run)?)) }
        })?;
        // Inside of a loop it may hold in some turns only.
        if level == self.innermost() {
            self.set(mask, val.clone());
        }
        Ok(val)
    }

    pub(super) fn create_mask(&mut self, op: &Op, bounds: &[Index]) -> Result<()> {
        let result = op.results[0];
        let mut vals = Vec::new();
        for bound in bounds {
            vals.push(match *bound {
                Index::Static(n) => Val::Int(Expr::from(n)),
                Index::Dynamic(value) => self.value(value)?,
            });
        }
        self.boxes.insert(result, vals);
        Ok(())
    }
}
