//! For tests: programs with one thing damaged.

mod mutate;

pub use mutate::{Mutation, mutations, spreads};
