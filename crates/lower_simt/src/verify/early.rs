//! What a kernel does before it waits for earlier kernels.

use std::collections::BTreeSet;

use tile_ir::Access;

use super::{Rule, Violations};
use crate::ir::{LaneKernel, Memory, Shared, Stmt, StmtKind, WeightRange};
use crate::target::Target;

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let Some(early) = &kernel.early else { return };
    let mut add = |detail: String| violations.add(Rule::Early, &kernel.loc, detail);
    let Some(ahead) = target.ahead else {
        return add(format!("{} has no way to start before earlier kernels have ended", target.name));
    };
    for asked in early.prefetches.iter().chain(early.copies.iter().map(|copy| &copy.from)) {
        range(kernel, asked, &mut add);
    }
    if !early.copies.is_empty() && ahead.copy.is_none() {
        add(format!("{} has no copies that arrive later", target.name));
    }
    for (number, copy) in early.copies.iter().enumerate() {
        let Some(array) = kernel.shared.get(copy.to.0 as usize) else {
            add(format!("a copy to shared array {}, which does not exist", copy.to.0));
            continue;
        };
        if kernel.view(copy.from.view).is_some_and(|view| view.elem != array.elem) {
            add(format!("`{}` has another element type than what is copied to it", array.name));
        }
        if copy.from.bytes > array.len.saturating_mul(array.elem.bytes()) {
            add(format!("{} bytes are copied to `{}`", copy.from.bytes, array.name));
        }
        let [from, until] = copy.from.programs;
        let again = early.copies[..number]
            .iter()
            .any(|other| other.to == copy.to && other.from.programs[0] < until && from < other.from.programs[1]);
        if again {
            add(format!("some programs copy to `{}` twice", array.name));
        }
    }
    let mut known = Known::default();
    let mut order = Order { kernel, copied: kernel.copied(), violations };
    order.block(&kernel.body, &mut known);
    if !known.ended {
        // A kernel behind this one takes its end for the end of all before it.
        order.violations.add(Rule::Early, &kernel.loc, "some way does not wait for earlier kernels".to_owned());
    }
}

fn range(kernel: &LaneKernel, asked: &WeightRange, add: &mut impl FnMut(String)) {
    let Some(view) = kernel.view(asked.view) else {
        return add(format!("parameter {} is not a view", asked.view.index()));
    };
    let name = &kernel.params[asked.view.index()].name;
    match view.access {
        Access::Weights => {}
        Access::Read | Access::Write => add(format!("`{name}` may be written by an earlier kernel")),
    }
    let size = view.elem.bytes();
    if !asked.starts_units(size) || !asked.bytes.is_multiple_of(WeightRange::UNIT) || asked.bytes == 0 {
        add(format!("what is asked for of `{name}` is not in units of {} bytes", WeightRange::UNIT));
    }
    let [from, until] = asked.programs;
    if from >= until || until > kernel.grid[0] {
        add(format!("programs {from} to {until} ask for `{name}`, of {}", kernel.grid[0]));
    }
    if let Some(grid) = asked.folded
        && grid.iter().try_fold(1, |all: u64, &one| all.checked_mul(one)) != until.checked_sub(from)
    {
        add(format!("a grid of {grid:?} asks for `{name}` by programs {from} to {until}"));
    }
    let last = asked.last_first(kernel.grid);
    if last.saturating_mul(size).saturating_add(asked.bytes) > view.shape.count().saturating_mul(size) {
        add(format!("what is asked for of `{name}` goes beyond it"));
    }
    if last > i32::MAX as u64 {
        add(format!("element {last} of `{name}` has no 32-bit index"));
    }
}

/// What has been awaited on every path to a statement.
#[derive(Clone, Default)]
struct Known {
    /// Copies to these arrays.
    arrived: BTreeSet<Shared>,
    /// The end of earlier kernels.
    ended: bool,
}

/// Looks for accesses of arrays whose copy has not been awaited on some path, and of views that earlier kernels may write.
struct Order<'a, 'v> {
    kernel: &'a LaneKernel,
    copied: BTreeSet<Shared>,
    violations: &'v mut Violations,
}

impl Order<'_, '_> {
    fn block(&mut self, block: &[Stmt], known: &mut Known) {
        block.iter().for_each(|stmt| self.stmt(stmt, known));
    }

    fn stmt(&mut self, stmt: &Stmt, known: &mut Known) {
        // The condition of a `while` is evaluated after what computes it.
        if !matches!(stmt.kind, StmtKind::While { .. }) {
            self.reads(stmt, known);
        }
        let written = stmt.writes();
        if written.is_some_and(|place| matches!(place.memory, Memory::Global(_))) && !known.ended {
            self.violations.add(
                Rule::Early,
                &stmt.loc,
                "a view is written before earlier kernels have ended".to_owned(),
            );
        }
        if let Some(place) = written
            && let Memory::Shared(array) = place.memory
            && self.copied.contains(&array)
        {
            let name = &self.kernel.shared(array).name;
            self.violations.add(Rule::Early, &stmt.loc, format!("`{name}` is written beside the copy to it"));
        }
        match &stmt.kind {
            StmtKind::AwaitCopy { array } => {
                known.arrived.insert(*array);
            }
            StmtKind::AwaitEarlier => known.ended = true,
            // It may not run at all.
            StmtKind::For { body, .. } => self.block(body, &mut known.clone()),
            StmtKind::While { before, body, .. } => {
                self.block(before, known);
                self.reads(stmt, known);
                self.block(body, &mut known.clone());
            }
            StmtKind::If { then, otherwise, .. } => {
                let mut other = known.clone();
                self.block(then, known);
                self.block(otherwise, &mut other);
                known.arrived.retain(|array| other.arrived.contains(array));
                known.ended &= other.ended;
            }
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::Matrix(_) => {}
        }
    }

    fn reads(&mut self, stmt: &Stmt, known: &Known) {
        for place in stmt.reads() {
            if let Memory::Global(view) = place.memory
                && !known.ended
                && self.kernel.view(view).is_some_and(|view| view.access != Access::Weights)
            {
                let name = &self.kernel.params[view.index()].name;
                self.violations.add(
                    Rule::Early,
                    &stmt.loc,
                    format!("`{name}` is read before earlier kernels, which may write it, have ended"),
                );
            }
            if let Memory::Shared(array) = place.memory
                && self.copied.contains(&array)
                && !known.arrived.contains(&array)
            {
                let name = &self.kernel.shared(array).name;
                self.violations.add(
                    Rule::Early,
                    &stmt.loc,
                    format!("`{name}` is read before the copy to it is awaited"),
                );
            }
        }
    }
}
