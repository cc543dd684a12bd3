//! Tiny models in every file format, with weights from a counter-based hash.

use std::collections::BTreeMap;
use std::path::Path;

use decode::{Architecture, Config, LayerTensor, Tensor};
use half::{bf16, f16};
use safetensors::{Dtype, serialize};
use serde_json::json;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::common::gguf_file::GgufWriter;

pub(crate) const BOS: u32 = 0;
pub(crate) const STOP: u32 = 1;

pub(crate) fn config(architecture: Architecture, tied: bool) -> Config {
    Config {
        name: "tiny".to_owned(),
        architecture,
        hidden: 64,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        head_dim: 16,
        intermediate: 96,
        vocab: vocabulary().len() as u64,
        context: 64,
        rms_eps: 1e-5,
        rope_theta: 10_000.0,
        qkv_bias: architecture == Architecture::Qwen2,
        tied,
    }
}

/// A number in [-1, 1), the same everywhere.
pub(crate) fn noise(seed: u64, index: u64) -> f32 {
    let mut x = (seed << 32 ^ index).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ x >> 31) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// A tensor's numbers, exact in bf16 and f16.
pub(crate) fn values(config: &Config, tensor: Tensor) -> Vec<f32> {
    let seed = Tensor::all(config).iter().position(|other| *other == tensor).unwrap() as u64;
    let count: u64 = tensor.shape(config).iter().product();
    let is_norm =
        matches!(tensor, Tensor::FinalNorm | Tensor::Layer(_, LayerTensor::AttentionNorm | LayerTensor::MlpNorm));
    let value = |i| {
        if is_norm { 1.0 + noise(seed, i) / 4.0 } else { noise(seed, i) / 4.0 }
    };
    (0..count).map(|i| (value(i) * 64.0).round() / 64.0).collect()
}

/// Two special tokens, the 256 bytes, and some merged pairs.
pub(crate) fn vocabulary() -> Vec<String> {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let special = ["<bos>", "<stop>"].map(str::to_owned);
    let merged = merges().into_iter().map(|(a, b)| format!("{a}{b}"));
    special.into_iter().chain(alphabet.iter().map(char::to_string)).chain(merged).collect()
}

pub(crate) fn merges() -> Vec<(&'static str, &'static str)> {
    vec![("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "w"), ("1", "2")]
}

/// A Hugging Face folder; weights in `dtype`, in so many files.
pub(crate) fn write_folder(dir: &Path, config: &Config, dtype: Dtype, shards: usize) {
    let model_type = match config.architecture {
        Architecture::Llama => "llama",
        Architecture::Qwen2 => "qwen2",
    };
    let json = json!({
        "model_type": model_type, "hidden_size": config.hidden, "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads, "num_key_value_heads": config.kv_heads, "head_dim": config.head_dim,
        "intermediate_size": config.intermediate, "vocab_size": config.vocab,
        "max_position_embeddings": config.context, "rms_norm_eps": config.rms_eps, "rope_theta": config.rope_theta,
        "tie_word_embeddings": config.tied, "hidden_act": "silu", "eos_token_id": STOP,
    });
    std::fs::write(dir.join("config.json"), json.to_string()).unwrap();
    std::fs::write(dir.join("tokenizer.json"), tokenizer_json().to_string()).unwrap();

    let tensors = Tensor::all(config);
    let mut index = BTreeMap::new();
    for (number, part) in tensors.chunks(tensors.len().div_ceil(shards)).enumerate() {
        let file = if shards == 1 { "model.safetensors".to_owned() } else { format!("model-{number}.safetensors") };
        let data: Vec<(String, Vec<usize>, Vec<u8>)> = part
            .iter()
            .map(|&tensor| {
                let shape = tensor.shape(config).iter().map(|&extent| extent as usize).collect();
                (tensor.hf_name(), shape, encode(&values(config, tensor), dtype))
            })
            .collect();
        let views = data.iter().map(|(name, shape, bytes)| {
            (name.as_str(), safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes).unwrap())
        });
        std::fs::write(dir.join(&file), serialize(views, None).unwrap()).unwrap();
        index.extend(data.iter().map(|(name, ..)| (name.clone(), file.clone())));
    }
    if shards > 1 {
        let json = json!({ "metadata": {}, "weight_map": index });
        std::fs::write(dir.join("model.safetensors.index.json"), json.to_string()).unwrap();
    }
}

fn encode(values: &[f32], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Dtype::F16 => values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect(),
        Dtype::BF16 => values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect(),
        other => panic!("{other:?}"),
    }
}

