//! Products on the Tensor Engine.
//!
//! It sums over partitions, so that the summed axis of both operands is brought there, in pieces of up to 128. Where the axis has a
//! divisor of at least 64, partition `p` takes elements `p * steps` and on, which a vector has as it lies in memory; else blocks of 128
//! and a rest. An operand whose summed axis is the last one is turned by the engine itself, to the bit, so that rows of weights are
//! read as they lie and once.

use tile_ir::{BinaryOp, ContractSpec, Op, Value};

use super::calc::{Arg, Size};
use super::moves::Dim;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Source, Val, divisor};
use crate::ir::{Accumulate, Alu, Dtype, Expr, Hbm, Instr, Number, Operand, Span, StmtKind, TileSpace};
use crate::limits::{BANK_BYTES, MOVING, PARTITIONS};

/// Partitions for which a summed axis is cut by a divisor.
const FULL_ENOUGH: u64 = 64;

/// Part of the summed axis: element `start + p * along + g * step` is on partition `p` in step `g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    start: u64,
    parts: u64,
    along: u64,
    steps: u64,
    step: u64,
}

fn pieces(terms: u64) -> Vec<Piece> {
    let parts = divisor(terms);
    if parts == terms || parts >= FULL_ENOUGH {
        let steps = terms / parts;
        return vec![Piece { start: 0, parts, along: steps, steps, step: 1 }];
    }
    let whole = terms / PARTITIONS;
    let mut list = vec![Piece { start: 0, parts: PARTITIONS, along: 1, steps: whole, step: PARTITIONS }];
    if !terms.is_multiple_of(PARTITIONS) {
        let parts = terms % PARTITIONS;
        list.push(Piece { start: whole * PARTITIONS, parts, along: 1, steps: 1, step: 1 });
    }
    list.retain(|piece| piece.steps > 0);
    list
}

/// An operand with the summed axis on partitions: element `m` of step `g` is at `g * step + m * along`.
#[derive(Clone, Debug)]
pub(super) struct Major {
    span: Span,
    step: u64,
    along: u64,
}

impl Major {
    fn at(&self, step: &Expr, first: u64, stride: u64, count: u64) -> Span {
        let offset = step.clone().times(Expr::from(self.step)).plus(Expr::from(first * self.along));
        Span {
            offset: self.span.offset.clone().plus(offset),
            dims: vec![(stride * self.along, count)],
            ..self.span.clone()
        }
    }
}

/// What a prepared operand is made for: tile, batch, piece, type, whether the summed axis is the last one.
pub(super) type MajorKey = (FormsId, u64, Piece, Dtype, bool);

/// One operand of a product: `batches` times `[others, terms]`, or `[terms, others]`.
#[derive(Clone, Copy, Debug)]
struct Side {
    id: FormsId,
    others: u64,
    terms: u64,
    terms_last: bool,
}

