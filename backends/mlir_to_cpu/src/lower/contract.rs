//! Sums of products.
//!
//! Two loop orders. *Rows*: vectors run along the summed dimension, several rows at once share the other operand; for
//! matrix times vector with row-major weights, and for products with a transposed right side. *Columns*: vectors run
//! along the last dimension of the result; for row-major matrix products. Both keep their sums in registers.

use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{ContractSpec, Elem, OpKind, Value};

use super::access::Mem;
use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::nest::Edge;
use super::{Lower, Result};
use crate::types::{LANES, Reg};

/// Most vector registers to use for sums; x86-64 has 16.
const SUMS: u32 = 8;

/// A product to be computed.
#[derive(Clone, Copy)]
struct Product<'k> {
    lhs: Value,
    rhs: Value,
    acc: Value,
    spec: &'k ContractSpec,
    /// Size of each iterator.
    extents: &'k [u64],
    elem: Elem,
}

/// One result element or chunk: where, and its value.
type Emit<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, Pos, &Chunk) -> Result<()>;

/// Receives the finished sums of a block of results.
type Finish<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, &[Ix]) -> Result<()>;

impl Product<'_> {
    fn parallel(&self) -> Vec<usize> {
        (0..self.extents.len())
            .filter(|&i| !self.spec.reduced[i])
            .collect()
    }

    fn summed(&self) -> Vec<usize> {
        (0..self.extents.len())
            .filter(|&i| self.spec.reduced[i])
            .collect()
    }

    /// Position in an operand whose dimensions have these iterators.
    fn pos(dims: &[usize], at: &[Ix], lanes: u32, along: usize) -> Pos {
        let mut pos = Pos::origin(dims.len());
        for (d, &iterator) in dims.iter().enumerate() {
            pos = pos.with(d, at[iterator]);
        }
        match dims.iter().position(|&iterator| iterator == along) {
            Some(d) => pos.lanes(lanes, d),
            None => pos,
        }
    }
}

impl<'a, 'b> Lower<'a, 'b> {
    /// Computes a product into `dest`, or as a machine value if the result has one element.
    pub(crate) fn contract(
        &mut self,
        kind: &OpKind,
        result: Value,
        dest: Option<Mem>,
    ) -> Result<Option<ir::Value>> {
        let OpKind::Contract {
            lhs,
            rhs,
            acc,
            spec,
        } = kind
        else {
            return Ok(None);
        };
        let mut extents = vec![1; spec.reduced.len()];
        for (dims, value) in [(&spec.lhs, lhs), (&spec.rhs, rhs)] {
            for (&iterator, &size) in dims.iter().zip(self.kernel.ty(*value).shape.dims()) {
                extents[iterator] = size;
            }
        }
        let elem = self.kernel.ty(result).elem;
        let product = Product {
            lhs: *lhs,
            rhs: *rhs,
            acc: *acc,
            spec,
            extents: &extents,
            elem,
        };
        let values = self.versioned(&[*lhs, *rhs, *acc], None, &mut |this| {
            let mut single = Vec::new();
            let mut emit = |this: &mut Self, pos: Pos, chunk: &Chunk| {
                match dest {
                    Some(mem) => this.write(&mem, &pos, chunk),
                    None => single = chunk.parts.clone(),
                }
                Ok(())
            };
            match this.column_iterator(&product) {
                Some(column) => this.by_columns(product, column, &mut emit)?,
                None => this.by_rows(product, &mut emit)?,
            }
            Ok(single)
        })?;
        Ok(values.first().copied())
    }

    /// The dimension of a tile along which its elements lie in memory.
    fn contiguous_dim(&self, value: Value) -> Option<usize> {
        if self.plan.places[value.index()] == crate::plan::Place::Virtual
            && let Some(op) = self.plan.defs[value.index()]
        {
            if let OpKind::Cast(_, x) | OpKind::Unary(_, x) | OpKind::Binary(_, x, _) = &op.kind {
                return self.contiguous_dim(*x);
            }
            if let OpKind::Transpose { value, perm } = &op.kind {
                let dim = self.contiguous_dim(*value)?;
                return perm.iter().position(|&from| from == dim);
            }
        }
        super::memory::lane_dim(self.kernel.ty(value).shape.dims())
    }

