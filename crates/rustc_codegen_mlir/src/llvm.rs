//! A thin layer over LLVM's C API: only what reading kernels needs, with lifetimes.
//!
//! Values borrow their [`Module`]; passes need it exclusively, so no value outlives a transformation.

mod context;
mod debug;
mod edit;
mod module;
mod value;
mod variable;

pub(crate) use context::Context;
pub(crate) use debug::{File, Location};
pub(crate) use edit::Unroll;
pub(crate) use module::{Block, Function, Module};
pub(crate) use value::{Constant, FloatPredicate, IntPredicate, Op, TypeKind, Value};
pub(crate) use variable::{Binding, Variable};
