//! Frontend experiment.
mod bitcode;
mod llvm;
/// x
pub fn dump(bytes: &[u8]) -> String {
    bitcode::dump(bytes)
}
