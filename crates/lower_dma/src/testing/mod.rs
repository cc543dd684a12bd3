//! For tests: targets, core programs by hand, and damaged ones.

mod build;
mod mutate;
mod targets;

pub use build::Build;
pub use mutate::{Mutation, mutations};
pub use targets::{ASCEND, BANG, BANG_ASYNC, GAUDI, PTO, TARGETS};
