//! Expressions: pure values of scalar code. Memory is read by statements.

use tile_ir::{BinaryOp, Elem, ParamKind, Predicate, UnaryOp};

use super::kernel::{CoreKernel, Scalar, Var};

/// A conversion of one number. Source type is the operand's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Convert {
    /// F32 to the nearest value (ties to even) of `f16` or `bf16`, still held as F32.
    Round(Elem),
    /// Signed integer to F32, rounded once.
    SignedToFloat,
    /// Unsigned integer or `Bool` to F32.
    UnsignedToFloat,
    /// F32 to signed integer of this many bits, toward zero, saturating; held sign-extended in the type.
    FloatToSigned(Scalar, u32),
    /// F32 to unsigned integer of this many bits, toward zero, saturating; held as the signed number with the same bits.
    FloatToUnsigned(Scalar, u32),
    /// The lowest bits of an integer (or `Bool`), as signed, in another integer type.
    Signed(Scalar, u32),
    /// The lowest bits of an integer (or `Bool`), as unsigned, in another integer type.
    Unsigned(Scalar, u32),
    /// The lowest bit.
    ToBool,
    /// Same bits: between `F32` and `I32`.
    Bits(Scalar),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// F32 constant.
    Float(f32),
    /// Integer constant.
    Int(Scalar, i64),
    /// Boolean constant.
    Bool(bool),
    /// A variable.
    Var(Var),
    /// Number of this core, from 0, `I64`.
    Core,
    /// Scalar launch parameter: an index into [`CoreKernel::params`].
    Param(usize),
    /// F32 operation.
    Unary(UnaryOp, Box<Expr>),
    /// Operands of one type. On `Bool`: `And`, `Or`, `Xor` only.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x * y + z` on F32.
    Fma(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Operands of one type; gives `Bool`.
    Compare(Predicate, Box<Expr>, Box<Expr>),
    /// `condition ? on_true : on_false`; only the chosen side is evaluated.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Conversion.
    Convert(Convert, Box<Expr>),
}

impl Expr {
    /// An `I64` constant.
    #[must_use]
    pub const fn int(value: i64) -> Expr {
        Expr::Int(Scalar::I64, value)
    }

    /// The number of an integer constant.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Expr::Int(_, value) => Some(*value),
            Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Var(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => None,
        }
    }

    /// The type of the expression in `kernel`.
    #[must_use]
    pub fn scalar(&self, kernel: &CoreKernel) -> Scalar {
        match self {
            Expr::Float(_) | Expr::Unary(..) | Expr::Fma(..) => Scalar::F32,
            Expr::Int(scalar, _) => *scalar,
            Expr::Bool(_) | Expr::Compare(..) => Scalar::Bool,
            Expr::Var(var) => kernel.var(*var).scalar,
            Expr::Core => Scalar::I64,
            Expr::Param(param) => match kernel.params.get(*param).map(|param| &param.kind) {
                Some(ParamKind::Scalar(scalar)) => Scalar::of(scalar.elem),
                Some(ParamKind::View(_)) | None => Scalar::I64,
            },
            Expr::Binary(_, x, _) => x.scalar(kernel),
            Expr::Select(_, x, _) => x.scalar(kernel),
            Expr::Convert(convert, _) => match convert {
                Convert::Round(_) | Convert::SignedToFloat | Convert::UnsignedToFloat => Scalar::F32,
                Convert::FloatToSigned(to, _)
                | Convert::FloatToUnsigned(to, _)
                | Convert::Signed(to, _)
                | Convert::Unsigned(to, _)
                | Convert::Bits(to) => *to,
                Convert::ToBool => Scalar::Bool,
            },
        }
    }
}
