//! What the targets of this family support: operation by element type. There is no f64 in the tile IR, so none here.
//!
//! The tables differ in how 16-bit floats and 64-bit integers are carried out; that is data ([`Caps`]).

use lower_simt::target::MatrixUnit;
use tile_ir::{BinaryOp, CastOp, Elem, Predicate, ReduceOp, UnaryOp};

/// How an operation is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// By an operator or a function of the language.
    Native,
    /// By several: widened, rounded, cast, or by a helper function.
    Composed,
    /// Not at all; holds the nearest alternative.
    Refused(&'static str),
}

const FLOATS_ONLY: Support = Support::Refused("cast to f32 first");
const INTS_ONLY: Support = Support::Refused("cast to i32 first");

/// A target's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Loads, stores and conversions of bf16.
    pub bf16: Support,
    /// Loads, stores and conversions of f16.
    pub f16: Support,
    /// Lane operations on 64-bit integers.
    pub wide_lanes: Support,
    /// Shapes of the matrix unit.
    pub matrix: &'static [MatrixUnit],
}

impl Caps {
    /// Elementwise operation of one operand.
    pub const fn unary(&self, _op: UnaryOp, elem: Elem) -> Support {
        match elem {
            Elem::F32 => Support::Native,
            Elem::F16 | Elem::Bf16 => Support::Composed,
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
        }
    }

    /// Elementwise operation of two operands.
    pub const fn binary(&self, op: BinaryOp, elem: Elem) -> Support {
        if !op.takes(elem.is_float()) {
            return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
        }
        match elem {
            Elem::F32 => Support::Native,
            Elem::F16 | Elem::Bf16 | Elem::I8 => Support::Composed,
            Elem::I1 => match op {
                BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => Support::Native,
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::DivF
                | BinaryOp::DivS
                | BinaryOp::DivU
                | BinaryOp::RemS
                | BinaryOp::RemU
                | BinaryOp::MinF
                | BinaryOp::MaxF
                | BinaryOp::MinS
                | BinaryOp::MaxS
                | BinaryOp::MinU
                | BinaryOp::MaxU
                | BinaryOp::Shl
                | BinaryOp::ShrS
                | BinaryOp::ShrU => Support::Refused("cast to i32 first, or use `and`, `or`, `xor`"),
            },
            Elem::I32 | Elem::I64 | Elem::Index => match op {
                BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::ShrS => Support::Composed,
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
                | BinaryOp::ShrU => Support::Native,
            },
        }
    }

    /// Fused multiply-add.
    pub const fn fma(&self, elem: Elem) -> Support {
        match elem {
            Elem::F32 => Support::Native,
            Elem::F16 | Elem::Bf16 => Support::Composed,
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
        }
    }

    /// Comparison of operands of type `elem`.
    pub const fn compare(&self, predicate: Predicate, elem: Elem) -> Support {
        if predicate.is_float() != elem.is_float() {
            return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
        }
        match predicate {
            Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe => Support::Composed,
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
            | Predicate::UGe => Support::Native,
        }
    }

    /// Conversion.
    pub const fn cast(&self, op: CastOp, from: Elem, to: Elem) -> Support {
        let from_number = from.is_int() && !matches!(from, Elem::Index);
        let to_number = to.is_int() && !matches!(to, Elem::Index);
        let fits = match op {
            CastOp::ExtF => from.is_float() && to.is_float() && from.bits() < to.bits(),
            CastOp::TruncF => from.is_float() && to.is_float() && from.bits() > to.bits(),
            CastOp::SIntToFp | CastOp::UIntToFp => from_number && to.is_float(),
            CastOp::FpToSInt | CastOp::FpToUInt => from.is_float() && to_number && !matches!(to, Elem::I1),
            CastOp::ExtS | CastOp::ExtU => from_number && to_number && width(from) < width(to),
            CastOp::TruncI => from_number && to_number && width(from) > width(to),
            CastOp::IndexS | CastOp::IndexU => {
                (from_number && matches!(to, Elem::Index)) || (matches!(from, Elem::Index) && to_number)
            }
            CastOp::Bitcast => {
                width(from) == width(to)
                    && !matches!((from, to), (Elem::Index | Elem::I1, _) | (_, Elem::Index | Elem::I1))
            }
        };
        if !fits {
            return Support::Refused("use the conversion that fits the two element types");
        }
        match (self.float(from), self.float(to)) {
            (Support::Native, Support::Native) => match op {
                CastOp::Bitcast | CastOp::ExtS | CastOp::SIntToFp | CastOp::IndexS => Support::Composed,
                CastOp::ExtF
                | CastOp::TruncF
                | CastOp::UIntToFp
                | CastOp::FpToSInt
                | CastOp::FpToUInt
                | CastOp::ExtU
                | CastOp::TruncI
                | CastOp::IndexU => Support::Native,
            },
            (Support::Refused(help), _) | (_, Support::Refused(help)) => Support::Refused(help),
            (Support::Composed, _) | (_, Support::Composed) => Support::Composed,
        }
    }

    /// How values of an element type reach registers.
    const fn float(&self, elem: Elem) -> Support {
        match elem {
            Elem::Bf16 => self.bf16,
            Elem::F16 => self.f16,
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Support::Native,
        }
    }

    /// Reduction.
    pub const fn reduce(&self, op: ReduceOp, elem: Elem) -> Support {
        if matches!(elem, Elem::I1) {
            return INTS_ONLY;
        }
        let float = match op {
            ReduceOp::Add => elem.is_float(),
            ReduceOp::MinF | ReduceOp::MaxF => true,
            ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
        };
        if float != elem.is_float() {
            return if float { FLOATS_ONLY } else { INTS_ONLY };
        }
        match elem {
            Elem::I64 | Elem::Index => self.wide_lanes,
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I32 => Support::Composed,
        }
    }

    /// Sum of products with operands of type `elem`: native where the matrix unit takes them.
    pub fn contract(&self, elem: Elem) -> Support {
        match elem {
            Elem::F32 | Elem::F16 | Elem::Bf16 => {
                if self.matrix.iter().any(|unit| unit.elem == elem) {
                    Support::Native
                } else {
                    Support::Composed
                }
            }
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
        }
    }

    /// Loads, stores and gathers of views.
    pub const fn memory(&self, elem: Elem) -> Support {
        match elem {
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 => Support::Native,
            Elem::F16 | Elem::Bf16 => self.float(elem),
            Elem::I1 => Support::Composed,
            Elem::Index => Support::Refused("store `i32` or `i64`"),
        }
    }
}

/// Width of an element as a number; one bit for `i1`.
const fn width(elem: Elem) -> u64 {
    match elem {
        Elem::I1 => 1,
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => elem.bits(),
    }
}
