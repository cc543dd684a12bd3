//! The typed tile IR: the program that MLIR carries, as exhaustive Rust enums.
//!
//! A [`Module`] holds [`Kernel`]s. A kernel's body runs once per program of a grid; it is a tree of [`Block`]s of [`Op`]s
//! over SSA [`Value`]s, whose types are scalars or tiles of static shape. Memory is reached through views, which are
//! parameters: read-only ones, and written ones that are partitioned so that no two programs touch one element.
//! `docs/ir.md` describes the language and its MLIR spelling.
//!
//! - [`validate`] knows every rule. What passes it may be interpreted, printed and lowered without further checks.
//! - [`interp`] runs kernels: it is the meaning of the language, and the judge of every target.
//! - [`print_module`] writes MLIR text that stock MLIR 19 reads.
//! - [`analysis`] finds ranges of integers and proves loads and stores to be in bounds.
//! - [`rewrite`] removes dead and repeated operations. [`OpKind::operands`], [`Block::for_each_op`] and their like serve
//!   other passes.
//! - [`LowerError`] is what lowerings to programs of targets refuse.
//! - [`KernelBuilder`] builds kernels in code; the `testing` feature makes random ones.

pub mod analysis;
mod builder;
pub mod interp;
mod kernel;
mod lower_error;
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
pub use lower_error::{LowerError, check_ops};
pub use op::{
    Axis, BinaryOp, Block, CastOp, ContractSpec, Index, Literal, Number, Op, OpKind, Predicate, ReduceOp, UnaryOp,
    Value, ViewId, reduced_shape,
};
pub use print::print_module;
pub use types::{Elem, MAX_RANK, Shape, Type};
pub use validate::{
    MAX_NESTING, MAX_PROGRAMS, MAX_TILE_ELEMENTS, MAX_VIEW_ELEMENTS, Problem, ValidateError, validate, validate_kernel,
};
