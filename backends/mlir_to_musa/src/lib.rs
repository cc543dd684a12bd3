//! Lane programs to MUSA C++.

pub mod validate;
