//! The decode engine: runs a language model's decode step with the kernels of a bundle, on any device.
//!
//! Needs a bundle and a model's files, and nothing of the compiler.
mod config;
mod error;
pub mod gguf;
mod tokenizer;
mod weights;

pub use config::{Architecture, Config};
pub use error::{Error, TensorProblem};
pub use tokenizer::{TextStream, Tokenizer};
pub use weights::{LayerTensor, Model, Tensor, encode};

/// Models that are fetched by name.
pub const MODELS: &[&str] = &["smollm2-135m"];
