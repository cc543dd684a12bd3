//! Core programs: what one core of the machine does.
//!
//! A [`CoreKernel`] is started once per core. Its memory is *local buffers*, of `rows` rows of `cols` elements that are `pitch`
//! elements apart, and the views of the launch. It is a sequence of statements, each of which runs on a [`Pipe`]:
//!
//! - *scalar code* ([`StmtKind::Let`], [`StmtKind::Read`], [`StmtKind::Write`], loops and branches) runs in order and starts all
//!   that follows;
//! - [`StmtKind::CopyIn`] and [`StmtKind::CopyOut`] are started on the two copy engines;
//! - [`StmtKind::Vector`] is started on the vector unit.
//!
//! What has been started runs when it likes, in the order of nothing, unless [`StmtKind::Signal`], [`StmtKind::Await`],
//! [`StmtKind::Barrier`], [`StmtKind::Drain`] and [`StmtKind::Fence`] order it ([`crate::target::Sync`] says which of these a target has). Local memory
//! is undefined at the start. Buffers have addresses and may overlap.
//!
//! **Blocks.** An operation on a row may write the whole of its last block: what lies between the row's last element and the next
//! multiple of the block ([`crate::target::Target::block`]) is undefined afterwards. Operands start at blocks.

mod expr;
mod kernel;
mod stmt;
mod visit;

pub use expr::{Convert, Expr};
pub use kernel::{Buffer, BufferData, CoreKernel, CoreModule, Scalar, Var, VarData};
pub use stmt::{Access, Copy, Operand, Pipe, Place, Span, Stmt, StmtKind, VectorOp};
