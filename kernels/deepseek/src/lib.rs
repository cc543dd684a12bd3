//! The kernels of one decode step of a Llama or Qwen2 model, written once and generic in the model's sizes.
//!
//! Activations are f32 rows, weights bf16 matrices of one row per output, the key-value cache f32 or bf16 with one row
//! per position. [`models`] says which instances are compiled for which model, under which names.
#![no_std]

pub mod argmax;
pub mod attention;
pub mod attention_parts;
pub mod elementwise;
pub mod embed;
pub mod matvec;
pub mod mlp;
pub mod models;
pub mod norm;
pub mod rope;