impl Lower<'_> {
    pub(super) fn contract_op(&mut self, op: &Op) -> Result<Val> {
        let tile_ir::OpKind::Contract { lhs, rhs, acc, spec } = &op.kind else { return self.broken("no product") };
        let result = op.results[0];
        let (lhs_id, rhs_id) = (self.forms_of(*lhs)?, self.forms_of(*rhs)?);
        let acc_val = self.value(*acc)?;
        let level = self.data(lhs_id).level.max(self.data(rhs_id).level).max(self.level_of(&acc_val));
        let name = self.name_of(result, "product");
        let before = std::mem::replace(&mut self.naming, name.clone());
        let val = self
            .at_level(level, |lower| lower.contract(op, [*lhs, *rhs, *acc], [lhs_id, rhs_id], &acc_val, spec, &name));
        self.naming = before;
        val
    }

    fn contract(
        &mut self,
        op: &Op,
        [lhs, rhs, acc]: [Value; 3],
        [lhs_id, rhs_id]: [FormsId; 2],
        acc_val: &Val,
        spec: &ContractSpec,
        name: &str,
    ) -> Result<Val> {
        let of = |it: usize| (spec.lhs.contains(&it), spec.rhs.contains(&it), spec.acc.contains(&it));
        let pick = |wanted: (bool, bool, bool), order: &[usize]| -> Vec<usize> {
            order.iter().copied().filter(|&it| of(it) == wanted).collect()
        };
        let batch = pick((true, true, true), &spec.acc);
        let (rows, cols) = (pick((true, false, true), &spec.acc), pick((false, true, true), &spec.acc));
        let terms = pick((true, true, false), &spec.lhs);
        if batch.len() + rows.len() + cols.len() + terms.len() != spec.reduced.len() {
            return self.refuse(op, self.ty(lhs).elem, "sum an axis of one operand before the product");
        }
        let left = self.side(lhs_id, &self.ty(lhs).shape.clone(), &spec.lhs, [&batch, &rows, &terms])?;
        let right = self.side(rhs_id, &self.ty(rhs).shape.clone(), &spec.rhs, [&batch, &cols, &terms])?;
        let extent = |its: &[usize]| -> u64 {
            its.iter()
                .map(|it| spec.lhs.iter().position(|other| other == it).map_or(1, |d| self.ty(lhs).shape.dims()[d]))
                .product()
        };
        let batches = extent(&batch);
        let order: Vec<usize> = [batch.clone(), rows.clone(), cols.clone()].concat();
        let turned: Vec<usize> = [batch, cols, rows].concat();
        let canonical = spec.acc == order;
        let swapped = !canonical && spec.acc == turned;
        let (left, right) = if swapped { (right, left) } else { (left, right) };
        let direct = (canonical || swapped) && batches == 1;
        let dtype = Dtype::held(self.ty(acc).elem);
        let product = self.product(batches, left, right, direct.then_some(acc_val), dtype, name)?;
        if direct {
            return Ok(Val::Tile(product));
        }
        let mut product = product;
        if !canonical && !swapped {
            // Axes in the order of the result.
            let sizes: Vec<u64> = order
                .iter()
                .map(|it| spec.acc.iter().position(|other| other == it).map_or(1, |d| self.ty(acc).shape.dims()[d]))
                .collect();
            let dims = spec.acc.iter().map(|it| {
                let at = order.iter().position(|other| other == it).unwrap_or(0);
                Dim { count: sizes[at], step: sizes[at + 1..].iter().product() }
            });
            let dims = dims.collect();
            product = self.rearranged(product, 0, dims, name)?;
        }
        if matches!(acc_val, Val::Float(x) if *x == 0.0) {
            return Ok(Val::Tile(product));
        }
        let shape = self.ty(acc).shape;
        let parts = self.choose_parts(&[product], &shape);
        let size = Size { parts, free: if shape.count() == 1 { 1 } else { shape.count() / parts } };
        let (x, y) = (self.arg(&Val::Tile(product), size)?, self.arg(acc_val, size)?);
        let span = self.float_binary(BinaryOp::Add, dtype, &x, &y, size)?;
        Ok(Val::Tile(self.new_forms(name, dtype, shape.count(), Origin::Forms, vec![span])))
    }

    /// An operand with its axes in one of the two orders.
    fn side(
        &mut self,
        id: FormsId,
        shape: &tile_ir::Shape,
        map: &[usize],
        [batch, others, terms]: [&[usize]; 3],
    ) -> Result<Side> {
        let extent = |its: &[usize]| -> u64 {
            its.iter().map(|it| map.iter().position(|other| other == it).map_or(1, |d| shape.dims()[d])).product()
        };
        let (others_count, terms_count) = (extent(others), extent(terms));
        let last: Vec<usize> = [batch, others, terms].concat();
        let first: Vec<usize> = [batch, terms, others].concat();
        let mut side = Side { id, others: others_count, terms: terms_count, terms_last: true };
        if map == last {
            return Ok(side);
        }
        if map == first {
            side.terms_last = false;
            return Ok(side);
        }
        let strides = shape.strides();
        let dims = last.iter().filter_map(|it| map.iter().position(|other| other == it));
        let dims = dims.map(|d| Dim { count: shape.dims()[d], step: strides[d] }).collect();
        let name = self.data(id).name.clone();
        side.id = self.rearranged(id, 0, dims, &name)?;
        Ok(side)
    }

    fn product(
        &mut self,
        batches: u64,
        left: Side,
        right: Side,
        acc: Option<&Val>,
        dtype: Dtype,
        name: &str,
    ) -> Result<FormsId> {
        let (rows, cols) = (left.others, right.others);
        let count = batches * rows * cols;
        let narrow = self.data(left.id).dtype;
        let operands = if narrow != Dtype::F32 && narrow == self.data(right.id).dtype { narrow } else { Dtype::F32 };
        let scratch = (batches > 1).then(|| self.scratch(name, Dtype::F32, count));
        let mut result = None;
        for batch in 0..batches {
            let mut majors = Vec::new();
            for piece in pieces(left.terms) {
                let (a, b) = (
                    self.major(left, batch, batches, piece, operands)?,
                    self.major(right, batch, batches, piece, operands)?,
                );
                majors.push((piece, a, b));
            }
            let parts = divisor(rows);
            let runs = rows / parts;
            let dst = self.temp(if batches > 1 { Dtype::F32 } else { dtype }, parts, runs * cols);
            let acc = match acc {
                None => None,
                Some(Val::Float(x)) => (*x != 0.0).then_some(Arg::Float(*x)),
                Some(val @ (Val::Tile(_) | Val::Int(_))) => {
                    let size = Size { parts, free: runs * cols };
                    Some(match self.arg(val, size)? {
                        Arg::Span(span) if super::moves::flat(&span).is_none() => Arg::Span(self.contiguous(&span)?),
                        arg => arg,
                    })
                }
            };
            for run in 0..runs {
                for first in (0..cols).step_by(MOVING as usize) {
                    let size = (cols - first).min(MOVING);
                    let psum = self.sum_pieces(&majors, (run, runs, parts), (first, size))?;
                    let to = dst.part_of(run * cols + first, size);
                    match &acc {
                        None => self.emit(Instr::Copy { dst: to, src: psum.clone() }),
                        Some(Arg::Span(acc)) => {
                            let acc = super::moves::flat(acc)
                                .unwrap_or_else(|| acc.clone())
                                .part_of(run * cols + first, size);
                            self.binary(Alu::Add, &to, &psum, &acc, false)?;
                        }
                        Some(Arg::Float(x)) => {
                            self.scalar(Alu::Add, &to, &psum, Operand::Number(Number::Float(*x)), false)?
                        }
                        Some(Arg::Int(_)) => return self.broken("an integer among floats"),
                    }
                    self.release(&psum);
                }
            }
            if let Some(scratch) = &scratch {
                let at = Hbm { offset: Expr::from(batch * rows * cols), ..scratch.clone() };
                self.scatter(&dst, &[Dim { count: rows * cols, step: 1 }], &at, None)?;
            }
            result = Some(dst);
        }
        let Some(dst) = result else { return self.broken("a product of nothing") };
        if let Some(scratch) = scratch {
            let source = Source { hbm: scratch, dims: vec![Dim { count, step: 1 }], written: None };
            return Ok(self.new_forms(name, Dtype::F32, count, Origin::Source(source), vec![]));
        }
        let dst = if count == 1 { self.on_all_partitions(&dst, PARTITIONS)? } else { dst };
        Ok(self.new_forms(name, dtype, count, Origin::Forms, vec![dst]))
    }

    /// The sum over all pieces, in PSUM: rows `run, run + runs, ...` and a range of columns.
    fn sum_pieces(
        &mut self,
        majors: &[(Piece, Major, Major)],
        (run, runs, parts): (u64, u64, u64),
        (first, size): (u64, u64),
    ) -> Result<Span> {
        let psum = self.tile("psum", TileSpace::Psum, Dtype::F32, parts, size);
        for (number, (piece, left, right)) in majors.iter().enumerate() {
            let matmul = |step: &Expr, accumulate| Instr::Matmul {
                dst: psum.clone(),
                stationary: left.at(step, run, runs, parts),
                moving: right.at(step, first, 1, size),
                accumulate,
            };
            let begin = if number == 0 { Accumulate::Never } else { Accumulate::Always };
            if piece.steps == 1 {
                self.emit(matmul(&Expr::Int(0), begin));
                continue;
            }
            let var = self.var("k");
            let accumulate = if number == 0 { Accumulate::After(var) } else { Accumulate::Always };
            let body = self.inside(|lower| {
                lower.emit(matmul(&Expr::Var(var), accumulate));
                Ok(())
            })?;
            self.put(StmtKind::For { var, lower: Expr::Int(0), upper: Expr::from(piece.steps), step: 1, body });
        }
        Ok(psum)
    }

    /// A piece of an operand with the summed axis on partitions.
    fn major(&mut self, side: Side, batch: u64, batches: u64, piece: Piece, dtype: Dtype) -> Result<Major> {
        let key = (side.id, batch, piece, dtype, side.terms_last);
        if let Some((_, major)) = self.majors.iter().find(|entry| entry.0 == key) {
            return Ok(major.clone());
        }
        let (level, name) = (self.data(side.id).level, self.data(side.id).name.clone());
        let before = std::mem::replace(&mut self.naming, name.clone());
        let major = self.at_level(level, |lower| {
            if side.others > 1 && side.terms_last {
                return lower.turned_major(side, batch, batches, piece, dtype, &name);
            }
            let whole = batches == 1 && piece.start == 0 && piece.parts * piece.steps == side.terms && piece.step == 1;
            let id = if whole {
                side.id
            } else {
                let dims = [(piece.parts, piece.along), (piece.steps, piece.step)]
                    .map(|(count, step)| Dim { count, step: step * side.others });
                let dims = vec![dims[0], dims[1], Dim { count: side.others, step: 1 }];
                let first = (batch * side.terms + piece.start) * side.others;
                lower.rearranged(side.id, first, dims, &name)?
            };
            let span = lower.form(id, piece.parts)?;
            let span = if lower.data(id).count == 1 { Span { dims: vec![(1, 1)], ..span } } else { span };
            let span = if lower.dtype(&span) != dtype {
                lower.cast(&span, dtype)?
            } else {
                match super::moves::flat(&span) {
                    Some(span) if span.dims[0].0 == 1 => span,
                    Some(_) | None => lower.contiguous(&span)?,
                }
            };
            Ok(Major { span, step: side.others, along: 1 })
        });
        self.naming = before;
        let major = major?;
        self.majors.push((key, major.clone()));
        Ok(major)
    }

    /// Rows that the Tensor Engine turns, a bank of PSUM at a time.
    fn turned_major(
        &mut self,
        side: Side,
        batch: u64,
        batches: u64,
        piece: Piece,
        dtype: Dtype,
        name: &str,
    ) -> Result<Major> {
        let id = if batches == 1 {
            side.id
        } else {
            let size = side.others * side.terms;
            self.rearranged(side.id, batch * size, vec![Dim { count: size, step: 1 }], name)?
        };
        let rows = divisor(side.others);
        let runs = side.others / rows;
        let span = self.form(id, rows)?;
        let span = match super::moves::flat(&span) {
            Some(span) if span.dims[0].0 == 1 && self.dtype(&span).is_float() => span,
            Some(_) | None => self.contiguous(&span)?,
        };
        let from = self.dtype(&span);
        let dst = self.tile(&format!("{name}_turned"), TileSpace::Sbuf, dtype, piece.parts, piece.steps * side.others);
        let most = (BANK_BYTES / (rows * from.bytes())).max(1);
        for run in 0..runs {
            let group = |lower: &mut Self, first: Expr, count: u64| {
                let psum = lower.tile("psum", TileSpace::Psum, from, piece.parts, count * rows);
                let turn = |lower: &mut Self, at: Expr| {
                    let step = first.clone().plus(at.clone());
                    let offset = step.times(Expr::from(piece.step)).plus(Expr::from(run * side.terms + piece.start));
                    let data = Span {
                        offset: span.offset.clone().plus(offset),
                        dims: vec![(piece.along, piece.parts)],
                        ..span.clone()
                    };
                    let to = Span { offset: at.times(Expr::from(rows)), dims: vec![(1, rows)], ..psum.clone() };
                    lower.emit(Instr::Transpose { dst: to, data });
                };
                if count == 1 {
                    turn(lower, Expr::Int(0));
                } else {
                    let var = lower.var("k");
                    let body = lower.inside(|lower| {
                        turn(lower, Expr::Var(var));
                        Ok(())
                    })?;
                    lower.put(StmtKind::For { var, lower: Expr::Int(0), upper: Expr::from(count), step: 1, body });
                }
                // Step, then row.
                let offset = first.clone().times(Expr::from(side.others)).plus(Expr::from(run));
                let to = Span { offset, dims: vec![(side.others, count), (runs, rows)], ..dst.clone() };
                lower.copy(&to, &psum)?;
                lower.release(&psum);
                Ok(())
            };
            let (whole, rest) = (piece.steps / most, piece.steps % most);
            if whole == 1 {
                group(self, Expr::Int(0), most)?;
            } else if whole > 1 {
                let var = self.var("bank");
                let body = self.inside(|lower| group(lower, Expr::Var(var).times(Expr::from(most)), most))?;
                self.put(StmtKind::For { var, lower: Expr::Int(0), upper: Expr::from(whole), step: 1, body });
            }
            if rest > 0 {
                group(self, Expr::from(whole * most), rest)?;
            }
        }
        Ok(Major { span: dst, step: side.others, along: 1 })
    }
}
