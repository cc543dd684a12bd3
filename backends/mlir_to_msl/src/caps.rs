//! What Metal supports: operation by element type.

use emit_simt::caps::{Caps, Support};

/// The table. Conversions of `bfloat` and `half` are the language's own. Exchanges between lanes take at most 32 bits, so 64-bit
/// integers go in halves.
pub const CAPS: Caps =
    Caps { bf16: Support::Native, f16: Support::Native, wide_lanes: Support::Composed, matrix: crate::limits::MATRIX };
