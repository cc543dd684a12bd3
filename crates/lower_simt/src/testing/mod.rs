//! For tests of this and other crates: lane programs built by hand, and damaged ones.

mod build;
pub mod exprs;
mod mutate;

pub use build::Build;
pub use mutate::{Mutation, mutations};
