//! Numbers that the headers and the runtime share. The headers' side, `bang_codes.h`, is written from these tables.

/// Declares an enumeration whose values have a name in the headers.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            const ALL: &'static [($name, &'static str)] = &[$(($name::$variant, concat!($prefix, $text)),)*];

            /// The value with this number.
            pub(super) fn of(number: u64) -> Option<$name> {
                $name::ALL.get(usize::try_from(number).ok()?).map(|(value, _)| *value)
            }
        }
    };
}

codes!(
    /// What a call does; its operands are words in the order of the header.
    Code, "EMU_OP_", {
    /// Streams wait for streams.
    Sync = "SYNC",
    /// A contiguous copy.
    Copy1 = "COPY1",
    /// A copy of equal segments.
    Copy2 = "COPY2",
    /// A copy with two levels of segments.
    Copy3 = "COPY3",
    Move = "MOVE",
    Write = "WRITE",
    /// One vector.
    Map = "MAP",
    /// Two vectors.
    Zip = "ZIP",
    /// A vector and a scalar.
    Scalar = "SCALAR",
    /// A vector and a repeated one.
    Cycle = "CYCLE",
    /// Two operations in one.
    Fusion = "FUSION",
    Convert = "CONVERT",
    ReduceSum = "REDUCE_SUM",
    Pool = "POOL",
    /// Position of an extreme.
    Arg = "ARG",
    Transpose = "TRANSPOSE",
    /// A sum that is returned.
    Sum = "SUM",
});

impl Code {
    /// How many words its operands take.
    pub(super) fn words(self) -> usize {
        match self {
            Code::Sync | Code::Sum => 2,
            Code::ReduceSum => 3,
            Code::Arg => 4,
            Code::Copy1 | Code::Map | Code::Convert | Code::Transpose => 5,
            Code::Move | Code::Zip | Code::Scalar => 6,
            Code::Cycle => 7,
            Code::Write | Code::Copy2 | Code::Fusion => 8,
            Code::Pool => 10,
            Code::Copy3 => 13,
        }
    }
}

codes!(
    /// An elementwise function.
    Function, "EMU_FN_", {
    Add = "ADD",
    Sub = "SUB",
    Mul = "MUL",
    Div = "DIV",
    /// The first operand if one is NaN.
    MaxEqual = "MAXEQUAL",
    /// The first operand if one is NaN.
    MinEqual = "MINEQUAL",
    /// The other operand if one is NaN.
    Maximum = "MAXIMUM",
    /// The other operand if one is NaN.
    Minimum = "MINIMUM",
    Gt = "GT",
    Ge = "GE",
    Lt = "LT",
    Le = "LE",
    Eq = "EQ",
    Ne = "NE",
    /// Of truths, as the two below.
    And = "AND",
    Or = "OR",
    Xor = "XOR",
    /// Of bits, as the two below.
    BitAnd = "BAND",
    BitOr = "BOR",
    BitXor = "BXOR",
    ShiftLeft = "SLL",
    ShiftRightLogical = "SRL",
    ShiftRight = "SRA",
    Square = "SQUARE",
    Abs = "ABS",
    Relu = "RELU",
    Not = "NOT",
    Sqrt = "SQRT",
    Rsqrt = "RSQRT",
    Recip = "RECIP",
    Pow2 = "POW2",
    Log2 = "LOG2",
    Sin = "SIN",
    Cos = "COS",
    Floor = "FLOOR",
    /// To nearest, ties away from zero.
    Round = "ROUND",
    /// To nearest, ties to even.
    NearbyInt = "NEARBYINT",
    ActiveExp = "ACTIVE_EXP",
    ActiveExpHp = "ACTIVE_EXPHP",
    ActiveSigmoid = "ACTIVE_SIGMOID",
    ActiveTanh = "ACTIVE_TANH",
    ActiveRecip = "ACTIVE_RECIP",
    ActiveRecipHp = "ACTIVE_RECIPHP",
    ActiveRsqrt = "ACTIVE_RSQRT",
    ActiveRsqrtHp = "ACTIVE_RSQRTHP",
});

codes!(
    /// Type of an elementwise function's operands.
    Type, "EMU_TYPE_", {
    F32 = "F32",
    I32 = "I32",
    U8 = "U8",
});

impl Type {
    pub(super) fn bytes(self) -> u64 {
        match self {
            Type::F32 | Type::I32 => 4,
            Type::U8 => 1,
        }
    }
}

codes!(
    /// A conversion, with its rounding.
    Conversion, "EMU_CV_", {
    Bf16ToF32 = "BF16_F32",
    F32ToBf16Nearest = "F32_BF16_RN",
    F32ToBf16Zero = "F32_BF16_TZ",
    F16ToF32 = "F16_F32",
    F32ToF16Nearest = "F32_F16_RN",
    I32ToF32Zero = "I32_F32_TZ",
    I32ToF32Nearest = "I32_F32_RN",
    F32ToI32Zero = "F32_I32_TZ",
    F32ToI32Nearest = "F32_I32_RN",
    I8ToF32 = "I8_F32",
    F32ToI8Zero = "F32_I8_TZ",
    F32ToI8Nearest = "F32_I8_RN",
    U8ToF32 = "U8_F32",
    F32ToU8Nearest = "F32_U8_RN",
});

impl Conversion {
    /// Bytes of an element of the destination and of the source.
    pub(super) fn bytes(self) -> (u64, u64) {
        match self {
            Conversion::Bf16ToF32 | Conversion::F16ToF32 => (4, 2),
            Conversion::F32ToBf16Nearest | Conversion::F32ToBf16Zero | Conversion::F32ToF16Nearest => (2, 4),
            Conversion::I32ToF32Zero
            | Conversion::I32ToF32Nearest
            | Conversion::F32ToI32Zero
            | Conversion::F32ToI32Nearest => (4, 4),
            Conversion::I8ToF32 | Conversion::U8ToF32 => (4, 1),
            Conversion::F32ToI8Zero | Conversion::F32ToI8Nearest | Conversion::F32ToU8Nearest => (1, 4),
        }
    }
}

codes!(
    /// What a window is reduced to.
    Reduction, "EMU_POOL_", {
    Sum = "SUM",
    Max = "MAX",
    Min = "MIN",
});

codes!(
    /// A direction of a copy.
    Direction, "EMU_DIR_", {
    GdramToNram = "GDRAM2NRAM",
    NramToGdram = "NRAM2GDRAM",
    NramToNram = "NRAM2NRAM",
    GdramToWram = "GDRAM2WRAM",
    WramToGdram = "WRAM2GDRAM",
    NramToWram = "NRAM2WRAM",
    WramToNram = "WRAM2NRAM",
    GdramToGdram = "GDRAM2GDRAM",
});

/// The header `bang_codes.h`.
pub(super) fn header() -> String {
    let mut text = String::from("#pragma once\n");
    let mut names = |names: Vec<&str>| {
        for (number, name) in names.iter().enumerate() {
            text.push_str(&format!("#define {name} {number}\n"));
        }
    };
    names(Code::ALL.iter().map(|(_, name)| *name).collect());
    names(Function::ALL.iter().map(|(_, name)| *name).collect());
    names(Type::ALL.iter().map(|(_, name)| *name).collect());
    names(Conversion::ALL.iter().map(|(_, name)| *name).collect());
    names(Reduction::ALL.iter().map(|(_, name)| *name).collect());
    names(Direction::ALL.iter().map(|(_, name)| *name).collect());
    text
}
