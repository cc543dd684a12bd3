//! What BANG C supports: operation by element type. The table is that of the family, with this target's functions.
//!
//! Beside what it refuses, results differ from f32 arithmetic here:
//! - comparisons, the smaller and the larger of two with NaN: either (source: BANG C Developer Guide 4.7.2, tables of special
//!   values of each function; mtp_592 may give largest numbers for infinities and NaN);
//! - finite numbers that `bf16` cannot hold: the largest `bf16` on mtp_372, infinity on mtp_592 (same, appendix of conversions);
//! - quotients are products with reciprocals, which is one rounding more, and nothing is promised for divisors above 2^126, whose
//!   reciprocal is denormal;
//! - powers of e below 2^-126 are zero.

use lower_dma::caps as family;
use tile_ir::{BinaryOp, CastOp, Elem, Kernel, Op, Predicate, ReduceOp, UnaryOp};

pub use lower_dma::caps::Support;

use crate::limits::TARGET;

/// Elementwise operation of one operand.
#[must_use]
pub fn unary(op: UnaryOp, elem: Elem) -> Support {
    family::unary(op, elem, &TARGET)
}

/// Elementwise operation of two operands.
#[must_use]
pub fn binary(op: BinaryOp, elem: Elem) -> Support {
    family::binary(op, elem, &TARGET)
}

/// Comparison of operands of type `elem`.
#[must_use]
pub fn compare(predicate: Predicate, elem: Elem) -> Support {
    family::compare(predicate, elem)
}

/// Conversion.
#[must_use]
pub fn cast(op: CastOp, from: Elem, to: Elem) -> Support {
    family::cast(op, from, to, &TARGET)
}

/// Reduction.
#[must_use]
pub fn reduce(op: ReduceOp, elem: Elem) -> Support {
    family::reduce(op, elem)
}

/// Support of one operation of a kernel, with the element type that decides.
#[must_use]
pub fn op(kernel: &Kernel, op: &Op) -> (Support, Elem) {
    family::op(kernel, op, &TARGET)
}
