//! Which elements an instruction works on, and where they lie.

use super::request::Operand;
use super::rules::{BLOCK, REPEAT};

/// How many elements, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// The first elements of contiguous operands.
    Count(u64),
    /// Repeats of eight blocks; a bit of the mask per element of a repeat.
    Repeats { repeats: u64, mask: u128, lanes: usize },
    /// Rows and columns of tiles.
    Rect { rows: u64, cols: u64 },
}

/// Neighbouring bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) at: usize,
    pub(crate) len: usize,
}

impl Run {
    pub(crate) fn end(self) -> usize {
        self.at.saturating_add(self.len)
    }
}

/// Elements of a repeat of which the widest type has `size` bytes.
pub(crate) fn lanes(size: usize) -> usize {
    REPEAT / size
}

/// Adds a run, joined with the one before where they touch.
pub(crate) fn push(runs: &mut Vec<Run>, at: usize, len: usize) {
    match runs.last_mut() {
        Some(last) if last.end() == at => last.len += len,
        Some(_) | None => runs.push(Run { at, len }),
    }
}

impl Span {
    /// Elements in all.
    pub(crate) fn elements(&self) -> usize {
        match *self {
            Span::Count(count) => count as usize,
            Span::Repeats { repeats, mask, .. } => repeats as usize * mask.count_ones() as usize,
            Span::Rect { rows, cols } => rows as usize * cols as usize,
        }
    }

    /// Where the elements of `operand` lie, in order.
    pub(crate) fn runs(&self, operand: &Operand, size: usize) -> Vec<Run> {
        let base = operand.at as usize;
        let mut runs = Vec::new();
        match *self {
            Span::Count(count) => push(&mut runs, base, count as usize * size),
            Span::Repeats { repeats, mask, lanes } => {
                for repeat in 0..repeats as usize {
                    let start = base + repeat * operand.outer as usize * BLOCK;
                    repeat_runs(&mut runs, start, operand.inner as usize, mask, lanes, size);
                }
            }
            Span::Rect { rows, cols } => {
                for row in 0..rows as usize {
                    let start = base.saturating_add(row * operand.outer as usize);
                    if operand.inner as usize == size {
                        push(&mut runs, start, cols as usize * size);
                        continue;
                    }
                    for col in 0..cols as usize {
                        runs.push(Run { at: start + col * operand.inner as usize, len: size });
                    }
                }
            }
        }
        runs
    }
}

fn repeat_runs(runs: &mut Vec<Run>, start: usize, step: usize, mask: u128, lanes: usize, size: usize) {
    let per_block = BLOCK / size;
    for first in (0..lanes).step_by(per_block) {
        let block = start + first / per_block * step * BLOCK;
        let bits = (mask >> first) & ((1 << per_block) - 1);
        if bits.count_ones() as usize == per_block {
            push(runs, block, BLOCK);
            continue;
        }
        for lane in 0..per_block {
            if (bits >> lane) & 1 == 1 {
                push(runs, block + lane * size, size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operand(inner: u32, outer: u32) -> Operand {
        Operand { at: 64, end: 1 << 20, inner, outer }
    }

    #[test]
    fn contiguous_repeats_are_one_run() {
        let span = Span::Repeats { repeats: 3, mask: u128::from(u64::MAX), lanes: 64 };
        assert_eq!(span.runs(&operand(1, 8), 4), [Run { at: 64, len: 768 }]);
        // The narrower operand of a conversion: 64 elements of 2 bytes.
        assert_eq!(span.runs(&operand(1, 4), 2), [Run { at: 64, len: 384 }]);
    }

    #[test]
    fn strides_and_masks_cut_runs() {
        let span = Span::Repeats { repeats: 2, mask: 0b1_0000_0011, lanes: 64 };
        let at = |at, len| Run { at, len };
        assert_eq!(span.runs(&operand(2, 10), 4), [at(64, 8), at(128, 4), at(384, 8), at(448, 4)]);
        // The same block again and again.
        let span = Span::Repeats { repeats: 1, mask: 0xffff, lanes: 64 };
        assert_eq!(span.runs(&operand(0, 8), 4), [at(64, 32), at(64, 32)]);
    }

    #[test]
    fn rows_have_a_pitch() {
        let span = Span::Rect { rows: 2, cols: 3 };
        let at = |at, len| Run { at, len };
        assert_eq!(span.runs(&operand(4, 32), 4), [at(64, 12), at(96, 12)]);
        assert_eq!(span.runs(&operand(0, 4), 4), [at(64, 4), at(64, 4), at(64, 4), at(68, 4), at(68, 4), at(68, 4)]);
    }
}
