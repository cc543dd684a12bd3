//! Frontend experiment.
mod llvm;
mod bitcode;
/// x
pub fn dump(bytes: &[u8]) -> String { bitcode::dump(bytes) }
