//! Expressions: pure values of one thread.

use tile_ir::{Axis, BinaryOp, Elem, Predicate, UnaryOp, ViewId};

use super::kernel::{LaneKernel, Scalar, Shared, Var};

/// Numbers every thread knows; all of type `I32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Builtin {
    /// Number of this thread in its group.
    Thread,
    /// Number of this thread in its subgroup, 0 to 31.
    Lane,
    /// Number of this subgroup in its group.
    Subgroup,
    /// Index of this program along an axis.
    Program(Axis),
}

/// A conversion of one value. Source type is the operand's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Convert {
    /// F32 to the nearest value (ties to even) of `f16` or `bf16`, still held as F32.
    Round(Elem),
    /// Signed integer to F32, rounded once.
    SignedToFloat,
    /// Unsigned integer or `Bool` to F32.
    UnsignedToFloat,
    /// F32 to signed integer, toward zero; undefined out of range.
    FloatToSigned(Scalar),
    /// F32 to unsigned integer, toward zero; undefined out of range.
    FloatToUnsigned(Scalar),
    /// Integer to a wider one, or `Bool` (to all ones), sign-extended.
    SignExtend(Scalar),
    /// Integer or `Bool` to a wider integer, zero-extended.
    ZeroExtend(Scalar),
    /// Integer to a narrower one or to `Bool` (the lowest bit).
    Truncate(Scalar),
    /// Same bits: between `F32` and `I32`.
    Bits(Scalar),
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Memory {
    /// A view parameter.
    Global(ViewId),
    /// A shared array.
    Shared(Shared),
}

/// An element of a memory, or the first of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Memory.
    pub memory: Memory,
    /// Index of the element, row-major in a view: `I32` or `I64`.
    pub offset: Box<Expr>,
    /// Accesses of one memory with the same owner number touch, in each thread, elements that no other thread touches through
    /// that owner: no barrier is needed between them. The lowering's promise, which the judges check by running.
    pub owner: Option<u32>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// F32 constant.
    Float(f32),
    /// Integer constant, as bits of its type zero-extended.
    Int(Scalar, u64),
    /// Boolean constant.
    Bool(bool),
    /// A scalar variable.
    Var(Var),
    /// Element of an array variable. After unrolling the index is constant.
    Element(Var, Box<Expr>),
    /// A number every thread knows.
    Builtin(Builtin),
    /// Scalar launch parameter: an index into [`LaneKernel::params`].
    Param(usize),
    /// F32 operation.
    Unary(UnaryOp, Box<Expr>),
    /// Operands of one type. On `Bool`: `And`, `Or`, `Xor` only. `MinF` and `MaxF` give the number where one side is NaN.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x * y + z` on F32, rounded once.
    Fma(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Operands of one type; gives `Bool`.
    Compare(Predicate, Box<Expr>, Box<Expr>),
    /// `condition ? on_true : on_false`; only the chosen side is evaluated, so it may guard a load or a division.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Conversion.
    Convert(Convert, Box<Expr>),
    /// Element of a memory, widened.
    Load(Place),
}

impl Expr {
    /// An `I32` constant.
    pub const fn int(value: u32) -> Expr {
        Expr::Int(Scalar::I32, value as u64)
    }

    /// The type of the expression in `kernel`.
    pub fn scalar(&self, kernel: &LaneKernel) -> Scalar {
        match self {
            Expr::Float(_) | Expr::Unary(..) | Expr::Fma(..) => Scalar::F32,
            Expr::Int(scalar, _) => *scalar,
            Expr::Bool(_) | Expr::Compare(..) => Scalar::Bool,
            Expr::Var(var) | Expr::Element(var, _) => kernel.var(*var).scalar,
            Expr::Builtin(_) => Scalar::I32,
            Expr::Param(param) => match kernel.params.get(*param).map(|param| &param.kind) {
                Some(tile_ir::ParamKind::Scalar(scalar)) => Scalar::of(scalar.elem),
                Some(tile_ir::ParamKind::View(_)) | None => Scalar::I64,
            },
            Expr::Binary(_, x, _) | Expr::Select(_, x, _) => x.scalar(kernel),
            Expr::Convert(convert, _) => match convert {
                Convert::Round(_) | Convert::SignedToFloat | Convert::UnsignedToFloat => Scalar::F32,
                Convert::FloatToSigned(to)
                | Convert::FloatToUnsigned(to)
                | Convert::SignExtend(to)
                | Convert::ZeroExtend(to)
                | Convert::Truncate(to)
                | Convert::Bits(to) => *to,
            },
            Expr::Load(place) => Scalar::of(kernel.memory_elem(place.memory)),
        }
    }
}

impl LaneKernel {
    /// Element type of a memory; `index` for a parameter that is no view.
    pub fn memory_elem(&self, memory: Memory) -> Elem {
        match memory {
            Memory::Global(view) => self.view(view).map_or(Elem::Index, |view| view.elem),
            Memory::Shared(shared) => self.shared(shared).elem,
        }
    }
}
