//! How members are given to cores.

use super::{Access, Split};
use crate::run::mix;

/// Offsets and sizes of the parts of an index space, in the order in which they run.
pub(super) fn parts(space: [u32; 5], split: Split) -> Vec<([u32; 5], [u32; 5])> {
    let steps: [u32; 5] = match split {
        Split::Members => [1; 5],
        Split::Whole => space,
        Split::Random(seed) => {
            std::array::from_fn(|dim| 1 + (mix(seed.wrapping_add(dim as u64)) % u64::from(space[dim])) as u32)
        }
    };
    let mut parts = vec![([0; 5], [0; 5])];
    for dim in 0..5 {
        let starts = (0..space[dim]).step_by(steps[dim] as usize);
        parts = starts
            .flat_map(|start| {
                parts
                    .iter()
                    .map(move |(offset, size)| {
                        let (mut offset, mut size) = (*offset, *size);
                        offset[dim] = start;
                        size[dim] = steps[dim].min(space[dim] - start);
                        (offset, size)
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    if let Split::Random(seed) = split {
        parts.sort_by_key(|(offset, _)| mix(offset.iter().fold(seed, |all, at| mix(all ^ u64::from(*at)))));
    }
    parts
}

/// First and last element along each dimension that a part of the index space may touch.
pub(super) fn allowed(access: &[Access; 5], offset: [u32; 5], size: [u32; 5]) -> [(i64, i64); 5] {
    access.map(|access| match access {
        Access::All => (i64::MIN, i64::MAX),
        Access::Of { dim, a, start, end } => {
            let (a, first) = (i64::from(a), i64::from(offset[dim]));
            let last = first + i64::from(size[dim]) - 1;
            (a * first + i64::from(start), a * last + i64::from(end))
        }
    })
}
