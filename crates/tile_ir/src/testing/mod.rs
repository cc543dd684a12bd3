//! Random numbers, buffers and kernels for tests of this and other crates (feature `testing`).

mod rng;

pub use rng::{Rng, random_buffer};
