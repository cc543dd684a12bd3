//! `config.json` of a Hugging Face folder.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::config::{Architecture, Config};
use crate::error::Error;

/// Largest believable JSON file.
pub(crate) const MAX_JSON: u64 = 64 << 20;

#[derive(Deserialize)]
struct Raw {
    model_type: String,
    hidden_size: u64,
    num_hidden_layers: u64,
    num_attention_heads: u64,
    num_key_value_heads: Option<u64>,
    head_dim: Option<u64>,
    intermediate_size: u64,
    vocab_size: u64,
    max_position_embeddings: u64,
    rms_norm_eps: f64,
    rope_theta: Option<f64>,
    /// Newer files keep theta and scaling here.
    rope_parameters: Option<Rope>,
    rope_scaling: Option<Rope>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default = "silu")]
    hidden_act: String,
    attention_bias: Option<bool>,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
}

#[derive(Deserialize)]
struct Rope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
}

fn silu() -> String {
    "silu".to_owned()
}

/// Reads the sizes of the model in folder `dir`.
pub(super) fn read(dir: &Path) -> Result<Config, Error> {
    let path = &dir.join("config.json");
    let raw: Raw = serde_json::from_value(json(path)?).map_err(|error| Error::file(path, error.to_string()))?;
    let unsupported = |message: String| Err(Error::unsupported(path, message));
    let Some(architecture) = Architecture::from_name(&raw.model_type) else {
        return unsupported(format!("model type `{}` is not supported; `llama` and `qwen2` are", raw.model_type));
    };
    if raw.hidden_act != "silu" {
        return unsupported(format!("activation `{}` is not supported; `silu` is", raw.hidden_act));
    }
    if raw.mlp_bias || raw.use_sliding_window {
        return unsupported("biases of the MLP and sliding windows are not supported".to_owned());
    }
    for rope in [&raw.rope_parameters, &raw.rope_scaling].into_iter().flatten() {
        match rope.rope_type.as_deref() {
            None | Some("default") => {}
            Some(kind) => return unsupported(format!("RoPE scaling `{kind}` is not supported")),
        }
    }
    let qkv_bias = match (architecture, raw.attention_bias) {
        (Architecture::Qwen2, None | Some(true)) => true,
        (Architecture::Llama, None | Some(false)) => false,
        (Architecture::Llama | Architecture::Qwen2, Some(bias)) => {
            return unsupported(format!("`attention_bias` {bias} is not supported for `{}`", raw.model_type));
        }
    };
    let name = dir.file_name().map_or_else(|| raw.model_type.clone(), |name| name.to_string_lossy().into_owned());
    let theta = raw.rope_parameters.and_then(|rope| rope.rope_theta).or(raw.rope_theta);
    Config {
        name,
        architecture,
        hidden: raw.hidden_size,
        layers: raw.num_hidden_layers,
        heads: raw.num_attention_heads,
        kv_heads: raw.num_key_value_heads.unwrap_or(raw.num_attention_heads),
        head_dim: raw.head_dim.or(raw.hidden_size.checked_div(raw.num_attention_heads)).unwrap_or(0),
        intermediate: raw.intermediate_size,
        vocab: raw.vocab_size,
        context: raw.max_position_embeddings,
        rms_eps: raw.rms_norm_eps as f32,
        rope_theta: theta.unwrap_or(10_000.0),
        qkv_bias,
        tied: raw.tie_word_embeddings,
    }
    .check(path)
}

/// Reads a JSON file of bounded size.
pub(crate) fn json(path: &Path) -> Result<Value, Error> {
    serde_json::from_slice(&read_bounded(path, MAX_JSON)?).map_err(|error| Error::file(path, error.to_string()))
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let size = fs::metadata(path).map_err(|source| Error::io("read", path, source))?.len();
    if size > limit {
        return Err(Error::file(path, format!("{size} bytes, more than {limit}")));
    }
    fs::read(path).map_err(|source| Error::io("read", path, source))
}
