//! What a core program moves, without running it: bytes per view and in local memory, and how many operations that takes.
//!
//! Scalar code is carried out with what is known of it. Scalar parameters have their largest value; what is read from memory is not known.
//! Of two sides of a branch that depends on it the one that moves more counts, a loop that does counts one turn, and the
//! estimate says that it is no exact number.

mod walk;

use crate::ir::CoreKernel;
use crate::target::Target;

/// What all cores of a launch move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By parameter: bytes that copies and scalar code read from the view.
    pub bytes_in: Vec<u64>,
    /// By parameter: bytes that copies write into the view.
    pub bytes_out: Vec<u64>,
    /// Bytes that vector operations read and write in local memory.
    pub vector_bytes: u64,
    /// Copies.
    pub copies: u64,
    /// Vector operations.
    pub vectors: u64,
    /// Elements that scalar code reads or writes.
    pub scalars: u64,
    /// Flags, barriers and waits.
    pub syncs: u64,
    /// Nothing depends on data.
    pub exact: bool,
}

impl Estimate {
    fn new(kernel: &CoreKernel) -> Estimate {
        let none = vec![0; kernel.params.len()];
        Estimate { bytes_in: none.clone(), bytes_out: none, exact: true, ..Estimate::default() }
    }

    /// Adds `times` another one.
    fn add(&mut self, other: &Estimate, times: u64) {
        let sum = |list: &mut [u64], more: &[u64]| {
            for (x, y) in list.iter_mut().zip(more) {
                *x = x.saturating_add(y.saturating_mul(times));
            }
        };
        sum(&mut self.bytes_in, &other.bytes_in);
        sum(&mut self.bytes_out, &other.bytes_out);
        for (x, y) in [
            (&mut self.vector_bytes, other.vector_bytes),
            (&mut self.copies, other.copies),
            (&mut self.vectors, other.vectors),
            (&mut self.scalars, other.scalars),
            (&mut self.syncs, other.syncs),
        ] {
            *x = x.saturating_add(y.saturating_mul(times));
        }
        self.exact &= other.exact;
    }

    /// Bytes of global memory.
    #[must_use]
    pub fn global_bytes(&self) -> u64 {
        self.bytes_in.iter().chain(&self.bytes_out).fold(0, |x, y| x.saturating_add(*y))
    }
}

/// Estimates a launch of `kernel`.
#[must_use]
pub fn estimate(kernel: &CoreKernel, target: &Target) -> Estimate {
    let mut total = Estimate::new(kernel);
    for core in 0..kernel.cores {
        total.add(&walk::core(kernel, target, core), 1);
    }
    total
}
