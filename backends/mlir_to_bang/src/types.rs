//! Names of types.

use tile_ir::Elem;

/// Type of numbers in scalar code and of parameters.
pub use emit_dma::c_type as number;

/// Type of elements of views.
pub const fn global(elem: Elem) -> &'static str {
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

/// Type of elements of local buffers; masks are numbers.
pub const fn local(elem: Elem) -> &'static str {
    match elem {
        Elem::I1 => "float",
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => global(elem),
    }
}
