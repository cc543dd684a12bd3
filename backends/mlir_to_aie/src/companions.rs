//! Files beside the designs: what builds them.

use emit::Source;
use emit_dma::Companion;

/// A makefile. The texts themselves have no host part.
#[must_use]
pub fn companions(_: &[Source]) -> Vec<Companion> {
    vec![]
}
