//! Numbers of the target.

use super::{Rule, Violations};
use crate::ir::{FragmentRole, LaneKernel};
use crate::target::Target;
use tile_ir::Elem;

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let mut add = |detail: String| violations.add(Rule::Limit, &kernel.loc, detail);
    let threads = kernel.threads;
    if threads == 0 || !threads.is_multiple_of(target.warp.max(32)) {
        add(format!("{threads} threads are not a multiple of {}", target.warp));
    }
    if threads > target.max_threads {
        add(format!("{threads} threads, above the limit of {}", target.max_threads));
    }
    if kernel.shared_bytes() > target.shared_bytes {
        add(format!("{} bytes of shared memory, above the limit of {}", kernel.shared_bytes(), target.shared_bytes));
    }
    for (axis, (&programs, &limit)) in kernel.grid.iter().zip(&target.max_grid).enumerate() {
        if programs == 0 || programs > limit {
            add(format!("{programs} programs along axis {axis}, outside 1 to {limit}"));
        }
    }
    let buffers = target.buffers(&kernel.params);
    if buffers > target.max_buffers {
        add(format!("{buffers} buffers, above the limit of {}", target.max_buffers));
    }
    for array in &kernel.shared {
        if array.elem == Elem::Index || array.len == 0 {
            add(format!("shared array `{}` of {} x {}", array.name, array.len, array.elem));
        }
    }
    for var in kernel.vars.iter().filter(|var| var.len == Some(0)) {
        add(format!("array `{}` is empty", var.name));
    }
    for fragment in &kernel.fragments {
        let sound = match fragment.role {
            FragmentRole::A | FragmentRole::B => target.matrix.iter().any(|unit| unit.elem == fragment.elem),
            FragmentRole::Acc => fragment.elem == Elem::F32 && !target.matrix.is_empty(),
        };
        if !sound || fragment.len == 0 {
            add(format!("no matrix unit for {} x `{}` of {}", fragment.len, fragment.name, fragment.elem));
        }
    }
}
