//! Names of types in core functions.

use tile_ir::Elem;

/// Type of elements of local buffers; masks are numbers, and `f16`, which the API lacks, is held as bits.
pub const fn local(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 | Elem::I1 => "float",
        Elem::F16 => "uint16_t",
        Elem::Bf16 => "bfloat16",
        Elem::I8 => "int8_t",
        Elem::I32 => "int32_t",
        Elem::I64 | Elem::Index => "int64_t",
    }
}

/// Unsigned type as wide as an element in memory, which copies move; words for wider ones.
pub const fn bits(elem: Elem) -> &'static str {
    match elem.bytes() {
        1 => "uint8_t",
        2 => "uint16_t",
        _ => "uint32_t",
    }
}
