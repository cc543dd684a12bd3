//! How each target of this family carries operations out, by element type.
//!
//! What the family refuses or does element by element is in [`lower_dma::caps`]; targets differ in the tables of their vector units.

use lower_dma::caps as family;
use lower_dma::target::Target;
use tile_ir::{BinaryOp, CastOp, Elem, Kernel, Op, Predicate, ReduceOp, UnaryOp};

pub use lower_dma::caps::Support;

/// A target's table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps {
    /// Its vector unit.
    pub target: &'static Target,
}

impl Caps {
    /// Elementwise operation of one operand.
    #[must_use]
    pub fn unary(&self, op: UnaryOp, elem: Elem) -> Support {
        family::unary(op, elem, self.target)
    }

    /// Elementwise operation of two operands.
    #[must_use]
    pub fn binary(&self, op: BinaryOp, elem: Elem) -> Support {
        family::binary(op, elem, self.target)
    }

    /// Comparison of operands of type `elem`.
    #[must_use]
    pub fn compare(&self, predicate: Predicate, elem: Elem) -> Support {
        family::compare(predicate, elem)
    }

    /// Conversion.
    #[must_use]
    pub fn cast(&self, op: CastOp, from: Elem, to: Elem) -> Support {
        family::cast(op, from, to, self.target)
    }

    /// Reduction.
    #[must_use]
    pub fn reduce(&self, op: ReduceOp, elem: Elem) -> Support {
        family::reduce(op, elem)
    }

    /// An operation of a kernel, with the element type that decides.
    #[must_use]
    pub fn op(&self, kernel: &Kernel, op: &Op) -> (Support, Elem) {
        family::op(kernel, op, self.target)
    }
}
