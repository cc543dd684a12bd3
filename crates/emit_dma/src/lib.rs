//! Text of core programs in languages of the C family.
//!
//! [`print`] walks a [`lower_dma::ir::CoreKernel`] and writes it almost word for word: scalar code is plain C, the same for every
//! language; copies, vector operations and what orders them are asked of a [`Dialect`].
//!
//! # Numbers
//! Integers are `int32_t` and `int64_t`. Where a result is not known to fit, the operation is done on the unsigned type, which wraps. `F32`
//! holds `f16` and `bf16` values; elements of 16 bits are read and written as bits.

mod area;
pub mod caps;
mod dialect;
mod lines;
mod number;
mod print;

pub use area::{Area, Arg, CopyArea, Role, plus, times};
pub use dialect::{Dialect, Facts, Order, Parameter, ParameterKind, Signature};
pub use emit::Companion;
pub use lines::Lines;
pub use number::{c_type, float, int, narrow, storage, widen};
pub use print::{Pieces, SCRATCH, print};
