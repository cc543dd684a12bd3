//! What the AIE API supports: operation by element type. The table is that of the family, with this target's functions.
//!
//! Beside what it refuses, results differ from f32 arithmetic here:
//! - products of f32 are sums of products of bf16 on the hardware, near to the product rounded once (source: aie_api, emulated f32);
//! - quotients and roots are made of `inv` and `invsqrt`, whose accuracy is not published, with one step of Newton's;
//! - the smaller and the larger of two with NaN: either;
//! - powers of e below 2^-125 are zero.

use emit_dma::caps::Caps;

use crate::limits::TARGET;

/// The table.
pub const CAPS: Caps = Caps { target: &TARGET };
