//! The typed tile IR: the program that MLIR carries, as exhaustive Rust enums.
//!
//! A [`Module`] holds [`Kernel`]s; a kernel is a tree of [`Block`]s of [`Op`]s over SSA [`Value`]s whose types are
//! scalars or static-shape tiles. `docs/ir.md` describes the language; the interpreter defines its meaning.

mod kernel;
mod op;
mod types;

pub use kernel::{Access, Kernel, Loc, Module, Own, Param, ParamKind, Scalar, ValueData, View};
pub use op::{
    Axis, BinaryOp, Block, CastOp, ContractSpec, Index, Literal, Number, Op, OpKind, Predicate,
    ReduceOp, UnaryOp, Value, ViewId, reduced_shape,
};
pub use types::{Elem, MAX_RANK, Shape, Type};
