//! Kernels beside the decode suite: each asks something of the compiler that the suite does not.
//!
//! [`instances`] compiles them as group `gallery`, at small sizes that are often no multiples of the blocks.
#![no_std]

pub mod attention;
pub mod batched;
pub mod control;
pub mod elementwise;
pub mod gather;
pub mod instances;
pub mod integer;
pub mod matmul;
pub mod mlp;
pub mod norm;
pub mod quantized;
pub mod softmax;
pub mod top_k;
pub mod transpose;
