//! Limits of this target.

pub use lower_nki::limits::*;
