//! Forms of operands: memories, partitions, patterns, sizes, element types.

use tile_ir::ParamKind;

use super::{Problem, Ranges, range};
use crate::ir::{Alu, Base, Bound, Dtype, Hbm, Instr, Mem, Number, Operand, Program, Span, Stmt, StmtKind, TileSpace};
use crate::limits::{AXIS_ELEMENTS, AXIS_STEP, BANK_BYTES, FREE_AXES, MOVING, PARTITIONS, STATIONARY};

/// A pattern that instructions do not hold: the one rule that depends on the user's sizes alone.
pub(super) const TOO_WIDE: &str = "an axis that is too long or has too wide a step";

type Checked = Result<(), String>;

pub(super) fn check(program: &Program) -> Result<(), Problem> {
    for tile in &program.tiles {
        let most = if tile.space == TileSpace::Hbm { 1 } else { PARTITIONS };
        if tile.parts == 0 || tile.parts > most || tile.free == 0 || tile.free >= 1 << 31 {
            return Problem::at(
                &tile.loc,
                format!("`{}` has {} partitions of {} elements", tile.name, tile.parts, tile.free),
            );
        }
    }
    let mut form = Form { program, ranges: Ranges::new() };
    form.block(&program.body)
}

fn ensure(holds: bool, detail: &str) -> Checked {
    if holds { Ok(()) } else { Err(detail.to_owned()) }
}

struct Form<'a> {
    program: &'a Program,
    ranges: Ranges,
}

