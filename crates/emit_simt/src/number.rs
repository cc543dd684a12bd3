//! Types of numbers in C.

use lower_simt::ir::Scalar;

/// A C type. Integers carry a sign here, unlike in lane programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Number {
    /// `float`.
    F32,
    /// `bool`.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    S8,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    S32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    S64,
}

impl Number {
    /// The type that holds values of a register type.
    pub const fn of(scalar: Scalar) -> Number {
        match scalar {
            Scalar::F32 => Number::F32,
            Scalar::Bool => Number::Bool,
            Scalar::I8 => Number::U8,
            Scalar::I32 => Number::U32,
            Scalar::I64 => Number::U64,
        }
    }

    /// The signed type of the same width; floats and booleans stay.
    pub const fn signed(self) -> Number {
        match self {
            Number::U8 | Number::S8 => Number::S8,
            Number::U32 | Number::S32 => Number::S32,
            Number::U64 | Number::S64 => Number::S64,
            Number::F32 | Number::Bool => self,
        }
    }
}
