//! Workgroups: one for each program, those along x folded into y where a device does not count as far.

use lower_simt::Error;
use lower_simt::ir::{Builtin, LaneKernel};
use spirv::Op;
use tile_ir::Axis;

use super::Printer;
use crate::asm::Ty;
use crate::limits::MAX_WORKGROUPS;

/// How programs become workgroups.
pub(super) struct Groups {
    /// Programs along x.
    programs: u64,
    /// Workgroups along x: that many programs follow each other.
    width: u64,
    /// Rows of workgroups that the programs along x take, one after the other along y.
    rows: u64,
    /// Workgroups.
    counts: [u64; 3],
}

impl Groups {
    /// Folds what is too long along x into y.
    pub(super) fn of(kernel: &LaneKernel) -> Result<Groups, Error> {
        let [x, y, z] = kernel.grid;
        let rows = x.div_ceil(MAX_WORKGROUPS).max(1);
        let width = x.div_ceil(rows);
        let counts = [width, y.saturating_mul(rows), z];
        let most = counts.into_iter().max().unwrap_or(0);
        if most <= MAX_WORKGROUPS {
            return Ok(Groups { programs: x, width, rows, counts });
        }
        Err(Error::Limit {
            target: crate::TARGET,
            kernel: kernel.name.clone(),
            what: format!(
                "the grid of {x}x{y}x{z} programs, of which those along x are folded into y, in workgroups along an axis,"
            ),
            needed: most,
            limit: MAX_WORKGROUPS,
            loc: kernel.loc.clone(),
            help: "use larger blocks".to_owned(),
        })
    }

    /// The workgroups, if they are not the programs.
    pub(super) fn folded(&self) -> Option<[u64; 3]> {
        (self.rows > 1).then_some(self.counts)
    }
}

impl Printer<'_> {
    /// The program's number along x and y from those of its group.
    pub(super) fn unfold(&mut self, groups: &Groups) {
        let (x, y) = (self.builtins[&Builtin::Program(Axis::X)], self.builtins[&Builtin::Program(Axis::Y)]);
        let [rows, width, programs] =
            [groups.rows, groups.width, groups.programs].map(|number| self.module.uint(number as u32));
        let row = self.op(Op::UMod, Ty::Uint, &[y, rows]);
        let before = self.op(Op::IMul, Ty::Uint, &[row, width]);
        let program = self.op(Op::IAdd, Ty::Uint, &[before, x]);
        self.module.rename(program, "program");
        self.builtins.insert(Builtin::Program(Axis::X), program);
        let y = self.op(Op::UDiv, Ty::Uint, &[y, rows]);
        self.module.rename(y, "program_y");
        self.builtins.insert(Builtin::Program(Axis::Y), y);
        let beyond = self.op(Op::UGreaterThanEqual, Ty::Bool, &[program, programs]);
        let (none, some) = (self.label("no_program"), self.label("a_program"));
        self.split(beyond, none, some, some);
        self.enter(none);
        self.run(Op::Return, []);
        self.enter(some);
    }
}
