//! What BANG C supports: operation by element type. The table is that of the family, with this target's functions.
//!
//! Beside what it refuses, results differ from f32 arithmetic here:
//! - comparisons, the smaller and the larger of two with NaN: either (source: BANG C Developer Guide 4.7.2, tables of special
//!   values of each function; mtp_592 may give largest numbers for infinities and NaN);
//! - finite numbers that `bf16` cannot hold: the largest `bf16` on mtp_372, infinity on mtp_592 (same, appendix of conversions);
//! - quotients are products with reciprocals, which is one rounding more, and nothing is promised for divisors above 2^126, whose
//!   reciprocal is denormal;
//! - powers of e below 2^-126 are zero.

use emit_dma::caps::Caps;

use crate::limits::TARGET;

/// The table.
pub const CAPS: Caps = Caps { target: &TARGET };
