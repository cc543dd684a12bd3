//! What SPIR-V supports: operation by element type.

use emit_simt::caps::{Caps, Support};

/// The table. 16-bit floats are bits in memory, converted by integer arithmetic; the matrix unit is an extension that few
/// devices have.
pub const CAPS: Caps =
    Caps { bf16: Support::Composed, f16: Support::Composed, wide_lanes: Support::Native, matrix: &[] };
