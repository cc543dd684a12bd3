//! Products computed with vectors along a summed iterator.

use cranelift_codegen::ir::InstBuilder;

use super::super::chunk::Chunk;
use super::super::index::Ix;
use super::super::{Lower, Result};
use super::{Emit, Product};
use crate::types::{LANES, Reg};

/// Vector registers to use for sums; x86-64 has 16.
const SUMS: usize = 8;

/// Rows of the right operand computed at once.
const ROWS: u64 = 4;

impl<'a, 'b> Lower<'a, 'b> {
    /// Vectors along a summed iterator; blocks of `m` x `n` results.
    pub(super) fn by_rows(&mut self, p: Product<'_>, emit: Emit<'_, 'a, 'b>) -> Result<()> {
        let summed = p.summed();
        let is_wide = |&i: &usize| p.spec.reduced[i] && p.extents[i] > 1;
        let along = p.spec.rhs.iter().copied().rfind(is_wide).or(summed.last().copied());
        // Rows of the right operand alone, then of the left one alone, are computed several at once.
        let alone = |dims: &[usize], other: &[usize]| {
            let is_alone = |&i: &usize| !other.contains(&i) && !p.spec.reduced[i] && p.extents[i] > 1;
            dims.iter().copied().rfind(is_alone)
        };
        let n = alone(&p.spec.rhs, &p.spec.lhs);
        let m = alone(&p.spec.lhs, &p.spec.rhs);
        let blocked = |i: &usize| Some(*i) == n || Some(*i) == m;
        let outer: Vec<usize> = p.parallel().into_iter().filter(|i| !blocked(i)).collect();
        let origin = vec![Ix::known(0); p.extents.len()];
        let m_extent = m.map_or(1, |i| p.extents[i]);
        let n_extent = n.map_or(1, |i| p.extents[i]);
        self.iterate(&p, &outer, &origin, &mut |this, at| {
            let mut rows = |this: &mut Self, at: &[Ix], n_ixs: &[Ix]| {
                this.chunk_loop(m_extent, &[2, 1], &[], &mut |this, m_ix, m_block, _| {
                    let mut blocks = Vec::new();
                    for i in 0..u64::from(m_block) {
                        for &n_ix in n_ixs {
                            let mut at = at.to_vec();
                            if let Some(m) = m {
                                at[m] = m_ix.plus(i);
                            }
                            if let Some(n) = n {
                                at[n] = n_ix;
                            }
                            blocks.push(at);
                        }
                    }
                    this.row_block(&p, &summed, along, &blocks, emit)?;
                    Ok(Vec::new())
                })
            };
            let edges = n.map_or(Vec::new(), |n| p.along(n));
            if !this.crosses_edge(&edges) {
                // The rows of a block lie a quarter of the operand apart, so that each quarter is read from start to
                // end: the processor's prefetchers follow few long streams better than many short ones.
                let quarter = n_extent / ROWS;
                this.chunk_loop(quarter, &[1], &[], &mut |this, ix, _, _| {
                    let ixs: Vec<Ix> = (0..ROWS).map(|j| ix.plus(j * quarter)).collect();
                    rows(this, at, &ixs)
                })?;
                this.chunk_loop(n_extent % ROWS, &[1], &[], &mut |this, ix, _, _| {
                    rows(this, at, &[ix.plus(ROWS * quarter)])
                })?;
                return Ok(());
            }
            this.split_loop(&edges, n_extent, &[ROWS as u32, 1], &[], &mut |this, ix, width, _| {
                let ixs: Vec<Ix> = (0..u64::from(width)).map(|j| ix.plus(j)).collect();
                rows(this, at, &ixs)
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
        let parts = (SUMS / count).clamp(1, 4);
        let widths: &[u32] = if count > ROWS as usize { &[8, 4, 1] } else { &[16, 4, 1] };
        let zero = self.float_const(Reg::Float.scalar(), 0.0);
        // Per result: the sum of the elements past the last whole vector, and the vectors of sums.
        let mut start = vec![zero; count];
        if extent >= u64::from(LANES) {
            for _ in 0..count {
                start.extend(self.splat(Reg::Float, zero, parts as u32 * LANES).parts);
            }
        }
        let outer: Vec<usize> = summed.iter().copied().filter(|&i| Some(i) != along).collect();
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
                        let slot = if width == 1 { r } else { count + r * parts + i % parts };
                        sums[slot] = this.multiply_add(y, x, sums[slot]);
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
                let lanes = self.all_lanes(Reg::Float, &Chunk { lanes: LANES, parts: vec![vector] });
                let low = self.b.ins().fadd(lanes[0], lanes[1]);
                let high = self.b.ins().fadd(lanes[2], lanes[3]);
                let all = self.b.ins().fadd(low, high);
                sum = self.b.ins().fadd(all, sum);
            }
            self.finish(p, block, 1, 0, Chunk::one(sum), emit)?;
        }
        Ok(())
    }
}
