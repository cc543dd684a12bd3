//! What PTO supports: operation by element type. The family's table ([`lower_dma::caps`]) under this target's numbers.

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

/// An operation of a kernel, with the element type that decides.
#[must_use]
pub fn op(kernel: &Kernel, op: &Op) -> (Support, Elem) {
    family::op(kernel, op, &TARGET)
}
