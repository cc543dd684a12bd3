//! The instances of each model. Sizes of tiles are candidates, from which a target takes the one that suits it.
//!
//! `BN` weight rows per program: at least 16 f32 outputs make 64 bytes, below which targets with copy engines may
//! not divide an output; the smaller ones are for targets with many small programs.

/// KV cache rows of both models.
pub const CAPACITY: usize = 4096;

mod deepseek_r1_distill_qwen_1_5b;
mod qwen2_reduced;
mod smollm2_135m;
