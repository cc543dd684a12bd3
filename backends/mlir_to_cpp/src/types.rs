//! Names of types.

use tile_ir::Elem;

/// Type of numbers in scalar code and of parameters.
pub use emit_dma::c_type as number;

/// Type of elements in memory. Booleans are bytes in views; in local memory they are masks, of bits.
#[must_use]
pub const fn memory(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 => "float",
        Elem::F16 => "half",
        Elem::Bf16 => "bfloat16_t",
        Elem::I1 | Elem::I8 => "int8_t",
        Elem::I32 => "int32_t",
        Elem::I64 | Elem::Index => "int64_t",
    }
}

/// Type of elements of a local tensor.
#[must_use]
pub const fn local(elem: Elem) -> &'static str {
    match elem {
        Elem::I1 => "uint8_t",
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => memory(elem),
    }
}
