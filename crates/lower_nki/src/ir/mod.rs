//! Programs of a NeuronCore.

mod expr;
mod instr;
mod place;
mod program;
mod visit;

pub use expr::{Env, Expr, Var};
pub use instr::{Accumulate, Alu, Function, Instr, Number, Operand};
pub(crate) use place::merged;
pub use place::{Base, Dtype, Dynamic, Hbm, Mem, Span};
pub use program::{Bound, Program, Stmt, StmtKind, Tile, TileData, TileSpace, VarData};
