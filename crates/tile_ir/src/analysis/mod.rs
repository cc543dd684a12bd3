//! What is known of integers before a kernel runs: value ranges with divisibility, and what follows for loads and stores.
//!
//! Program indices are below the grid, scalar parameters below their bounds, induction variables between theirs; the
//! rest follows by transfer functions. Loop-carried values are found by iteration with widening and one step of narrowing. A
//! branch on a comparison refines what was compared. Tiles have one range for all their elements.

mod prove;
mod range;
#[cfg(test)]
mod tests;
mod transfer;
mod walk;

pub use prove::{Proven, prove_in_bounds};
pub use range::Range;

use crate::kernel::Kernel;
use crate::op::Value;

/// Ranges of a kernel's integers.
#[derive(Clone, Debug)]
pub struct Analysis {
    values: Vec<Option<Range>>,
    /// For each operation, in the order of [`crate::Block::for_each_op`]: what it accesses.
    accesses: Vec<Option<Access>>,
}

impl Analysis {
    /// Analyses a valid kernel.
    pub fn new(kernel: &Kernel) -> Analysis {
        walk::analyze(kernel)
    }

    /// What is known of an integer scalar, or of every element of an integer tile, wherever the value is visible.
    /// `None` for floats.
    pub fn range(&self, value: Value) -> Option<Range> {
        self.values.get(value.index()).copied().flatten()
    }
}

/// What is known of a load or store where it stands.
#[derive(Clone, Debug, PartialEq)]
struct Access {
    /// Range of the index in each dimension of the view.
    starts: Vec<Range>,
    /// Whether every element of its mask is true.
    mask_true: bool,
}
