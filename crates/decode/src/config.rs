//! What a model looks like: architecture and sizes.

use std::path::Path;

use crate::error::Error;

/// Architectures whose decode step the plan knows. They differ in names and biases only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama: no biases.
    Llama,
    /// Qwen2: biases on query, key and value.
    Qwen2,
}

impl Architecture {
    /// The architecture with this name, as GGUF files and `config.json` (`model_type`) spell it.
    pub fn from_name(name: &str) -> Option<Architecture> {
        match name {
            "llama" => Some(Architecture::Llama),
            "qwen2" => Some(Architecture::Qwen2),
            _ => None,
        }
    }
}

/// A model's sizes and constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The name to show.
    pub name: String,
    /// Architecture.
    pub architecture: Architecture,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Transformer layers.
    pub layers: u64,
    /// Query heads.
    pub heads: u64,
    /// Key and value heads.
    pub kv_heads: u64,
    /// Elements of one head.
    pub head_dim: u64,
    /// Width of the MLP.
    pub intermediate: u64,
    /// Tokens.
    pub vocab: u64,
    /// Longest context the model was made for.
    pub context: u64,
    /// Added to the mean square in the norms.
    pub rms_eps: f32,
    /// Base of the rotary angles.
    pub rope_theta: f64,
    /// Whether query, key and value have biases.
    pub qkv_bias: bool,
    /// Whether the output head is the embedding table.
    pub tied: bool,
}

/// Largest believable size of anything but the vocabulary's matrix.
const MAX_SIZE: u64 = 1 << 24;

/// Most believable layers.
const MAX_LAYERS: u64 = 4096;

impl Config {
    /// Elements of a query row, `heads * head_dim`.
    pub fn q_dim(&self) -> u64 {
        self.heads * self.head_dim
    }

    /// Elements of a key or value row, `kv_heads * head_dim`.
    pub fn kv_dim(&self) -> u64 {
        self.kv_heads * self.head_dim
    }

    /// Checks that the sizes are possible, so that later arithmetic cannot overflow.
    pub(crate) fn check(self, path: &Path) -> Result<Config, Error> {
        let sizes = [
            ("hidden size", self.hidden),
            ("number of layers", self.layers),
            ("number of heads", self.heads),
            ("number of key-value heads", self.kv_heads),
            ("head size", self.head_dim),
            ("MLP size", self.intermediate),
            ("vocabulary size", self.vocab),
            ("context length", self.context),
        ];
        for (what, size) in sizes {
            if size == 0 || size > MAX_SIZE {
                return Err(Error::file(path, format!("{what} {size} is not between 1 and {MAX_SIZE}")));
            }
        }
        if self.layers > MAX_LAYERS {
            return Err(Error::file(path, format!("{} layers, more than {MAX_LAYERS}", self.layers)));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            let message = format!("{} heads cannot share {} key-value heads", self.heads, self.kv_heads);
            return Err(Error::file(path, message));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(Error::file(path, format!("head size {} is odd", self.head_dim)));
        }
        if !(self.rms_eps.is_finite() && self.rms_eps >= 0.0 && self.rope_theta.is_finite() && self.rope_theta > 0.0) {
            let message = format!("norm epsilon {} or RoPE base {} is impossible", self.rms_eps, self.rope_theta);
            return Err(Error::file(path, message));
        }
        Ok(self)
    }
}
