//! The decode kernels of the DeepSeek suite.
#![no_std]

pub mod argmax;
pub mod matvec;
pub mod models;
pub mod norm;
