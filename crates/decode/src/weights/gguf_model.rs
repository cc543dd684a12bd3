//! What a GGUF file says about its model, and the order of its query and key rows.

use crate::config::{Architecture, Config};
use crate::error::{Error, TensorProblem};
use crate::weights::gguf_file::GgufFile;
use crate::weights::tensor::{LayerTensor, Tensor};

/// The model's sizes, from the metadata.
pub(super) fn config(file: &GgufFile) -> Result<Config, Error> {
    let (path, header) = (file.path(), file.header());
    let missing = |key: &str| Error::file(path, format!("metadata `{key}` is missing or of another type"));
    let name = header.string("general.architecture").ok_or_else(|| missing("general.architecture"))?;
    let architecture = Architecture::from_name(name).ok_or_else(|| {
        Error::unsupported(path, format!("architecture `{name}` is not supported; `llama` and `qwen2` are"))
    })?;
    let key = |suffix: &str| format!("{name}.{suffix}");
    let number = |suffix: &str| header.unsigned(&key(suffix)).ok_or_else(|| missing(&key(suffix)));

    let scaling = header.string(&key("rope.scaling.type")).unwrap_or("none");
    if scaling != "none" {
        return Err(Error::unsupported(path, format!("RoPE scaling `{scaling}` is not supported")));
    }
    let (hidden, heads) = (number("embedding_length")?, number("attention.head_count")?);
    let head_dim = match header.unsigned(&key("attention.key_length")) {
        Some(length) => length,
        None => hidden.checked_div(heads).unwrap_or(0),
    };
    for suffix in ["attention.value_length", "rope.dimension_count"] {
        let length = header.unsigned(&key(suffix)).unwrap_or(head_dim);
        if length != head_dim {
            let message = format!("`{}` is {length}, only the head size {head_dim} is supported", key(suffix));
            return Err(Error::unsupported(path, message));
        }
    }
    let embedding = header.tensors.get(&Tensor::Embedding.gguf_name());
    let rows = embedding.and_then(|info| info.shape.first().copied());
    let vocab = header.unsigned(&key("vocab_size")).or(rows);
    let vocab = vocab.ok_or_else(|| Error::tensor(path, Tensor::Embedding.gguf_name(), TensorProblem::Missing))?;
    let eps = key("attention.layer_norm_rms_epsilon");
    Config {
        name: header.string("general.name").unwrap_or(name).to_owned(),
        architecture,
        hidden,
        layers: number("block_count")?,
        heads,
        kv_heads: header.unsigned(&key("attention.head_count_kv")).unwrap_or(heads),
        head_dim,
        intermediate: number("feed_forward_length")?,
        vocab,
        context: number("context_length")?,
        rms_eps: header.float(&eps).ok_or_else(|| missing(&eps))? as f32,
        rope_theta: header.float(&key("rope.freq_base")).unwrap_or(10_000.0),
        qkv_bias: architecture == Architecture::Qwen2,
        tied: !header.tensors.contains_key(&Tensor::LmHead.gguf_name()),
    }
    .check(path)
}

/// Reads a tensor in the kernels' order.
pub(super) fn load(file: &GgufFile, config: &Config, tensor: Tensor, shape: &[u64]) -> Result<Vec<f32>, Error> {
    let tensor = if config.tied && tensor == Tensor::LmHead { Tensor::Embedding } else { tensor };
    let values = file.load(&tensor.gguf_name(), shape)?;
    let heads = match (config.architecture, tensor) {
        (Architecture::Llama, Tensor::Layer(_, LayerTensor::Q | LayerTensor::QBias)) => config.heads,
        (Architecture::Llama, Tensor::Layer(_, LayerTensor::K | LayerTensor::KBias)) => config.kv_heads,
        (Architecture::Llama | Architecture::Qwen2, _) => return Ok(values),
    };
    Ok(to_rotate_half(&values, heads as usize, config.head_dim as usize))
}

/// Undoes the row order of Llama models in GGUF files. Those turn pairs of neighbouring rows (2i, 2i + 1) of a head,
/// our kernels rows i and i + head_dim / 2: row `2i + s` of each head goes to `i + s * head_dim / 2`.
fn to_rotate_half(values: &[f32], heads: usize, head_dim: usize) -> Vec<f32> {
    let row = values.len() / (heads * head_dim);
    let mut out = vec![0.0; values.len()];
    for (target, source) in out.chunks_exact_mut(head_dim * row).zip(values.chunks_exact(head_dim * row)) {
        for (index, line) in source.chunks_exact(row).enumerate() {
            let to = index / 2 + index % 2 * (head_dim / 2);
            target[to * row..(to + 1) * row].copy_from_slice(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_change_places_within_a_head() {
        // Two heads of four rows of two elements, numbered by row.
        let values: Vec<f32> = (0..8).flat_map(|row| [row as f32, row as f32 + 0.5]).collect();
        let rows: Vec<f32> = to_rotate_half(&values, 2, 4).chunks(2).map(|row| row[0]).collect();
        assert_eq!(rows, [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
    }
}
