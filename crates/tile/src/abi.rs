//! The contract between this crate and the compiler: code numbers of the intrinsics' constant arguments.
//!
//! `rustc_codegen_mlir` depends on this module, so both sides read one table. Numbers never change
//! meaning; new ones are appended.

/// Declares a `repr(u32)` enum with `from_code` and `name`.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum $name { $($(#[$vmeta])* $variant = $code,)* }

        impl $name {
            /// Every variant, in code order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The variant with this code, or `None`.
            pub const fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The field's name for it, as written in messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// Element type of a tile or view, with signedness (MLIR's integers are signless; this is where it is known).
    ElemCode {
        /// IEEE binary32.
        F32 = 0 => "f32",
        /// bfloat16.
        Bf16 = 1 => "bf16",
        /// IEEE binary16.
        F16 = 2 => "f16",
        /// Signed 8-bit integer.
        I8 = 3 => "i8",
        /// Unsigned 32-bit integer.
        U32 = 4 => "u32",
        /// Signed 32-bit integer.
        I32 = 5 => "i32",
        /// One bit: comparison results and masks.
        Bool = 6 => "bool",
    }
}

codes! {
    /// Elementwise operation of one operand.
    UnaryCode {
        /// `-x`.
        Neg = 0 => "neg",
        /// `|x|`.
        Abs = 1 => "abs",
        /// `e^x`.
        Exp = 2 => "exp",
        /// Natural logarithm.
        Log = 3 => "log",
        /// Square root.
        Sqrt = 4 => "sqrt",
        /// `1 / sqrt(x)`.
        Rsqrt = 5 => "rsqrt",
        /// `1 / x`.
        Recip = 6 => "recip",
        /// Hyperbolic tangent.
        Tanh = 7 => "tanh",
        /// Sine, radians.
        Sin = 8 => "sin",
        /// Cosine, radians.
        Cos = 9 => "cos",
        /// Largest integer not above x.
        Floor = 10 => "floor",
        /// Bitwise (integer) or logical (bool) complement.
        Not = 11 => "not",
    }
}

codes! {
    /// Elementwise operation of two operands of one type.
    BinaryCode {
        /// `a + b` (integers wrap).
        Add = 0 => "add",
        /// `a - b` (integers wrap).
        Sub = 1 => "sub",
        /// `a * b` (integers wrap).
        Mul = 2 => "mul",
        /// `a / b`.
        Div = 3 => "div",
        /// Remainder (integers only).
        Rem = 4 => "rem",
        /// The smaller; for floats the number where one side is NaN (IEEE minNum).
        Min = 5 => "min",
        /// The larger; for floats the number where one side is NaN (IEEE maxNum).
        Max = 6 => "max",
        /// Bitwise or logical and.
        And = 7 => "and",
        /// Bitwise or logical or.
        Or = 8 => "or",
        /// Bitwise or logical exclusive or.
        Xor = 9 => "xor",
        /// Left shift; the amount must be below the width.
        Shl = 10 => "shl",
        /// Right shift: logical for unsigned, arithmetic for signed.
        Shr = 11 => "shr",
    }
}

codes! {
    /// Elementwise comparison. Ordered for floats, except `Ne` which is true for NaN (as Rust's operators).
    CompareCode {
        /// `a == b`.
        Eq = 0 => "eq",
        /// `a != b`.
        Ne = 1 => "ne",
        /// `a < b`.
        Lt = 2 => "lt",
        /// `a <= b`.
        Le = 3 => "le",
        /// `a > b`.
        Gt = 4 => "gt",
        /// `a >= b`.
        Ge = 5 => "ge",
    }
}

codes! {
    /// Reduction along one axis.
    ReduceCode {
        /// Sum, in any order.
        Sum = 0 => "sum",
        /// Largest element (IEEE maxNum for floats).
        Max = 1 => "max",
        /// Smallest element (IEEE minNum for floats).
        Min = 2 => "min",
    }
}

codes! {
    /// What a kernel may do with a view.
    AccessCode {
        /// Read during the launch; nothing writes it during the launch.
        Read = 0 => "read",
        /// Read; nothing in the whole program ever writes it, so it may be prefetched and repacked by the host.
        Weights = 1 => "weights",
    }
}

/// Section attribute value of the static that names every kernel entry; see [`crate::KernelEntry`].
pub const ENTRY_PREFIX: &str = "__tile_kernel_entry$";

/// Begins the symbol of the static that declares a fusion: the group's name, `$`, then the declaration.
pub const FUSION_PREFIX: &str = "__tile_fusion$";

/// `valid_rows`/`valid_cols` value that means "no limit besides the view's extent".
pub const NO_LIMIT: usize = usize::MAX;