    /// The iterator for the lanes if the product is best computed by columns.
    fn column_iterator(&self, p: &Product<'_>) -> Option<usize> {
        let inner = |value: Value, dims: &[usize], iterator: usize| match dims
            .iter()
            .position(|&i| i == iterator)
        {
            None => true,
            Some(d) => self.contiguous_dim(value) == Some(d),
        };
        let both = |i: usize| inner(p.lhs, &p.spec.lhs, i) && inner(p.rhs, &p.spec.rhs, i);
        let column = p.spec.acc.iter().copied().rfind(|&i| p.extents[i] > 1)?;
        let rows = p.summed().into_iter().any(|i| p.extents[i] > 1 && both(i));
        if rows && !both(column) {
            None
        } else {
            Some(column)
        }
    }

    /// An operand's elements at the iterators `at`, with lanes along `along` (copies where it has no such dimension).
    fn operand(
        &mut self,
        value: Value,
        dims: &[usize],
        at: &[Ix],
        lanes: u32,
        along: usize,
    ) -> Result<Chunk> {
        let pos = Product::pos(dims, at, lanes, along);
        let chunk = self.eval(value, &pos)?;
        if chunk.lanes == lanes {
            Ok(chunk)
        } else {
            Ok(self.splat(Reg::Float, chunk.parts[0], lanes))
        }
    }

    /// Loops over iterators, one value at a time.
    fn iterate(
        &mut self,
        p: &Product<'_>,
        iterators: &[usize],
        at: &[Ix],
        body: Finish<'_, 'a, 'b>,
    ) -> Result<()> {
        let Some((&first, rest)) = iterators.split_first() else {
            return body(self, at);
        };
        self.carry_loop(
            Edge::Known(0),
            Edge::Known(p.extents[first]),
            1,
            &[],
            &mut |this, ix, _| {
                let mut at = at.to_vec();
                at[first] = ix;
                this.iterate(p, rest, &at, body)?;
                Ok(Vec::new())
            },
        )
        .map(drop)
    }

    /// Loops over summed iterators with sums carried.
    fn sum_over(
        &mut self,
        p: &Product<'_>,
        iterators: &[usize],
        at: &[Ix],
        sums: &[ir::Value],
        body: &mut dyn FnMut(&mut Self, &[Ix], &[ir::Value]) -> Result<Vec<ir::Value>>,
    ) -> Result<Vec<ir::Value>> {
        let Some((&first, rest)) = iterators.split_first() else {
            return body(self, at, sums);
        };
        self.carry_loop(
            Edge::Known(0),
            Edge::Known(p.extents[first]),
            1,
            sums,
            &mut |this, ix, sums| {
                let mut at = at.to_vec();
                at[first] = ix;
                this.sum_over(p, rest, &at, sums, body)
            },
        )
        .map(|(values, _)| values)
    }

    /// Adds the start value and hands on a finished chunk of results.
    fn finish(
        &mut self,
        p: &Product<'_>,
        at: &[Ix],
        lanes: u32,
        along: usize,
        sum: Chunk,
        emit: Emit<'_, 'a, 'b>,
    ) -> Result<()> {
        let pos = Product::pos(&p.spec.acc, at, lanes, along);
        let start = self.eval(p.acc, &pos)?;
        let sum = self.zip(&start, &sum, |this, x, y| this.b.ins().fadd(x, y));
        let sum = self.round_to(p.elem, &sum);
        emit(self, pos, &sum)
    }

