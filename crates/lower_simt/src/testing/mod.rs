//! For tests of this and other crates: lane programs built by hand, and damaged ones.

mod build;
pub mod exprs;

pub use build::Build;