impl Form<'_> {
    fn block(&mut self, body: &[Stmt]) -> Result<(), Problem> {
        for stmt in body {
            let checked = match &stmt.kind {
                StmtKind::Declare(_) | StmtKind::Release(_) => Ok(()),
                StmtKind::Instr(instr) => self.instr(instr),
                StmtKind::For { var, lower, upper, step, .. } => {
                    match (range(lower, &self.ranges), range(upper, &self.ranges)) {
                        (Some(lower), Some(upper)) if *step > 0 => {
                            let last = (upper.1 - 1).max(lower.0);
                            // Of known bounds, the last number is known too.
                            let last = if lower.0 == lower.1 { lower.0 + (last - lower.0) / step * step } else { last };
                            self.ranges.insert(*var, (lower.0, last));
                            Ok(())
                        }
                        (_, _) => Err("a loop without known bounds".to_owned()),
                    }
                }
                StmtKind::Repeat { lower, upper, step, .. } => {
                    let bounds = [lower, upper].into_iter().try_for_each(|bound| match bound {
                        Bound::Known(expr) => ensure(range(expr, &self.ranges).is_some(), "a bound that is not known"),
                        Bound::Loaded(span) => self.integer(span),
                    });
                    bounds.and_then(|()| ensure(*step > 0, "a step that is not positive"))
                }
                StmtKind::While { again, .. } => self.integer(again),
            };
            if let Err(detail) = checked {
                return Problem::at(&stmt.loc, detail);
            }
            self.block(stmt.kind.body())?;
        }
        Ok(())
    }

    /// One element of `i32` in SBUF.
    fn integer(&self, span: &Span) -> Checked {
        self.inside(span)?;
        let tile = self.program.tile(span.tile);
        ensure(tile.space == TileSpace::Sbuf && tile.dtype == Dtype::I32, "a number of the run is of `i32` in SBUF")?;
        ensure(span.count() == 1 && span.part == 0, "a number of the run is one element of the first partition")
    }

    /// Elements lie in the tile.
    fn inside(&self, span: &Span) -> Checked {
        let Some(tile) = self.program.tiles.get(span.tile.0 as usize) else { return Err("no such tile".to_owned()) };
        ensure(span.parts > 0 && span.part + span.parts <= tile.parts, "partitions outside of the tile")?;
        ensure(!span.dims.is_empty() && span.dims.iter().all(|dim| dim.1 > 0), "a pattern without elements")?;
        let reach: u64 = span.dims.iter().map(|(step, count)| step * (count - 1)).sum();
        match range(&span.offset, &self.ranges) {
            Some((low, high)) => ensure(
                low >= 0 && u64::try_from(high).is_ok_and(|high| high + reach < tile.free),
                "elements outside of the tile",
            ),
            None => Err("an offset that is not known".to_owned()),
        }
    }

    /// An operand of an engine.
    fn operand(&self, span: &Span, spaces: &[TileSpace]) -> Checked {
        self.inside(span)?;
        let tile = self.program.tile(span.tile);
        ensure(spaces.contains(&tile.space), "an operand in a memory that the engine does not reach")?;
        let step = match span.parts {
            65.. => 128,
            33..=64 => 64,
            0..=32 => 32,
        };
        ensure(span.part.is_multiple_of(step), "an operand that begins at a partition where none may")?;
        let merged = span.merged();
        ensure(merged.len() <= FREE_AXES, "a pattern of too many axes")?;
        let small = merged.iter().all(|&(step, count)| step <= AXIS_STEP && count <= AXIS_ELEMENTS);
        ensure(small, TOO_WIDE)
    }

    fn destination(&self, span: &Span, spaces: &[TileSpace]) -> Checked {
        self.operand(span, spaces)?;
        ensure(span.dims.iter().all(|&(step, count)| step > 0 || count == 1), "a destination that repeats elements")
    }

    fn same_size(&self, a: &Span, b: &Span) -> Checked {
        ensure(a.parts == b.parts && a.free() == b.free(), "operands of different sizes")
    }

    fn hbm(&self, hbm: &Hbm) -> Checked {
        let (count, rank) = match hbm.base {
            Base::Scratch(tile) => (self.program.tile(tile).free, 1),
            Base::Param(index) => match self.program.params.get(index).map(|param| &param.kind) {
                Some(ParamKind::View(view)) => (view.shape.count(), view.shape.rank()),
                Some(ParamKind::Scalar(_)) => (1, 2),
                None => return Err("no such parameter".to_owned()),
            },
        };
        ensure(hbm.dims.iter().all(|dim| dim.1 > 0), "a pattern without elements")?;
        let reach: u64 = hbm.dims.iter().map(|(step, count)| step * (count - 1)).sum();
        match range(&hbm.offset, &self.ranges) {
            Some((low, high)) => {
                let last = u64::try_from(high).map(|high| high + reach);
                ensure(low >= 0 && last.is_ok_and(|last| last < count), "elements outside of the tensor")?;
            }
            None => return Err("an offset that is not known".to_owned()),
        }
        match &hbm.dynamic {
            None => Ok(()),
            Some(dynamic) => {
                ensure(dynamic.dim < rank, "an address along an axis that is not there")?;
                // Both together are not documented.
                ensure(
                    hbm.dims.iter().all(|&(step, count)| step > 0 || count == 1),
                    "an address of the run that repeats",
                )?;
                self.integer(&dynamic.index)
            }
        }
    }

    fn dtype(&self, span: &Span) -> Dtype {
        self.program.dtype(span)
    }

    fn mem_dtype(&self, mem: &Mem) -> Option<Dtype> {
        match mem {
            Mem::Chip(span) => Some(self.dtype(span)),
            Mem::Hbm(hbm) => match hbm.base {
                Base::Scratch(tile) => Some(self.program.tile(tile).dtype),
                Base::Param(index) => match &self.program.params.get(index)?.kind {
                    ParamKind::View(view) => Dtype::of_view(view.elem),
                    ParamKind::Scalar(scalar) => Dtype::of_view(scalar.elem),
                },
            },
        }
    }

    fn number(&self, dst: &Span, number: &Number) -> Checked {
        let dtype = self.dtype(dst);
        match number {
            Number::Float(_) => ensure(dtype.is_float(), "a float for a tile of integers"),
            Number::Int(n) => {
                let (low, high) = match dtype {
                    Dtype::I8 => (-128, 127),
                    Dtype::U8 => (0, 255),
                    Dtype::U32 => (0, u32::MAX.into()),
                    Dtype::I32 => (i32::MIN.into(), i32::MAX.into()),
                    Dtype::F32 | Dtype::Bf16 | Dtype::F16 => (-crate::limits::EXACT, crate::limits::EXACT),
                };
                ensure(*n >= low && *n <= high, &format!("{n} is no number of `{}`", dtype.name()))
            }
            Number::Of(expr) => ensure(
                dtype == Dtype::I32 && range(expr, &self.ranges).is_some(),
                "a number that depends on a variable is of `i32`",
            ),
        }
    }

    fn bank(&self, dst: &Span) -> Checked {
        let bytes = self.dtype(dst).bytes();
        let reach: u64 = dst.dims.iter().map(|(step, count)| step * (count - 1)).sum();
        match range(&dst.offset, &self.ranges) {
            Some((low, high)) if low >= 0 => {
                let (first, last) = (low as u64 * bytes / BANK_BYTES, (high as u64 + reach) * bytes / BANK_BYTES);
                ensure(first == last, "a destination that spans banks of PSUM")
            }
            Some(_) | None => Err("an offset that is not known".to_owned()),
        }
    }

    fn column(&self, column: &Span, data: &Span) -> Checked {
        self.operand(column, &[TileSpace::Sbuf, TileSpace::Psum])?;
        ensure(column.parts == data.parts && column.free() == 1, "a column of another size")?;
        ensure(self.dtype(column) == Dtype::F32, "a column that is not of `f32`")
    }

    fn instr(&self, instr: &Instr) -> Checked {
        let both = [TileSpace::Sbuf, TileSpace::Psum];
        let psum = |span: &Span| self.program.tile(span.tile).space == TileSpace::Psum;
        match instr {
            Instr::Dma { dst, src } => {
                for (mem, written) in [(dst, true), (src, false)] {
                    match mem {
                        Mem::Chip(span) => {
                            self.inside(span)?;
                            ensure(
                                self.program.tile(span.tile).space == TileSpace::Sbuf,
                                "a copy that reaches SBUF only",
                            )?;
                            let once = span.dims.iter().all(|&(step, count)| step > 0 || count == 1);
                            ensure(!written || once, "a destination that repeats elements")?;
                        }
                        Mem::Hbm(hbm) => {
                            self.hbm(hbm)?;
                            let once = hbm.dims.iter().all(|&(step, count)| step > 0 || count == 1);
                            ensure(!written || once, "a destination that repeats elements")?;
                        }
                    }
                }
                ensure(dst.shape() == src.shape(), "sides of a copy with different sizes")?;
                let (to, from) = (self.mem_dtype(dst), self.mem_dtype(src));
                let floats = |dtype: Option<Dtype>| dtype.is_some_and(Dtype::is_float);
                ensure(
                    to.is_some() && (to == from || (floats(to) && floats(from))),
                    "a copy between types of different kinds",
                )
            }
            Instr::Copy { dst, src } => {
                self.destination(dst, &both)?;
                self.operand(src, &both)?;
                self.same_size(dst, src)
            }
            Instr::Fill { dst, value } => {
                self.destination(dst, &both)?;
                self.number(dst, value)
            }
            Instr::Binary { op, dst, left, right, exact } => {
                self.destination(dst, &both)?;
                for span in [left, right] {
                    self.operand(span, &both)?;
                    self.same_size(dst, span)?;
                }
                ensure(!(psum(left) && psum(right)), "two operands in PSUM")?;
                let dtypes = [dst, left, right].map(|span| self.dtype(span));
                if op.on_bits() {
                    ensure(
                        !dtypes[0].is_float() && dtypes.iter().all(|dtype| *dtype == dtypes[0]),
                        "bits of different types",
                    )?;
                    return ensure(!exact, "operators on bits are exact everywhere");
                }
                let gpsimd = *exact || *op == Alu::Power;
                ensure(!gpsimd || ![dst, left, right].into_iter().any(psum), "GpSimd does not reach PSUM")?;
                ensure(*op != Alu::Power || !exact, "powers are of floats")?;
                // Where all are integers of 32 bits, engines may differ: it must be said which one is meant.
                let wide = dtypes.iter().all(|dtype| dtype.is_wide());
                ensure(wide == *exact, "operations on 32-bit integers alone are those that are exact")
            }
            Instr::Scalar { op, dst, data, operand, .. } => {
                self.destination(dst, &both)?;
                self.operand(data, &both)?;
                self.same_size(dst, data)?;
                ensure(*op != Alu::Power, "a power with a number or a column")?;
                match operand {
                    Operand::Number(Number::Int(_)) => {
                        let same = self.dtype(dst) == self.dtype(data) && !self.dtype(dst).is_float();
                        ensure(op.on_bits() && same, "integers are operands of operators on bits")
                    }
                    Operand::Number(Number::Float(_)) => {
                        ensure(!op.on_bits(), "a float as an operand of an operator on bits")
                    }
                    Operand::Number(Number::Of(_)) => Err("a number that depends on a variable".to_owned()),
                    Operand::Column(column) => {
                        ensure(!op.on_bits(), "a column as an operand of an operator on bits")?;
                        self.column(column, data)
                    }
                }
            }
            Instr::Rsqrt { dst, data } => {
                self.destination(dst, &[TileSpace::Sbuf])?;
                self.operand(data, &[TileSpace::Sbuf])?;
                self.same_size(dst, data)
            }
            Instr::Activation { dst, data, .. } | Instr::Reciprocal { dst, data } => {
                self.destination(dst, &both)?;
                self.operand(data, &both)?;
                self.same_size(dst, data)
            }
            Instr::Reduce { op, dst, data } => {
                self.destination(dst, &both)?;
                self.operand(data, &both)?;
                ensure(matches!(op, Alu::Add | Alu::Maximum | Alu::Minimum), "no reduction of this kind")?;
                let last = data.dims.last().map_or(1, |dim| dim.1);
                let fits = dst.parts == data.parts && dst.free() * last == data.free();
                ensure(fits, "a reduction of another size")
            }
            Instr::Matmul { dst, stationary, moving, .. } => {
                self.destination(dst, &[TileSpace::Psum])?;
                self.operand(stationary, &[TileSpace::Sbuf])?;
                self.operand(moving, &[TileSpace::Sbuf])?;
                ensure(
                    stationary.parts == moving.parts && stationary.part == moving.part,
                    "a product of other partitions",
                )?;
                ensure(stationary.free() <= STATIONARY && moving.free() <= MOVING, "a product that is too large")?;
                ensure(dst.parts == stationary.free() && dst.free() == moving.free(), "a product of another size")?;
                let (a, b) = (self.dtype(stationary), self.dtype(moving));
                ensure(a == b && a.is_float() && self.dtype(dst) == Dtype::F32, "a product of other types")?;
                self.bank(dst)
            }
            Instr::Transpose { dst, data } => {
                self.destination(dst, &[TileSpace::Psum])?;
                self.operand(data, &[TileSpace::Sbuf])?;
                ensure(data.parts <= PARTITIONS && data.free() <= PARTITIONS, "a transpose that is too large")?;
                ensure(dst.parts == data.free() && dst.free() == data.parts, "a transpose of another size")?;
                ensure(
                    self.dtype(dst) == self.dtype(data) && self.dtype(dst).is_float(),
                    "a transpose of other types",
                )?;
                self.bank(dst)
            }
            Instr::Predicated { dst, src, predicate } => {
                self.destination(dst, &both)?;
                for span in [src, predicate] {
                    self.operand(span, &both)?;
                    self.same_size(dst, span)?;
                }
                ensure(self.dtype(src) == self.dtype(dst), "a choice between other types")?;
                ensure(self.dtype(predicate) == Dtype::U8, "a mask that is not one")
            }
            Instr::Iota { dst, pattern, offset, multiplier } => {
                self.destination(dst, &[TileSpace::Sbuf])?;
                let count: u64 = pattern.iter().map(|dim| dim.1).product();
                ensure(!pattern.is_empty() && pattern.len() <= 4 && count == dst.free(), "a pattern of another size")?;
                let reach: i64 = pattern.iter().map(|(step, count)| (step * (*count as i64 - 1)).abs()).sum();
                let most = offset.abs() + multiplier.abs() * (dst.parts as i64 - 1) + reach;
                ensure(self.dtype(dst) == Dtype::I32 && most < 1 << 31, "numbers that `i32` does not have")
            }
        }
    }
}
