//! What a kernel does before it waits for earlier kernels.

use tile_ir::Access;

use super::{Rule, Violations};
use crate::ir::{LaneKernel, Prefetch};
use crate::target::Target;

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let Some(early) = &kernel.early else { return };
    let mut add = |detail: String| violations.add(Rule::Early, &kernel.loc, detail);
    if target.ahead.is_none() {
        add(format!("{} has no way to start before earlier kernels have ended", target.name));
    }
    for prefetch in &early.prefetches {
        let Some(view) = kernel.view(prefetch.view) else {
            add(format!("parameter {} is not a view", prefetch.view.index()));
            continue;
        };
        let name = &kernel.params[prefetch.view.index()].name;
        match view.access {
            Access::Weights => {}
            Access::Read | Access::Write => add(format!("`{name}` may be written by an earlier kernel")),
        }
        let size = view.elem.bytes();
        let units =
            prefetch.per_program.iter().chain([&prefetch.first]).all(|n| n.saturating_mul(size) % Prefetch::UNIT == 0);
        if !units || prefetch.bytes % Prefetch::UNIT != 0 || prefetch.bytes == 0 {
            add(format!("what is asked for of `{name}` is not in units of {} bytes", Prefetch::UNIT));
        }
        let [from, until] = prefetch.programs;
        if from >= until || until > kernel.grid[0] {
            add(format!("programs {from} to {until} ask for `{name}`, of {}", kernel.grid[0]));
        }
        let last = prefetch.last_first(kernel.grid);
        if last.saturating_mul(size).saturating_add(prefetch.bytes) > view.shape.count().saturating_mul(size) {
            add(format!("what is asked for of `{name}` goes beyond it"));
        }
        if last > i32::MAX as u64 {
            add(format!("element {last} of `{name}` has no 32-bit index"));
        }
    }
}
