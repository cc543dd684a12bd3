//! Reductions: along partitions by the Vector Engine, across them by products with ones and by transposes.

use tile_ir::analysis::Range;
use tile_ir::{BinaryOp, Elem, Op, ReduceOp, Value};

use super::calc::{Arg, Size};
use super::moves::{Dim, compose};
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Val, divisor};
use crate::ir::{Accumulate, Alu, Dtype, Instr, Number, Span, TileSpace};
use crate::limits::{EXACT, MOVING, PARTITIONS};

/// How elements are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fold {
    op: Alu,
    /// In `f32`: floats, and integers that stay exact.
    float: bool,
    dtype: Dtype,
}

impl Lower<'_> {
    pub(super) fn reduce_op(
        &mut self,
        op: &Op,
        kind: ReduceOp,
        value: Value,
        acc: Value,
        dims: &[usize],
    ) -> Result<Val> {
        let result = op.results[0];
        let ty = self.ty(value);
        if ty.elem == Elem::I1 {
            return self.refuse(op, ty.elem, "reduce numbers instead, with `select`");
        }
        let range = self.range(result);
        let wide = matches!(ty.elem, Elem::I64 | Elem::Index);
        if wide && (range.lo() < i32::MIN.into() || range.hi() > i32::MAX.into()) {
            return self.refuse(op, ty.elem, "numbers here leave 32 bits; use `u32` or bound the parameters");
        }
        let name = self.name_of(result, "reduced");
        let id = self.forms_of(value)?;
        let level = self.data(id).level;
        let before = std::mem::replace(&mut self.naming, name.clone());
        let reduced = self.at_level(level, |lower| lower.reduced(kind, id, value, dims, &name));
        self.naming = before;
        let reduced = reduced?;
        let dtype = Dtype::held(ty.elem);
        let count = self.ty(result).shape.count();
        if self.is_neutral(kind, acc, ty.elem)? {
            return Ok(Val::Tile(reduced));
        }
        let ranges = [self.range(value), self.range(acc)];
        let ranges = if kind == ReduceOp::Add { [Range::all(ty.elem), ranges[1]] } else { ranges };
        let acc = self.value(acc)?;
        let level = self.data(reduced).level.max(self.level_of(&acc));
        let shape = self.ty(result).shape;
        self.at_level(level, |lower| {
            let parts = lower.choose_parts(&[reduced], &shape);
            let size = Size { parts, free: if count == 1 { 1 } else { count / parts } };
            let (left, right) = (lower.arg(&Val::Tile(reduced), size)?, lower.arg(&acc, size)?);
            let span = if ty.elem.is_float() {
                let kind = match kind {
                    ReduceOp::MinF => BinaryOp::MinF,
                    ReduceOp::MaxF => BinaryOp::MaxF,
                    _other => BinaryOp::Add,
                };
                lower.float_binary(kind, dtype, &left, &right, size)?
            } else {
                let kind = match kind {
                    ReduceOp::MinS => BinaryOp::MinS,
                    ReduceOp::MaxS => BinaryOp::MaxS,
                    ReduceOp::MinU => BinaryOp::MinU,
                    ReduceOp::MaxU => BinaryOp::MaxU,
                    ReduceOp::Add | ReduceOp::MinF | ReduceOp::MaxF => BinaryOp::Add,
                };
                // Sums of 64 bits were found to fit 32.
                let elem = if kind == BinaryOp::Add && ty.elem != Elem::I8 { Elem::I32 } else { ty.elem };
                lower.int_binary(op, kind, elem, [&left, &right], ranges, size)?
            };
            Ok(Val::Tile(lower.new_forms(&name, dtype, count, Origin::Forms, vec![span])))
        })
    }

    /// Whether a start value changes nothing.
    fn is_neutral(&mut self, kind: ReduceOp, acc: Value, elem: Elem) -> Result<bool> {
        let least = super::folding::wrap(elem, 1_i64.checked_shl(elem.bits() as u32 - 1).unwrap_or(i64::MIN));
        Ok(match self.value(acc)? {
            Val::Float(x) => match kind {
                ReduceOp::Add => x == 0.0,
                ReduceOp::MinF => x == f32::INFINITY,
                ReduceOp::MaxF => x == f32::NEG_INFINITY,
                ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
            },
            Val::Int(expr) => expr.as_int().is_some_and(|n| match kind {
                ReduceOp::Add | ReduceOp::MaxU => n == 0,
                ReduceOp::MinU => n == -1,
                ReduceOp::MinS => n == !least,
                ReduceOp::MaxS => n == least,
                ReduceOp::MinF | ReduceOp::MaxF => false,
            }),
            Val::Tile(_) => false,
        })
    }

    fn reduced(&mut self, kind: ReduceOp, id: FormsId, value: Value, dims: &[usize], name: &str) -> Result<FormsId> {
        let ty = self.ty(value);
        let range = self.range(value);
        let terms: u64 = dims.iter().map(|&d| ty.shape.dims()[d]).product();
        let size = i128::from(range.lo()).abs().max(i128::from(range.hi()).abs());
        let sum = if kind == ReduceOp::Add { size * i128::from(terms) } else { size };
        let dtype = Dtype::held(ty.elem);
        let (op, unsigned) = match kind {
            ReduceOp::Add => (Alu::Add, false),
            ReduceOp::MinF | ReduceOp::MinS => (Alu::Minimum, false),
            ReduceOp::MaxF | ReduceOp::MaxS => (Alu::Maximum, false),
            ReduceOp::MinU => (Alu::Minimum, range.lo() < 0),
            ReduceOp::MaxU => (Alu::Maximum, range.lo() < 0),
        };
        let small = sum <= i128::from(EXACT) && (kind != ReduceOp::Add || ty.elem != Elem::I8 || sum <= 127);
        let float = ty.elem.is_float() || (small && !unsigned);
        let mut id = id;
        let mut fold = Fold { op, float, dtype };
        if !float {
            fold.dtype = Dtype::I32;
            id = self.in_32_bits(id, unsigned)?;
        } else if ty.elem.is_float() {
            fold.dtype = Dtype::F32;
        }
        // Groups of neighbours, from the last on.
        let mut groups: Vec<(bool, u64)> = Vec::new();
        for (d, &count) in ty.shape.dims().iter().enumerate() {
            let folded = dims.contains(&d);
            match groups.last_mut() {
                Some(group) if group.0 == folded => group.1 *= count,
                Some(_) | None => groups.push((folded, count)),
            }
        }
        while let Some(at) = groups.iter().rposition(|group| group.0) {
            let (before, inner) = (
                groups[..at].iter().map(|group| group.1).product(),
                groups[at + 1..].iter().map(|group| group.1).product(),
            );
            id = self.fold_axis(fold, id, [before, groups[at].1, inner], name)?;
            groups.remove(at);
        }
        if !float {
            if unsigned {
                id = self.changed(id, |lower, span, size| {
                    lower.alu(Alu::Xor, Dtype::I32, &span.into(), &Arg::Int(i32::MIN.into()), size)
                })?;
            }
            if ty.elem == Elem::I8 {
                id = self.changed(id, |lower, span, size| lower.wrapped_to_8(&span, size))?;
            }
        } else if self.data(id).dtype != dtype {
            id = self.changed(id, |lower, span, _| lower.cast(&span, dtype))?;
        }
        Ok(id)
    }

    /// A tile made of another, element by element.
    pub(super) fn changed(
        &mut self,
        id: FormsId,
        f: impl FnOnce(&mut Self, Span, Size) -> Result<Span>,
    ) -> Result<FormsId> {
        let data = self.data(id);
        let (count, name) = (data.count, data.name.clone());
        let parts =
            if count == 1 { PARTITIONS } else { data.list.first().map_or_else(|| divisor(count), |span| span.parts) };
        let span = self.form(id, parts)?;
        let size = Size { parts, free: span.free() };
        let span = f(self, span, size)?;
        Ok(self.new_forms(&name, self.dtype(&span), count, Origin::Forms, vec![span]))
    }

    fn in_32_bits(&mut self, id: FormsId, flip: bool) -> Result<FormsId> {
        if self.data(id).dtype == Dtype::I32 && !flip {
            return Ok(id);
        }
        self.changed(id, |lower, span, size| {
            let Arg::Span(wide) = lower.widened(&Arg::Span(span))? else { return lower.broken("no tile") };
            if flip {
                lower.alu(Alu::Xor, Dtype::I32, &wide.into(), &Arg::Int(i32::MIN.into()), size)
            } else {
                Ok(wide)
            }
        })
    }

    /// Folds the middle one of three axes.
    fn fold_axis(&mut self, fold: Fold, id: FormsId, [before, terms, inner]: [u64; 3], name: &str) -> Result<FormsId> {
        let count = before * inner;
        if terms == 1 {
            return Ok(id);
        }
        if self.data(id).count == 1 {
            return Ok(id);
        }
        if before > 1 || (inner > 1 && !fold.float) {
            let parts =
                self.data(id).list.iter().map(|span| span.parts).filter(|parts| before.is_multiple_of(*parts)).max();
            let parts = parts.unwrap_or_else(|| divisor(before));
            let span = if before == 1 {
                let dims = vec![Dim { count: inner, step: 1 }, Dim { count: terms, step: inner }];
                let turned = self.rearranged(id, 0, dims, name)?;
                let parts = divisor(inner);
                let span = self.form(turned, parts)?;
                let dims = [Dim { count: inner / parts, step: terms }, Dim { count: terms, step: 1 }];
                self.along(fold, &span, &dims)?
            } else {
                let span = self.form(id, parts)?;
                let run = Dim { count: before / parts, step: terms * inner };
                self.along(fold, &span, &[run, Dim { count: inner, step: 1 }, Dim { count: terms, step: inner }])?
            };
            return Ok(self.new_forms(name, fold.dtype, count, Origin::Forms, vec![span]));
        }
        let span = if inner > 1 { self.columns(fold, id, terms, inner)? } else { self.all(fold, id, terms)? };
        Ok(self.new_forms(name, fold.dtype, count, Origin::Forms, vec![span]))
    }

    /// Folds the last of these axes of each partition.
    fn along(&mut self, fold: Fold, span: &Span, dims: &[Dim]) -> Result<Span> {
        let Some((_, kept)) = dims.split_last() else { return self.broken("nothing to fold") };
        let Some(pattern) = compose(dims, &span.dims).filter(|pattern| pattern.len() == dims.len()) else {
            let copy = self.contiguous(span)?;
            return self.along(fold, &copy, dims);
        };
        let left: u64 = kept.iter().map(|dim| dim.count).product();
        let dst = self.temp(fold.dtype, span.parts, left);
        let data = Span { dims: pattern, ..span.clone() };
        if fold.float {
            let pattern: Vec<(u64, u64)> = data.dims[..kept.len()].to_vec();
            let mut dims = crate::ir::merged(&pattern);
            if dims.is_empty() {
                dims.push((1, 1));
            }
            dims.push(data.dims[kept.len()]);
            if dims.len() > crate::limits::FREE_AXES {
                // Too many axes for one pattern: the outermost in single steps.
                let (step, count) = dims.remove(0);
                for at in 0..count {
                    let offset = data.offset.clone().plus((at * step).into());
                    let data = Span { offset, dims: dims.clone(), ..data.clone() };
                    self.emit(Instr::Reduce { op: fold.op, dst: dst.part_of(at * (left / count), left / count), data });
                }
                return Ok(dst);
            }
            self.emit(Instr::Reduce { op: fold.op, dst: dst.clone(), data: Span { dims, ..data } });
            return Ok(dst);
        }
        // Halves onto halves, exact; an odd one is added to the first.
        let (step, mut count) = data.dims[kept.len()];
        let part = |span: &Span, step: u64, first: u64, size: u64| {
            let mut dims = span.dims.clone();
            if let Some(last) = dims.last_mut() {
                *last = (step, size);
            }
            Span { offset: span.offset.clone().plus((first * step).into()), dims, ..span.clone() }
        };
        if count == 1 {
            self.copy(&dst, &data)?;
            return Ok(dst);
        }
        let (mut from, mut step) = (data, step);
        while count > 1 {
            let half = count / 2;
            let to = self.temp(Dtype::I32, span.parts, left * half);
            let to = Span { dims: vec![(half, left), (1, half)], ..to };
            let [a, b] = [part(&from, step, 0, half), part(&from, step, half, half)];
            self.binary(fold.op, &to, &a, &b, true)?;
            if count % 2 == 1 {
                let [a, b] = [part(&to, 1, 0, 1), part(&from, step, count - 1, 1)];
                self.binary(fold.op, &a.clone(), &a, &b, true)?;
            }
            (from, step, count) = (to, 1, half);
        }
        Ok(Span { dims: vec![(1, left)], ..from })
    }

    /// Folds rows onto one another: `terms` rows of `inner` floats.
    fn columns(&mut self, fold: Fold, id: FormsId, terms: u64, inner: u64) -> Result<Span> {
        let parts = self.data(id).list.iter().map(|span| span.parts).filter(|parts| terms.is_multiple_of(*parts)).max();
        let parts = parts.unwrap_or_else(|| divisor(terms));
        let mut span = self.form(id, parts)?;
        let run = terms / parts;
        if run > 1 {
            span = self.along(fold, &span, &[Dim { count: inner, step: 1 }, Dim { count: run, step: inner }])?;
        }
        if parts == 1 {
            return Ok(span);
        }
        if fold.op == Alu::Add {
            let dst = self.temp(Dtype::F32, 1, inner);
            self.sum_partitions(&dst, &span, 1)?;
            return if fold.dtype == Dtype::F32 { Ok(dst) } else { self.cast(&dst, fold.dtype) };
        }
        // Columns become rows, which the Vector Engine folds.
        let span = if self.dtype(&span).is_float() { span } else { self.cast(&span, Dtype::F32)? };
        let rows = divisor(inner);
        let stride = inner / rows;
        let dst = self.temp(fold.dtype, rows, stride);
        for at in 0..stride {
            let every = Dim { count: rows, step: stride };
            let pattern = if at == 0 {
                compose(&[every], &span.dims)
            } else {
                compose(&[Dim { count: 2, step: at }, every], &span.dims)
            };
            let Some(pattern) = pattern.filter(|pattern| pattern.len() == 1 + usize::from(at > 0)) else {
                let copy = self.contiguous(&span)?;
                let id = self.new_forms("rows", Dtype::F32, parts * inner, Origin::Forms, vec![copy]);
                return self.columns(fold, id, parts, inner);
            };
            let offset = if at == 0 { 0 } else { pattern[0].0 };
            let dims = vec![pattern[pattern.len() - 1]];
            let data = Span { offset: span.offset.clone().plus(offset.into()), dims, ..span.clone() };
            let psum = self.tile("psum", TileSpace::Psum, self.dtype(&span), rows, parts);
            self.emit(Instr::Transpose { dst: psum.clone(), data });
            let to = dst.part_of(at, 1);
            self.emit(Instr::Reduce {
                op: fold.op,
                dst: to,
                data: Span { dims: vec![(1, 1), (1, parts)], ..psum.clone() },
            });
            self.release(&psum);
        }
        Ok(dst)
    }

    /// The sum of partitions, on each of `parts` partitions, by products with ones.
    fn sum_partitions(&mut self, dst: &Span, span: &Span, parts: u64) -> Result<()> {
        let ones = self.constant(Dtype::F32, Number::Float(1.0))?;
        let span = if self.dtype(span) == Dtype::F32 { span.clone() } else { self.cast(span, Dtype::F32)? };
        let span = match super::moves::flat(&span) {
            Some(span) => span,
            None => self.contiguous(&span)?,
        };
        let ones = Span { parts: span.parts, dims: vec![(0, parts)], ..ones };
        let count = span.free();
        for first in (0..count).step_by(MOVING as usize) {
            let size = (count - first).min(MOVING);
            let psum = self.tile("psum", TileSpace::Psum, Dtype::F32, parts, size);
            let moving = span.part_of(first, size);
            self.emit(Instr::Matmul {
                dst: psum.clone(),
                stationary: ones.clone(),
                moving,
                accumulate: Accumulate::Never,
            });
            self.emit(Instr::Copy { dst: dst.part_of(first, size), src: psum.clone() });
            self.release(&psum);
        }
        Ok(())
    }

    /// Folds all elements; the result is on all partitions.
    fn all(&mut self, fold: Fold, id: FormsId, terms: u64) -> Result<Span> {
        let parts = self.data(id).list.iter().map(|span| span.parts).max().unwrap_or_else(|| divisor(terms));
        let parts = if fold.float { parts } else { 1 };
        let span = self.form(id, parts)?;
        let run = terms / parts;
        let mut span = if run > 1 { self.along(fold, &span, &[Dim { count: run, step: 1 }])? } else { span };
        if parts > 1 && fold.op == Alu::Add {
            let dst = self.temp(Dtype::F32, PARTITIONS, 1);
            self.sum_partitions(&dst, &span, PARTITIONS)?;
            return if fold.dtype == Dtype::F32 { Ok(dst) } else { self.cast(&dst, fold.dtype) };
        }
        if parts > 1 {
            let wide = if self.dtype(&span) == Dtype::F32 { span.clone() } else { self.cast(&span, Dtype::F32)? };
            let psum = self.tile("psum", TileSpace::Psum, Dtype::F32, 1, parts);
            self.emit(Instr::Transpose { dst: psum.clone(), data: wide });
            span = self.temp(Dtype::F32, 1, 1);
            self.emit(Instr::Reduce {
                op: fold.op,
                dst: span.clone(),
                data: Span { dims: vec![(1, 1), (1, parts)], ..psum.clone() },
            });
            self.release(&psum);
        }
        let span = self.on_all_partitions(&span, PARTITIONS)?;
        if self.dtype(&span) == fold.dtype { Ok(span) } else { self.cast(&span, fold.dtype) }
    }
}
