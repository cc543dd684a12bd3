//! Products computed with vectors along the last dimension of the result.

use cranelift_codegen::ir;

use super::super::chunk::Chunk;
use super::super::index::Ix;
use super::super::{Lower, Result};
use super::{Emit, Product};
use crate::types::Reg;

impl<'a, 'b> Lower<'a, 'b> {
    /// Vectors along the result's iterator `column`; blocks of several rows that share the loads.
    pub(super) fn by_columns(&mut self, p: Product<'_>, column: usize, emit: Emit<'_, 'a, 'b>) -> Result<()> {
        let summed = p.summed();
        let in_both = |i: usize| p.spec.lhs.contains(&i) && p.spec.rhs.contains(&i);
        let row = p.spec.acc.iter().copied().rfind(|&i| i != column && !in_both(i) && p.extents[i] > 1);
        let outer: Vec<usize> = p.parallel().into_iter().filter(|&i| i != column && Some(i) != row).collect();
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
            let sum = Chunk { lanes: width, parts: sums[r * parts..(r + 1) * parts].to_vec() };
            self.finish(p, block, width, column, sum, emit)?;
        }
        Ok(())
    }
}
