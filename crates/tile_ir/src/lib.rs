//! The typed tile IR: the program that MLIR carries, as exhaustive Rust enums.
//!
//! A [`Module`] holds [`Kernel`]s; a kernel is a tree of [`Block`]s of [`Op`]s over SSA [`Value`]s whose types are
//! scalars or static-shape tiles. `docs/ir.md` describes the language; the interpreter defines its meaning.

pub mod analysis;
mod builder;
pub mod interp;
mod kernel;
mod op;
mod print;
pub mod rewrite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod types;
mod validate;
mod visit;

pub use builder::KernelBuilder;
pub use kernel::{Access, Kernel, Loc, Module, Own, Param, ParamKind, Scalar, ValueData, View};
pub use op::{
    Axis, BinaryOp, Block, CastOp, ContractSpec, Index, Literal, Number, Op, OpKind, Predicate, ReduceOp, UnaryOp,
    Value, ViewId, reduced_shape,
};
pub use print::print_module;
pub use types::{Elem, MAX_RANK, Shape, Type};
pub use validate::{
    MAX_NESTING, MAX_PROGRAMS, MAX_TILE_ELEMENTS, MAX_VIEW_ELEMENTS, Problem, ValidateError, validate, validate_kernel,
};
