//! Sums over the rows of a tile that the threads hold in registers.

use super::eval::place;
use super::index::Ix;
use super::layout::Layout;
use super::reduce::{Sum, identity, read};
use super::{Lower, Result};
use crate::ir::{Memory, Scalar, StmtKind, Var};

impl<'a> Lower<'a> {
    /// Each thread sums what it holds of each of its columns; each group of threads leaves its sums in shared memory; then each
    /// thread adds up the groups' sums of its own outputs, in the order of the groups.
    pub(super) fn sum_by_columns(&mut self, sum: &Sum<'a>, operand: Layout, layout: Layout) -> Result<()> {
        let name = self.name(sum.result);
        let registers = operand.col_slots() * operand.vector;
        let init = identity(sum.op, sum.scalar);
        let part = self.declare(&format!("{name}_part"), sum.scalar, registers, Some(init));
        let array = registers > 1;
        self.nest(|lower| {
            lower.cells(operand, true, &mut |lower, cell| {
                let cell = cell.clone();
                lower.neighbours(operand.vector, |lower, v| {
                    let col = lower.atoms.add(&cell.col, v);
                    let output = lower.delinearize(sum.result, &col);
                    let term = lower.term(sum, &output, &cell.row)?;
                    let slot = lower.atoms.add(&cell.col_slot, v);
                    let index = array.then(|| lower.index(&slot, Scalar::I32).expr);
                    lower.accumulate(sum, part, index, term);
                    Ok(())
                })
            })
        })?;
        let groups = operand.groups(self.facts.threads);
        if groups > 1 {
            let parts = self.shared(&format!("{name}_parts"), sum.elem(), groups * operand.cols);
            self.store_parts(sum, part, operand, Memory::Shared(parts))?;
            self.add_parts(sum, Memory::Shared(parts), groups, layout, &name)
        } else {
            self.add_start(sum, part, layout)?;
            self.finish(sum, part, layout)
        }
    }

    /// Stores the sums of each group, one row per group.
    fn store_parts(&mut self, sum: &Sum<'a>, part: Var, operand: Layout, memory: Memory) -> Result<()> {
        let registers = operand.col_slots() * operand.vector;
        let at_once = (self.facts.target.vector_bytes / sum.elem().bytes()).max(1);
        let lanes = if self.facts.vectors { operand.vector.min(at_once) } else { 1 };
        let single = self.single_writer(operand);
        self.nest(|lower| {
            let group = lower.group(operand.lanes);
            let row = lower.atoms.scale(&group, operand.cols as i64);
            lower.guarded(single, |lower| {
                lower.columns(operand, true, &Ix::default(), &Ix::default(), &mut |lower, cell| {
                    let cell = cell.clone();
                    lower.unrolled("v", operand.vector / lanes, |lower, v| {
                        let v = lower.atoms.scale(v, lanes as i64);
                        let col = lower.atoms.add(&cell.col, &v);
                        let at = lower.atoms.add(&row, &col);
                        let place = place(memory, lower.index(&at, Scalar::I32).expr);
                        let slot = lower.atoms.add(&cell.col_slot, &v);
                        let index = lower.index(&slot, Scalar::I32).expr;
                        lower.push(match lanes {
                            1 => StmtKind::Store { place, value: read(part, (registers > 1).then_some(&index)) },
                            lanes => StmtKind::StoreVector { place, var: part, index, lanes: lanes as u32 },
                        });
                        Ok(())
                    })
                })
            })
        })
    }
}
