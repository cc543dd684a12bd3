//! Names of types.

use tile_ir::Elem;

/// Type of numbers in scalar code and of parameters.
pub use emit_dma::c_type as number;

/// Type of elements in tiles and views. A mask is bytes of bits.
#[must_use]
pub const fn element(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 => "float",
        Elem::F16 => "half",
        Elem::Bf16 => "bfloat16_t",
        Elem::I1 => "uint8_t",
        Elem::I8 => "int8_t",
        Elem::I32 => "int32_t",
        Elem::I64 | Elem::Index => "int64_t",
    }
}

/// Type of elements of a view: booleans are held as `i8` in local memory, and copies do not convert.
#[must_use]
pub const fn view(elem: Elem) -> &'static str {
    match elem {
        Elem::I1 => element(Elem::I8),
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => element(elem),
    }
}

/// Integer type with the width of an element, for operations that keep bits.
#[must_use]
pub const fn bits(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 | Elem::I32 => "int32_t",
        Elem::F16 | Elem::Bf16 => "int16_t",
        Elem::I1 | Elem::I8 => "int8_t",
        Elem::I64 | Elem::Index => "int64_t",
    }
}
