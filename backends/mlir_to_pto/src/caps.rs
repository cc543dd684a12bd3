//! What PTO supports: operation by element type.

use emit_dma::caps::Caps;

use crate::limits::TARGET;

/// The table.
pub const CAPS: Caps = Caps { target: &TARGET };
