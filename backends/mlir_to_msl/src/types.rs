//! Names of types.

use emit_simt::Number;
use tile_ir::Elem;

/// Type of values in registers.
pub const fn number(number: Number) -> &'static str {
    match number {
        Number::F32 => "float",
        Number::Bool => "bool",
        Number::U8 => "uchar",
        Number::S8 => "char",
        Number::U32 => "uint",
        Number::S32 => "int",
        Number::U64 => "ulong",
        Number::S64 => "long",
    }
}

/// Type of elements in memory. `i1` is a byte: a `bool` that is neither 0 nor 1 has no meaning.
pub const fn storage(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 => "float",
        Elem::F16 => "half",
        Elem::Bf16 => "bfloat",
        Elem::I1 | Elem::I8 => "uchar",
        Elem::I32 => "uint",
        Elem::I64 | Elem::Index => "ulong",
    }
}

/// Type of an 8x8 matrix.
pub const fn matrix(elem: Elem) -> &'static str {
    match elem {
        Elem::F16 => "simdgroup_half8x8",
        Elem::Bf16 => "simdgroup_bfloat8x8",
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => "simdgroup_float8x8",
    }
}
