//! Our own reader of GGUF files, versions 2 and 3, little-endian.
//!
//! A file is a header of metadata and tensor descriptions, then the tensors' data. Nothing in it is trusted: every
//! length and offset is checked against the bytes that are there before it is used, so that reading a hostile file
//! costs time and memory in proportion to its size. The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
mod error;
mod header;
mod quant;
mod value;

pub use error::Error;
pub use header::{Header, TensorInfo};
pub use quant::{TensorType, dequantise};
pub use value::{Array, Value};
