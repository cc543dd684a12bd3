//! Text of lane programs in languages of the C family.
//!
//! [`print`] walks a [`lower_simt::ir::LaneKernel`] and writes it almost word for word; what differs between languages it asks of a
//! [`Dialect`]: type names, address spaces, the kernel's head, built-in numbers, conversions, helper functions. [`CudaLike`]
//! is the dialect of CUDA and its relatives, set up by data.
//!
//! # Numbers
//! `I8`, `I32` and `I64` are unsigned types of C, so that they wrap; signed operations go through casts, which are left out
//! where both readings of the bits are proven to be the same. `F32` holds `f16` and `bf16` values, which are widened where they
//! are loaded and narrowed where they are stored.

pub mod caps;
pub mod cuda_like;
mod dialect;
mod number;
mod print;
#[cfg(feature = "testing")]
pub mod testing;
pub mod vector;

pub use cuda_like::{CudaLike, HalfForm};
pub use dialect::{
    BuiltinForm, Dialect, EarlyForm, EarlyUse, Facts, Maths, MatrixAccess, MatrixFill, Signature, Space,
};
pub use emit::Helpers;
pub use number::Number;
pub use print::print;
