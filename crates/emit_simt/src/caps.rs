//! How each target of this family carries operations out, by element type.
//!
//! What the family refuses is in [`lower_simt::caps`]; targets differ in how they reach 16-bit floats, exchange 64-bit integers
//! and multiply matrices, which is data ([`Caps`]). There is no f64 in the tile IR, so none here.

use lower_simt::caps as family;
use lower_simt::target::MatrixUnit;
use tile_ir::{BinaryOp, CastOp, Elem, Predicate, ReduceOp, UnaryOp};

pub use lower_simt::caps::Support;

/// A target's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Loads, stores and conversions of bf16.
    pub bf16: Support,
    /// Loads, stores and conversions of f16.
    pub f16: Support,
    /// Exchanges of 64-bit integers between lanes.
    pub wide_lanes: Support,
    /// Shapes of the matrix unit.
    pub matrix: &'static [MatrixUnit],
}

impl Caps {
    /// Elementwise operation of one operand.
    pub const fn unary(&self, op: UnaryOp, elem: Elem) -> Support {
        family::unary(op, elem)
    }

    /// Elementwise operation of two operands. Signed operations on unsigned registers go through casts.
    pub const fn binary(&self, op: BinaryOp, elem: Elem) -> Support {
        match op {
            BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::ShrS => {
                at_best(family::binary(op, elem), Support::Composed)
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivU
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrU => family::binary(op, elem),
        }
    }

    /// Fused multiply-add.
    pub const fn fma(&self, elem: Elem) -> Support {
        family::fma(elem)
    }

    /// Comparison of operands of type `elem`.
    pub const fn compare(&self, predicate: Predicate, elem: Elem) -> Support {
        match predicate {
            Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe => {
                at_best(family::compare(predicate, elem), Support::Composed)
            }
            Predicate::FEq
            | Predicate::FNe
            | Predicate::FLt
            | Predicate::FLe
            | Predicate::FGt
            | Predicate::FGe
            | Predicate::IEq
            | Predicate::INe
            | Predicate::ULt
            | Predicate::ULe
            | Predicate::UGt
            | Predicate::UGe => family::compare(predicate, elem),
        }
    }

    /// Conversion.
    pub const fn cast(&self, op: CastOp, from: Elem, to: Elem) -> Support {
        at_best(family::cast(op, from, to), at_best(self.register(from), self.register(to)))
    }

    /// Reduction.
    pub const fn reduce(&self, op: ReduceOp, elem: Elem) -> Support {
        match elem {
            Elem::I64 | Elem::Index => at_best(family::reduce(op, elem), self.wide_lanes),
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I32 => family::reduce(op, elem),
        }
    }

    /// Sum of products with operands of type `elem`: native where the matrix unit takes them.
    pub fn contract(&self, elem: Elem) -> Support {
        let unit = self.matrix.iter().any(|unit| unit.elem == elem);
        at_best(family::contract(elem), if unit { Support::Native } else { Support::Composed })
    }

    /// Loads, stores and gathers of views.
    pub const fn memory(&self, elem: Elem) -> Support {
        match elem {
            Elem::F16 | Elem::Bf16 => self.register(elem),
            Elem::I1 => at_best(family::memory(elem), Support::Composed),
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => family::memory(elem),
        }
    }

    /// How elements in memory become values in registers.
    const fn register(&self, elem: Elem) -> Support {
        match elem {
            Elem::Bf16 => self.bf16,
            Elem::F16 => self.f16,
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Support::Native,
        }
    }
}

/// The weaker of two.
const fn at_best(support: Support, limit: Support) -> Support {
    match (support, limit) {
        (Support::Refused(help), _) | (_, Support::Refused(help)) => Support::Refused(help),
        (Support::Composed, _) | (_, Support::Composed) => Support::Composed,
        (Support::Native, Support::Native) => Support::Native,
    }
}
