//! Programs over cores: contiguous ranges of the folded grid.

use std::collections::BTreeSet;

use tile_ir::{Access, Axis, Kernel, Own, ParamKind, View};

use super::exprs::{add, div, int, min, mul, rem};
use super::state::{Lower, Result};
use crate::ir::{Expr, Scalar, StmtKind};
use crate::target::Target;

/// How many programs that follow each other must be on one core, so that no two cores write into one piece of
/// [`Target::grain_bytes`] of a view.
pub(super) fn grain(kernel: &Kernel, target: &Target) -> u64 {
    let views = kernel.params.iter().filter_map(|param| match &param.kind {
        ParamKind::View(view) if view.access == Access::Write => Some(view),
        ParamKind::View(_) | ParamKind::Scalar(_) => None,
    });
    let all = kernel.programs();
    views.map(|view| view_grain(kernel, view, target.grain_bytes).min(all)).fold(1, |x, y| lcm(x, y).min(all))
}

fn view_grain(kernel: &Kernel, view: &View, block: u64) -> u64 {
    let [across, down, _] = kernel.grid;
    let all = kernel.programs();
    let strides = view.shape.strides();
    let bytes = |d: usize| strides[d] * view.elem.bytes();
    let mut grain = 1;
    for (d, own) in view.own.iter().enumerate() {
        let Own::Block { axis, size } = *own else { continue };
        if kernel.grid[axis.index()] < 2 {
            continue;
        }
        // Rows of dimensions before this one must not share a block, or the first and the last program of a row meet.
        let apart = (0..d).all(|outer| view.shape.dims()[outer] < 2 || bytes(outer).is_multiple_of(block));
        let part = size * bytes(d);
        let group = block / gcd(block, part);
        let wanted = match (apart, group, axis) {
            (false, _, _) => all,
            (true, 1, _) => 1,
            (true, group, Axis::X) => {
                if across.is_multiple_of(group) || kernel.grid[1] * kernel.grid[2] == 1 {
                    group
                } else {
                    across
                }
            }
            (true, group, Axis::Y) => across * group,
            (true, group, Axis::Z) => across * down * group,
        };
        grain = lcm(grain, wanted.min(all)).min(all);
    }
    grain
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn lcm(a: u64, b: u64) -> u64 {
    a / gcd(a, b) * b
}

impl Lower<'_> {
    /// The whole kernel: what is the same for all programs, then a loop over the core's.
    pub(super) fn programs(&mut self) -> Result<()> {
        let kernel = self.kernel;
        let programs = kernel.programs();
        let grain = grain(kernel, self.facts.target);
        let groups = programs.div_ceil(grain);
        let cores = groups.min(self.facts.target.cores);
        (self.out.cores, self.out.grain) = (cores, grain);
        let invariant = &self.facts.invariant;
        let once: BTreeSet<usize> = (0..kernel.body.ops.len())
            .filter(|&at| {
                let results = &kernel.body.ops[at].results;
                programs > cores && !results.is_empty() && results.iter().all(|value| invariant.contains(value))
            })
            .collect();
        for &at in &once {
            self.op(&kernel.body.ops[at])?;
        }
        let rest = |lower: &mut Self| {
            (0..kernel.body.ops.len()).filter(|at| !once.contains(at)).try_for_each(|at| lower.op(&kernel.body.ops[at]))
        };
        if programs == 1 {
            self.program = [Expr::int(0), Expr::int(0), Expr::int(0)];
            return rest(self);
        }
        // Groups are dealt so that the first cores have one more: from `core * each + min(core, more)` on.
        let (each, more) = (groups / cores, groups % cores);
        let first = |core: Expr| {
            let start = add(mul(core.clone(), int(each)), if more == 0 { int(0) } else { min(core, int(more)) });
            min(mul(start, int(grain)), int(programs))
        };
        let first_of_next = first(add(Expr::Core, int(1)));
        let (lower, upper) = if cores == 1 { (int(0), int(programs)) } else { (first(Expr::Core), first_of_next) };
        let (lower, upper) = (self.define("first", lower), self.define("last", upper));
        let var = self.var("program", Scalar::I64);
        let [across, down, _] = kernel.grid;
        let at = Expr::Var(var);
        self.program = [rem(at.clone(), across), rem(div(at.clone(), across), down), div(at, across * down)];
        if across == programs {
            self.program = [Expr::Var(var), int(0), int(0)];
        }
        let body = self.inside(rest)?;
        self.emit(StmtKind::For { var, lower, upper, step: int(1), body });
        Ok(())
    }
}
