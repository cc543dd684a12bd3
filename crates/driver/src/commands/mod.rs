//! One module per command.

pub mod decode;
pub mod emit;
pub mod explain;
pub mod status;
pub mod validate;
