//! Lane programs: what one thread of a program's thread group does.
//!
//! A tile program becomes one group of [`LaneKernel::threads`] threads, which run the body together. Values are
//! scalars or short arrays in registers; tiles exist as arrays spread over the threads or as arrays in shared memory.
//! Threads meet at barriers and at lane operations. Printers write this text almost word for word, so every decision
//! is already made here: who loads what, in which width, where threads wait.
//!
//! # Execution
//! Threads are numbered 0 to `threads - 1`; each 32 consecutive ones form a *subgroup* and can exchange values. Statements
//! run in order; threads of a group may run at different speeds between barriers. A [`StmtKind::Barrier`] must be
//! reached by all threads of the group, [`StmtKind::LaneReduce`] and matrix statements by all threads of a subgroup: they may
//! stand only under conditions and loops that are the same for all of them. [`crate::verify`] proves it.
//!
//! # Memory
//! Offsets and indices are in elements. Global views and shared arrays hold [`tile_ir::Elem`]s; a load widens to the
//! register type ([`Scalar::of`]), a store rounds or keeps the low bits. Every access is inside its memory: conditions around it see
//! to that. What one thread wrote, another may read only after a barrier over that memory.
//!
//! # Numbers
//! Integers carry no sign and wrap; operations say whether they are signed. `f16` and `bf16` are computed in f32 and rounded
//! ([`Convert::Round`]) after each operation, as the tile IR demands.

mod expr;
mod kernel;
mod stmt;
mod visit;

pub use expr::{Builtin, Convert, Expr, Memory, Place};
pub(crate) use kernel::unfold;
pub use kernel::{
    Early, EarlyCopy, Fragment, FragmentData, FragmentRole, LaneKernel, LaneModule, Scalar, Shared, SharedData, Var,
    VarData, WeightRange,
};
pub use stmt::{MatrixOp, Stmt, StmtKind, Unroll};
