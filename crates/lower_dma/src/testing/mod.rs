//! For tests: targets, and running a core program on a case.

mod targets;

pub use targets::{ASCEND, BANG, BANG_ASYNC, PTO, TARGETS};
