//! Types of values.

use lower_simt::ir::Scalar;

use crate::asm::Ty;

/// The type that holds values of a register type. 8-bit integers are words below 256.
pub(crate) const fn register(scalar: Scalar) -> Ty {
    match scalar {
        Scalar::F32 => Ty::Float,
        Scalar::Bool => Ty::Bool,
        Scalar::I8 | Scalar::I32 => Ty::Uint,
        Scalar::I64 => Ty::Ulong,
    }
}
