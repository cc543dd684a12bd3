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
    Arrivals { kernel, copied: kernel.copied(), violations }.block(&kernel.body, &mut BTreeSet::new());
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
    let last = asked.last_first(kernel.grid);
    if last.saturating_mul(size).saturating_add(asked.bytes) > view.shape.count().saturating_mul(size) {
        add(format!("what is asked for of `{name}` goes beyond it"));
    }
    if last > i32::MAX as u64 {
        add(format!("element {last} of `{name}` has no 32-bit index"));
    }
}

/// Looks for accesses of arrays whose copy has not been awaited on some path.
struct Arrivals<'a, 'v> {
    kernel: &'a LaneKernel,
    copied: BTreeSet<Shared>,
    violations: &'v mut Violations,
}

impl Arrivals<'_, '_> {
    /// `arrived`: what has been awaited on every path to here.
    fn block(&mut self, block: &[Stmt], arrived: &mut BTreeSet<Shared>) {
        block.iter().for_each(|stmt| self.stmt(stmt, arrived));
    }

    fn stmt(&mut self, stmt: &Stmt, arrived: &mut BTreeSet<Shared>) {
        // The condition of a `while` is evaluated after what computes it.
        if !matches!(stmt.kind, StmtKind::While { .. }) {
            self.reads(stmt, arrived);
        }
        if let Some(place) = stmt.writes()
            && let Memory::Shared(array) = place.memory
            && self.copied.contains(&array)
        {
            let name = &self.kernel.shared(array).name;
            self.violations.add(Rule::Early, &stmt.loc, format!("`{name}` is written beside the copy to it"));
        }
        match &stmt.kind {
            StmtKind::AwaitCopy { array } => {
                arrived.insert(*array);
            }
            // It may not run at all.
            StmtKind::For { body, .. } => self.block(body, &mut arrived.clone()),
            StmtKind::While { before, body, .. } => {
                self.block(before, arrived);
                self.reads(stmt, arrived);
                self.block(body, &mut arrived.clone());
            }
            StmtKind::If { then, otherwise, .. } => {
                let mut other = arrived.clone();
                self.block(then, arrived);
                self.block(otherwise, &mut other);
                arrived.retain(|array| other.contains(array));
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

    fn reads(&mut self, stmt: &Stmt, arrived: &BTreeSet<Shared>) {
        for place in stmt.reads() {
            if let Memory::Shared(array) = place.memory
                && self.copied.contains(&array)
                && !arrived.contains(&array)
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
