//! Runs lane programs: all threads of a group in step, statement by statement.
//!
//! Every thread of a group executes one statement before any executes the next; where conditions differ, both sides run,
//! each for its threads. That is one legal order among many. What another order could change is found without trying it: each
//! element remembers who touched it since the last barrier, and a conflicting access traps.
//!
//! # What traps
//! Accesses outside a memory or array, vector accesses at a wrong multiple, variables, shared arrays and outputs read before they are
//! written, writes to views that are only read, races (between threads of a group and between programs), broken promises of
//! [`crate::ir::Place::owner`], barriers and lane operations that only some threads reach, division by zero, shifts by the
//! width, loops that overflow.
//!
//! # Numbers
//! As [`crate::ir`] says; `exp`, `log`, `rsqrt`, `tanh`, `sin`, `cos` are computed in f64 and rounded, matrix products are
//! summed in f64 and rounded once per product. Floats out of range convert to the nearest integer, NaN to 0.

mod arith;
mod expr;
mod launch;
mod matrix;
mod memory;
mod state;
mod stmt;
#[cfg(any(test, feature = "testing"))]
pub mod terms;
mod trap;

pub use launch::{Arg, Options, Stats, run};
pub use trap::{Trap, TrapKind};

pub(crate) use matrix::shape as fragment_shape;
pub(crate) use trap::memory_name;

/// Arithmetic on integers, for analyses.
pub(crate) mod arithmetic {
    pub(crate) use super::arith::{compare_many, many, one, signed};
}
