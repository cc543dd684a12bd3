//! Which program this is, and counting loops.

use crate::raw::intrinsic;

/// Index of this program along axis `AXIS` (0, 1 or 2); below [`num_programs`].
#[inline(always)]
pub fn program_id<const AXIS: u32>() -> usize {
    const { assert!(AXIS < 3, "program axes are 0, 1 and 2") };
    intrinsic!(__tile_program_id(AXIS)) as usize
}

/// Number of programs along axis `AXIS` (0, 1 or 2).
#[inline(always)]
pub fn num_programs<const AXIS: u32>() -> usize {
    const { assert!(AXIS < 3, "program axes are 0, 1 and 2") };
    intrinsic!(__tile_num_programs(AXIS)) as usize
}

/// `start`, `start + step`, ... while below `end`. `step` must not be 0.
///
/// Like `(start..end).step_by(step)`, which divides and checks before it counts, and so is no simple loop.
#[inline(always)]
pub const fn range(start: usize, end: usize, step: usize) -> Range {
    Range { next: start, end, step }
}

/// The iterator of [`range`].
#[derive(Clone, Debug)]
pub struct Range {
    next: usize,
    end: usize,
    step: usize,
}

impl Iterator for Range {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.next < self.end {
            let now = self.next;
            self.next = now.wrapping_add(self.step);
            Some(now)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::range;

    #[test]
    fn range_counts_like_step_by() {
        for (start, end, step) in [(0, 10, 4), (0, 8, 4), (3, 3, 1), (5, 2, 1), (0, 1, 100)] {
            let expected: Vec<usize> = (start..end).step_by(step).collect();
            assert_eq!(range(start, end, step).collect::<Vec<_>>(), expected);
        }
    }
}
