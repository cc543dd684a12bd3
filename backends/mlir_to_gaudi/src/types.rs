//! Names of types.

use lower_dma::ir::Scalar;
use tile_ir::Elem;

/// Type of numbers in scalar code and of parameters. Numbers of 64 bits are proven to fit, or not printed.
pub const fn number(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "float",
        Scalar::Bool => "bool",
        Scalar::I32 | Scalar::I64 => "int",
    }
}

/// Type of a vector with one number in all lanes; truths are 1 and 0.
pub const fn uniform(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "float64",
        Scalar::Bool | Scalar::I32 | Scalar::I64 => "int64",
    }
}

/// Elements of a vector of local memory.
pub const fn lanes(elem: Elem) -> u64 {
    match elem {
        Elem::F32 | Elem::I32 | Elem::I1 | Elem::I64 | Elem::Index => 64,
        Elem::F16 | Elem::Bf16 => 128,
        Elem::I8 => 256,
    }
}

/// Type of vectors of local buffers; masks are numbers. `None` where there is none.
pub const fn local(elem: Elem) -> Option<&'static str> {
    match elem {
        Elem::F32 | Elem::I1 => Some("float64"),
        Elem::I32 => Some("int64"),
        Elem::F16 => Some("half128"),
        Elem::Bf16 => Some("bfloat128"),
        Elem::I8 => Some("char256"),
        Elem::I64 | Elem::Index => None,
    }
}

/// How functions name an element type. `None` where there is none.
pub const fn tag(elem: Elem) -> Option<&'static str> {
    match elem {
        Elem::F32 => Some("f32"),
        Elem::I32 => Some("i32"),
        Elem::F16 => Some("f16"),
        Elem::Bf16 => Some("bf16"),
        // Truths are bytes in memory.
        Elem::I8 | Elem::I1 => Some("i8"),
        Elem::I64 | Elem::Index => None,
    }
}