    /// Vectors along a summed iterator; blocks of `m` x `n` results.
    fn by_rows(&mut self, p: Product<'_>, emit: Emit<'_, 'a, 'b>) -> Result<()> {
        let summed = p.summed();
        let inner = p
            .spec
            .rhs
            .iter()
            .copied()
            .rfind(|&i| p.spec.reduced[i] && p.extents[i] > 1);
        let along = inner.or(summed.last().copied());
        // Rows of the right operand alone, then of the left one alone, are computed several at once.
        let alone = |dims: &[usize], other: &[usize]| {
            dims.iter()
                .copied()
                .rfind(|i| !other.contains(i) && !p.spec.reduced[*i] && p.extents[*i] > 1)
        };
        let n = alone(&p.spec.rhs, &p.spec.lhs);
        let m = alone(&p.spec.lhs, &p.spec.rhs);
        let outer: Vec<usize> = p
            .parallel()
            .into_iter()
            .filter(|&i| Some(i) != n && Some(i) != m)
            .collect();
        let origin = vec![Ix::known(0); p.extents.len()];
        let m_extent = m.map_or(1, |i| p.extents[i]);
        let n_extent = n.map_or(1, |i| p.extents[i]);
        self.iterate(&p, &outer, &origin, &mut |this, at| {
            this.chunk_loop(n_extent, &[4, 1], &[], &mut |this, n_ix, n_block, _| {
                this.chunk_loop(m_extent, &[2, 1], &[], &mut |this, m_ix, m_block, _| {
                    let mut blocks = Vec::new();
                    for i in 0..m_block {
                        for j in 0..n_block {
                            let mut at = at.to_vec();
                            if let Some(m) = m {
                                at[m] = m_ix.plus(u64::from(i));
                            }
                            if let Some(n) = n {
                                at[n] = n_ix.plus(u64::from(j));
                            }
                            blocks.push(at);
                        }
                    }
                    this.row_block(&p, &summed, along, &blocks, emit)?;
                    Ok(Vec::new())
                })
            })
            .map(drop)
        })
    }

    /// Sums for the results at `blocks`, vectors along `along`.
    fn row_block(
        &mut self,
        p: &Product<'_>,
        summed: &[usize],
        along: Option<usize>,
        blocks: &[Vec<Ix>],
        emit: Emit<'_, 'a, 'b>,
    ) -> Result<()> {
        let count = blocks.len();
        let extent = along.map_or(1, |i| p.extents[i]);
        let lane_iterator = along.unwrap_or(usize::MAX);
        let wide = if count as u32 * 2 <= SUMS {
            2 * LANES
        } else {
            LANES
        };
        let parts = (wide / LANES) as usize;
        let widths: &[u32] = if wide == 2 * LANES {
            &[8, 4, 1]
        } else {
            &[4, 1]
        };
        let zero = self.float_const(Reg::Float.scalar(), 0.0);
        // Per result: the sum of the elements past the last whole vector, and the vectors of sums.
        let mut start = vec![zero; count];
        if extent >= u64::from(LANES) {
            for _ in 0..count {
                start.extend(self.splat(Reg::Float, zero, wide).parts);
            }
        }
        let outer: Vec<usize> = summed
            .iter()
            .copied()
            .filter(|&i| Some(i) != along)
            .collect();
        let origin = vec![Ix::known(0); p.extents.len()];
        let sums = self.sum_over(p, &outer, &origin, &start, &mut |this, sum_at, sums| {
            this.chunk_loop(extent, widths, sums, &mut |this, ix, width, sums| {
                let mut sums = sums.to_vec();
                for (r, block) in blocks.iter().enumerate() {
                    let mut at = block.clone();
                    for &i in &outer {
                        at[i] = sum_at[i];
                    }
                    if let Some(along) = along {
                        at[along] = ix;
                    }
                    let x = this.operand(p.lhs, &p.spec.lhs, &at, width, lane_iterator)?;
                    let y = this.operand(p.rhs, &p.spec.rhs, &at, width, lane_iterator)?;
                    for (i, (&x, &y)) in x.parts.iter().zip(&y.parts).enumerate() {
                        let slot = if width == 1 { r } else { count + r * parts + i };
                        sums[slot] = this.multiply_add(x, y, sums[slot]);
                    }
                }
                Ok(sums)
            })
        })?;
        for (r, block) in blocks.iter().enumerate() {
            let mut sum = sums[r];
            if sums.len() > count {
                let vectors = &sums[count + r * parts..count + (r + 1) * parts];
                let mut vector = vectors[0];
                for &other in &vectors[1..] {
                    vector = self.b.ins().fadd(vector, other);
                }
                let lanes = self.all_lanes(
                    Reg::Float,
                    &Chunk {
                        lanes: LANES,
                        parts: vec![vector],
                    },
                );
                let low = self.b.ins().fadd(lanes[0], lanes[1]);
                let high = self.b.ins().fadd(lanes[2], lanes[3]);
                let all = self.b.ins().fadd(low, high);
                sum = self.b.ins().fadd(all, sum);
            }
            self.finish(p, block, 1, 0, Chunk::one(sum), emit)?;
        }
        Ok(())
    }

