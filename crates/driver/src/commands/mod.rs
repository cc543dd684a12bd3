//! One module per command.

pub mod bench;
pub mod decode;
pub mod emit;
pub mod validate;
