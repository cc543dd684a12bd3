//! What MUSA supports: operation by element type.

use emit_simt::caps::{Caps, Support};

/// The table. 16-bit floats are bits in memory, converted by helper functions; there is no matrix unit.
pub const CAPS: Caps = Caps {
    bf16: Support::Composed,
    f16: Support::Composed,
    wide_lanes: Support::Composed,
    matrix: crate::limits::TARGET.matrix,
};
