//! Sums whose terms are shared by teams of threads.

use super::eval::place;
use super::index::Ix;
use super::layout::Layout;
use super::reduce::{Sum, combine, identity, read};
use super::{Lower, Result};
use crate::ir::{Expr, Memory, Scalar, StmtKind, Unroll};

impl<'a> Lower<'a> {
    /// Team `t` of `n` sums terms `t`, `t + n`, ... of all outputs; then each thread adds up the teams' sums of its own
    /// outputs, in the order of the teams.
    pub(super) fn sum_by_teams(&mut self, sum: &Sum<'a>, (threads, vector): (u64, u64), layout: Layout) -> Result<()> {
        let teams = self.facts.threads / threads;
        let outputs = self.kernel.ty(sum.result).shape.count();
        let name = self.name(sum.result);
        let init = identity(sum.op, sum.scalar);
        let part = self.declare(&format!("{name}_part"), sum.scalar, vector, Some(init));
        let array = vector > 1;
        let memory = Memory::Shared(self.shared(&format!("{name}_parts"), sum.elem(), teams * outputs));
        self.in_team((threads, vector), outputs, &mut |lower, first, team| {
            let unroll = lower.unroll(vector);
            lower.strided("k", (team, sum.terms, teams), (1, unroll), |lower, k| {
                lower.neighbours(vector, |lower, v| {
                    let linear = lower.atoms.add(first, v);
                    let output = lower.delinearize(sum.result, &linear);
                    let term = lower.term(sum, &output, k)?;
                    let index = if array { Some(lower.index(v, Scalar::I32).expr) } else { None };
                    lower.accumulate(sum, part, index, term);
                    Ok(())
                })
            })
        })?;
        let at_once = self.facts.target.vector_bytes / sum.elem().bytes();
        let lanes = if self.facts.vectors { vector.min(at_once.max(1)) } else { 1 };
        self.in_team((threads, vector), outputs, &mut |lower, first, team| {
            let row = lower.atoms.scale(team, outputs as i64);
            let linear = lower.atoms.add(&row, first);
            let lanes = if lower.atoms.divisible(&linear, lanes as i64) { lanes } else { 1 };
            lower.unrolled("v", vector / lanes, |lower, v| {
                let v = lower.atoms.scale(v, lanes as i64);
                let at = lower.atoms.add(&linear, &v);
                let place = place(memory, lower.index(&at, Scalar::I32).expr);
                let index = lower.index(&v, Scalar::I32).expr;
                lower.push(match lanes {
                    1 => StmtKind::Store { place, value: read(part, array.then_some(&index)) },
                    lanes => StmtKind::StoreVector { place, var: part, index, lanes: lanes as u32 },
                });
                Ok(())
            })
        })?;
        self.add_parts(sum, memory, teams, layout, &name)
    }

    /// Each thread adds up the parts of its own outputs: `parts` rows of all outputs in `memory`, in their order.
    pub(super) fn add_parts(
        &mut self,
        sum: &Sum<'a>,
        memory: Memory,
        parts: u64,
        layout: Layout,
        name: &str,
    ) -> Result<()> {
        let outputs = self.kernel.ty(sum.result).shape.count();
        let init = identity(sum.op, sum.scalar);
        let var = self.declare(name, sum.scalar, layout.registers(self.facts.threads), Some(init));
        let own = self.out.var(var).len.is_some();
        self.nest(|lower| {
            lower.cells(layout, true, &mut |lower, cell| {
                let cell = cell.clone();
                lower.unrolled("v", layout.vector, |lower, v| {
                    let linear = lower.cell_linear(layout, &cell, v);
                    let slot = lower.atoms.add(&cell.slot, v);
                    let index = own.then(|| lower.index(&slot, Scalar::I32).expr);
                    lower.strided("t", (&Ix::default(), parts, 1), (1, Unroll::Full), |lower, t| {
                        let row = lower.atoms.scale(t, outputs as i64);
                        let at = lower.atoms.add(&row, &linear);
                        let offset = lower.index(&at, Scalar::I32).expr;
                        let value = combine(sum.op, read(var, index.as_ref()), Expr::Load(place(memory, offset)));
                        lower.push(StmtKind::Assign { var, index: index.clone(), value });
                        Ok(())
                    })
                })
            })
        })?;
        self.add_start(sum, var, layout)?;
        self.finish(sum, var, layout)
    }

    /// Runs `body` with the first of this thread's outputs and the number of its team.
    fn in_team(
        &mut self,
        (threads, vector): (u64, u64),
        outputs: u64,
        body: &mut dyn FnMut(&mut Self, &Ix, &Ix) -> Result<()>,
    ) -> Result<()> {
        self.nest(|lower| {
            let member = lower.lane(threads);
            let first = lower.atoms.scale(&member, vector as i64);
            let team = lower.group(threads);
            lower.below(&first, (outputs, vector), "output", &mut |lower, first| body(lower, first, &team))
        })
    }
}
