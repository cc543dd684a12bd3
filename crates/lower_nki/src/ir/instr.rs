//! Instructions. Each is one of `nki.isa`; what is not here is not printed.

use super::expr::{Expr, Var};
use super::place::{Mem, Span};

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// For tiles of floats, and operands of arithmetic.
    Float(f32),
    /// For tiles of integers, and operands of operators on bits.
    Int(i64),
    /// For tiles of integers: one that depends on variables.
    Of(Expr),
}

/// Operators of the Vector Engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alu {
    /// `nl.add`.
    Add,
    /// `nl.subtract`.
    Subtract,
    /// `nl.multiply`.
    Multiply,
    /// `nl.maximum`.
    Maximum,
    /// `nl.minimum`.
    Minimum,
    /// `nl.power`, on GpSimd.
    Power,
    /// `nl.equal`: 1 or 0, as all comparisons.
    Equal,
    /// `nl.not_equal`.
    NotEqual,
    /// `nl.greater`.
    Greater,
    /// `nl.greater_equal`.
    GreaterEqual,
    /// `nl.less`.
    Less,
    /// `nl.less_equal`.
    LessEqual,
    /// `nl.bitwise_and`.
    And,
    /// `nl.bitwise_or`.
    Or,
    /// `nl.bitwise_xor`.
    Xor,
    /// `nl.left_shift`.
    Left,
    /// `nl.right_shift`: with the sign of signed integers.
    Right,
}

impl Alu {
    /// Every operator.
    pub const ALL: [Alu; 17] = [
        Alu::Add,
        Alu::Subtract,
        Alu::Multiply,
        Alu::Maximum,
        Alu::Minimum,
        Alu::Power,
        Alu::Equal,
        Alu::NotEqual,
        Alu::Greater,
        Alu::GreaterEqual,
        Alu::Less,
        Alu::LessEqual,
        Alu::And,
        Alu::Or,
        Alu::Xor,
        Alu::Left,
        Alu::Right,
    ];

    /// Name in `nki.language`.
    pub const fn name(self) -> &'static str {
        match self {
            Alu::Add => "add",
            Alu::Subtract => "subtract",
            Alu::Multiply => "multiply",
            Alu::Maximum => "maximum",
            Alu::Minimum => "minimum",
            Alu::Power => "power",
            Alu::Equal => "equal",
            Alu::NotEqual => "not_equal",
            Alu::Greater => "greater",
            Alu::GreaterEqual => "greater_equal",
            Alu::Less => "less",
            Alu::LessEqual => "less_equal",
            Alu::And => "bitwise_and",
            Alu::Or => "bitwise_or",
            Alu::Xor => "bitwise_xor",
            Alu::Left => "left_shift",
            Alu::Right => "right_shift",
        }
    }

    /// Whether it works on bit patterns, of one integer type.
    pub const fn on_bits(self) -> bool {
        matches!(self, Alu::And | Alu::Or | Alu::Xor | Alu::Left | Alu::Right)
    }
}

/// Functions of the Scalar Engine (source: aws-neuron-sdk, nki/api/nki.api.shared.rst, supported activation functions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// `nl.abs`.
    Abs,
    /// `nl.exp`.
    Exp,
    /// `nl.log`, from 2^-64 to 2^64.
    Log,
    /// `nl.tanh`.
    Tanh,
    /// `nl.sin`, from -pi to pi.
    Sin,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 5] = [Function::Abs, Function::Exp, Function::Log, Function::Tanh, Function::Sin];

    /// Name in `nki.language`.
    pub const fn name(self) -> &'static str {
        match self {
            Function::Abs => "abs",
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Tanh => "tanh",
            Function::Sin => "sin",
        }
    }
}

/// Second operand of an instruction that takes a number or a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A constant.
    Number(Number),
    /// One `f32` for each partition.
    Column(Span),
}

/// Whether a product is added to what is in PSUM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accumulate {
    /// No.
    Never,
    /// Yes.
    Always,
    /// Where the variable is not 0.
    After(Var),
}

/// An instruction. Engines cast to `f32`, compute, and cast once to what they write.
#[derive(Clone, Debug, PartialEq)]
pub enum Instr {
    /// `dma_copy`, with a cast where types differ.
    Dma {
        /// Destination.
        dst: Mem,
        /// Source.
        src: Mem,
    },
    /// `tensor_copy`, with a cast where types differ. 32-bit integers are copied on the Vector Engine, which keeps their bits.
    Copy {
        /// Destination.
        dst: Span,
        /// Source.
        src: Span,
    },
    /// `memset`.
    Fill {
        /// Destination.
        dst: Span,
        /// Number.
        value: Number,
    },
    /// `tensor_tensor`.
    Binary {
        /// Operator.
        op: Alu,
        /// Destination.
        dst: Span,
        /// Left operand.
        left: Span,
        /// Right operand.
        right: Span,
        /// On GpSimd, where 32-bit integers are exact.
        exact: bool,
    },
    /// `tensor_scalar`.
    Scalar {
        /// Operator.
        op: Alu,
        /// Destination.
        dst: Span,
        /// Tile.
        data: Span,
        /// Number or column.
        operand: Operand,
        /// The operand is the left one.
        reverse: bool,
    },
    /// `tensor_scalar` with `nl.rsqrt`, on GpSimd.
    Rsqrt {
        /// Destination.
        dst: Span,
        /// Operand.
        data: Span,
    },
    /// `activation`: `op(data * scale)`.
    Activation {
        /// Function.
        op: Function,
        /// Destination.
        dst: Span,
        /// Operand.
        data: Span,
        /// Factor.
        scale: f32,
    },
    /// `reciprocal`.
    Reciprocal {
        /// Destination.
        dst: Span,
        /// Operand.
        data: Span,
    },
    /// `tensor_reduce` over the last axis of `data`.
    Reduce {
        /// [`Alu::Add`], [`Alu::Maximum`] or [`Alu::Minimum`].
        op: Alu,
        /// Destination.
        dst: Span,
        /// Operand.
        data: Span,
    },
    /// `nc_matmul`: `dst = stationary.T @ moving`.
    Matmul {
        /// Destination, in PSUM.
        dst: Span,
        /// Stationary operand.
        stationary: Span,
        /// Moving operand.
        moving: Span,
        /// Whether it is added.
        accumulate: Accumulate,
    },
    /// `nc_transpose` on the Tensor Engine.
    Transpose {
        /// Destination, in PSUM.
        dst: Span,
        /// Operand.
        data: Span,
    },
    /// `tensor_copy_predicated`.
    Predicated {
        /// Destination.
        dst: Span,
        /// What is copied where the predicate is not 0.
        src: Span,
        /// Mask.
        predicate: Span,
    },
    /// `iota`: `offset + multiplier * partition + pattern`.
    Iota {
        /// Destination.
        dst: Span,
        /// (step, count) pairs.
        pattern: Vec<(i64, u64)>,
        /// First value.
        offset: i64,
        /// Step from a partition to the next.
        multiplier: i64,
    },
}
