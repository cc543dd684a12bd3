//! The bundle: the contract between compiler and runtime. No MLIR here.
pub mod manifest;
