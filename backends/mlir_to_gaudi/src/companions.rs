//! Files beside the kernels: what a graph compiler loads, and what builds it.

use emit::Source;
use emit_dma::Companion;

/// None yet.
#[must_use]
pub fn companions(sources: &[Source]) -> Vec<Companion> {
    let _ = sources;
    Vec::new()
}
