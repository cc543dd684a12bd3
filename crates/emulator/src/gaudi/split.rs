//! How members are given to cores.

use super::Split;
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
