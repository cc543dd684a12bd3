//! Lane programs to CUDA C++.

pub mod validate;
