//! Names of types: those of every CUDA-like language.

use emit_simt::{Dialect as _, Number};
use tile_ir::Elem;

use crate::print::DIALECT;

/// Type of values in registers.
pub fn number(number: Number) -> &'static str {
    DIALECT.number(number)
}

/// Type of elements in memory.
pub fn storage(elem: Elem) -> &'static str {
    DIALECT.storage(elem)
}
