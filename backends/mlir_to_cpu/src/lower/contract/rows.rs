//! Products computed with vectors along a summed iterator.

use cranelift_codegen::ir::InstBuilder;

use super::super::chunk::Chunk;
use super::super::index::Ix;
use super::super::{Lower, Result};
use super::{Emit, Product};
use crate::types::{LANES, Reg};

/// Most vector registers to use for sums; x86-64 has 16.
const SUMS: u32 = 8;

impl<'a, 'b> Lower<'a, 'b> {
    /// Vectors along a summed iterator; blocks of `m` x `n` results.
    pub(super) fn by_rows(&mut self, p: Product<'_>, emit: Emit<'_, 'a, 'b>) -> Result<()> {
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
}
