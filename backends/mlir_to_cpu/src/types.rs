//! How element types live in registers.
//!
//! A 16-bit float is held as the `f32` of equal value and rounded after each operation, so conversions to `f32` are
//! free. An `i8` is held sign-extended in 32 bits. A bool is a byte (0 or 1) when alone and an all-ones or all-zeros
//! 32-bit lane in a vector. 64-bit integers are never put in vectors.

use cranelift_codegen::ir;
use cranelift_codegen::ir::types::{F32, F32X4, I8, I32, I32X4, I64};
use tile_ir::Elem;

/// Register class of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reg {
    /// `f32`, and 16-bit floats by value.
    Float,
    /// `i32`, and `i8` sign-extended.
    Int,
    /// `i64` and `index`.
    Long,
    /// `i1`.
    Bool,
}

/// Lanes of one vector register.
pub(crate) const LANES: u32 = 4;

impl Reg {
    /// Class of an element type.
    pub(crate) const fn of(elem: Elem) -> Reg {
        match elem {
            Elem::F32 | Elem::F16 | Elem::Bf16 => Reg::Float,
            Elem::I8 | Elem::I32 => Reg::Int,
            Elem::I64 | Elem::Index => Reg::Long,
            Elem::I1 => Reg::Bool,
        }
    }

    /// Type of one element.
    pub(crate) const fn scalar(self) -> ir::Type {
        match self {
            Reg::Float => F32,
            Reg::Int => I32,
            Reg::Long => I64,
            Reg::Bool => I8,
        }
    }

    /// Type of [`LANES`] elements; `None` for elements that are kept one by one.
    pub(crate) const fn vector(self) -> Option<ir::Type> {
        match self {
            Reg::Float => Some(F32X4),
            Reg::Int | Reg::Bool => Some(I32X4),
            Reg::Long => None,
        }
    }
}
