//! The rewrite that a runtime applies, and what the manifest says of a fused kernel.

use bundle::manifest::{self, ArgKind, Fusion, Own, Slot};

use crate::group::Group;

/// The rewrite of a group's launches. `args` says whose binding each argument of the fused kernel takes, `alike` which
/// arguments became one.
pub fn rule(group: &Group, args: Vec<Slot>, alike: Vec<Vec<Slot>>) -> Fusion {
    let same = group.same.iter().cloned().chain(alike).collect();
    Fusion { kernel: group.name.clone(), launches: group.launches.clone(), same, args, drops: group.drops.clone() }
}

/// The programs along x that one of several kernels side by side has in the fused one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first program.
    pub first: u64,
    /// Its programs.
    pub programs: u64,
    /// The grid of which they are the programs, where they are counted one row after the other.
    pub folded: Option<[u64; 3]>,
}

/// Says in the manifest which programs own the blocks of each written view; `spans` has one entry per argument.
pub fn own_spans(kernel: &mut manifest::Kernel, spans: &[Span]) {
    for (arg, span) in kernel.args.iter_mut().zip(spans) {
        let ArgKind::View { own, .. } = &mut arg.kind else { continue };
        for own in own {
            let Own::Block { axis, size } = *own else { continue };
            match span.folded {
                Some(grid) => *own = Own::Folded { size, first: span.first, grid, along: axis },
                None if axis == 0 => {
                    *own = Own::Range { axis: 0, size, first: span.first, programs: span.programs };
                }
                None => {}
            }
        }
    }
}