fn tokenizer_json() -> serde_json::Value {
    let vocab: BTreeMap<String, usize> = vocabulary().into_iter().enumerate().map(|(id, token)| (token, id)).collect();
    let merges: Vec<String> = merges().iter().map(|(a, b)| format!("{a} {b}")).collect();
    let special = |id: u32, content: &str| {
        json!({ "id": id, "content": content, "special": true, "normalized": false,
                "single_word": false, "lstrip": false, "rstrip": false })
    };
    let byte_level = |regex: bool| json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex });
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(BOS, "<bos>"), special(STOP, "<stop>")],
        "normalizer": null, "pre_tokenizer": byte_level(true), "post_processor": null, "decoder": byte_level(true),
        "model": { "type": "BPE", "vocab": vocab, "merges": merges },
    })
}

/// A Llama GGUF file as llama.cpp writes it: query and key rows in the interleaved order.
pub(crate) fn gguf(config: &Config) -> GgufWriter {
    let mut file = GgufWriter::new();
    file.string("general.architecture", "llama");
    file.string("general.name", &config.name);
    file.u32("llama.block_count", config.layers as u32);
    file.u32("llama.context_length", config.context as u32);
    file.u32("llama.embedding_length", config.hidden as u32);
    file.u32("llama.feed_forward_length", config.intermediate as u32);
    file.u32("llama.attention.head_count", config.heads as u32);
    file.u32("llama.attention.head_count_kv", config.kv_heads as u32);
    file.f32("llama.rope.freq_base", config.rope_theta as f32);
    file.f32("llama.attention.layer_norm_rms_epsilon", config.rms_eps);
    file.string("tokenizer.ggml.model", "gpt2");
    file.string("tokenizer.ggml.pre", "smollm");
    file.strings("tokenizer.ggml.tokens", &vocabulary());
    let kinds: Vec<i32> = (0..config.vocab).map(|id| if id < 2 { 3 } else { 1 }).collect();
    file.i32s("tokenizer.ggml.token_type", &kinds);
    let merges: Vec<String> = merges().iter().map(|(a, b)| format!("{a} {b}")).collect();
    file.strings("tokenizer.ggml.merges", &merges);
    file.u32("tokenizer.ggml.eos_token_id", STOP);
    for (number, tensor) in Tensor::all(config).into_iter().enumerate() {
        let mut numbers = values(config, tensor);
        let head_rows = match tensor {
            Tensor::Layer(_, LayerTensor::Q) => config.heads,
            Tensor::Layer(_, LayerTensor::K) => config.kv_heads,
            _ => 0,
        };
        if head_rows > 0 {
            numbers = interleave(&numbers, config.head_dim as usize, config.hidden as usize);
        }
        let shape = tensor.shape(config);
        // Types take turns; the numbers are exact in each.
        let (code, bytes) = match number % 3 {
            0 => (0, encode(&numbers, Dtype::F32)),
            1 => (1, encode(&numbers, Dtype::F16)),
            _ => (30, encode(&numbers, Dtype::BF16)),
        };
        file.tensor(&tensor.gguf_name(), &shape, code, &bytes);
    }
    file
}

/// Row `i` of a head's first half goes to `2 i`, row `i` of its second half to `2 i + 1`.
fn interleave(values: &[f32], head_dim: usize, row: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for head in values.chunks_exact(head_dim * row) {
        for i in 0..head_dim / 2 {
            out.extend(&head[i * row..(i + 1) * row]);
            out.extend(&head[(i + head_dim / 2) * row..(i + head_dim / 2 + 1) * row]);
        }
    }
    out
}