    /// Vectors along the result's iterator `column`; blocks of several rows that share the loads.
    fn by_columns(&mut self, p: Product<'_>, column: usize, emit: Emit<'_, 'a, 'b>) -> Result<()> {
        let summed = p.summed();
        let in_both = |i: usize| p.spec.lhs.contains(&i) && p.spec.rhs.contains(&i);
        let row = p
            .spec
            .acc
            .iter()
            .copied()
            .rfind(|&i| i != column && !in_both(i) && p.extents[i] > 1);
        let outer: Vec<usize> = p
            .parallel()
            .into_iter()
            .filter(|&i| i != column && Some(i) != row)
            .collect();
        let origin = vec![Ix::known(0); p.extents.len()];
        let row_extent = row.map_or(1, |i| p.extents[i]);
        self.iterate(&p, &outer, &origin, &mut |this, at| {
            this.chunk_loop(row_extent, &[4, 2, 1], &[], &mut |this, row_ix, rows, _| {
                let widths: &[u32] = match rows {
                    1 => &[32, 8, 4, 1],
                    2 => &[16, 4, 1],
                    _ => &[8, 4, 1],
                };
                this.chunk_loop(p.extents[column], widths, &[], &mut |this, ix, width, _| {
                    let mut blocks = Vec::new();
                    for r in 0..rows {
                        let mut at = at.to_vec();
                        at[column] = ix;
                        if let Some(row) = row {
                            at[row] = row_ix.plus(u64::from(r));
                        }
                        blocks.push(at);
                    }
                    this.column_block(&p, &summed, column, width, &blocks, emit)?;
                    Ok(Vec::new())
                })
            })
            .map(drop)
        })
    }

    /// Sums for `width` results along `column` for each of `blocks`.
    fn column_block(
        &mut self,
        p: &Product<'_>,
        summed: &[usize],
        column: usize,
        width: u32,
        blocks: &[Vec<Ix>],
        emit: Emit<'_, 'a, 'b>,
    ) -> Result<()> {
        let zero = self.float_const(Reg::Float.scalar(), 0.0);
        let zeros = self.splat(Reg::Float, zero, width).parts;
        let parts = zeros.len();
        let start: Vec<ir::Value> = blocks.iter().flat_map(|_| zeros.iter().copied()).collect();
        let origin = vec![Ix::known(0); p.extents.len()];
        let sums = self.sum_over(p, summed, &origin, &start, &mut |this, sum_at, sums| {
            let mut sums = sums.to_vec();
            for (r, block) in blocks.iter().enumerate() {
                let mut at = block.clone();
                for &i in summed {
                    at[i] = sum_at[i];
                }
                let x = this.operand(p.lhs, &p.spec.lhs, &at, width, column)?;
                let y = this.operand(p.rhs, &p.spec.rhs, &at, width, column)?;
                for (i, (&x, &y)) in x.parts.iter().zip(&y.parts).enumerate() {
                    sums[r * parts + i] = this.multiply_add(x, y, sums[r * parts + i]);
                }
            }
            Ok(sums)
        })?;
        for (r, block) in blocks.iter().enumerate() {
            let sum = Chunk {
                lanes: width,
                parts: sums[r * parts..(r + 1) * parts].to_vec(),
            };
            self.finish(p, block, width, column, sum, emit)?;
        }
        Ok(())
    }
}
