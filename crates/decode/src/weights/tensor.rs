//! The tensors of a model, under one name for all file formats, and their encoding for a device.

use bundle::manifest::Dtype;
use half::{bf16, f16};

use crate::config::Config;
use crate::error::TensorProblem;

/// A tensor of a model. Matrices have one row per output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tensor {
    /// `[vocab, hidden]`.
    Embedding,
    /// `[hidden]`.
    FinalNorm,
    /// `[vocab, hidden]`; the embedding again if they are tied.
    LmHead,
    /// One of layer `.0`.
    Layer(u64, LayerTensor),
}

/// A tensor of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerTensor {
    /// Norm before attention, `[hidden]`.
    AttentionNorm,
    /// `[heads * head_dim, hidden]`, rotate-half order.
    Q,
    /// `[heads * head_dim]`.
    QBias,
    /// `[kv_heads * head_dim, hidden]`, rotate-half order.
    K,
    /// `[kv_heads * head_dim]`.
    KBias,
    /// `[kv_heads * head_dim, hidden]`.
    V,
    /// `[kv_heads * head_dim]`.
    VBias,
    /// `[hidden, heads * head_dim]`.
    O,
    /// Norm before the MLP, `[hidden]`.
    MlpNorm,
    /// `[intermediate, hidden]`.
    Gate,
    /// `[intermediate, hidden]`.
    Up,
    /// `[hidden, intermediate]`.
    Down,
}

impl LayerTensor {
    const ALL: &'static [LayerTensor] = &[
        LayerTensor::AttentionNorm,
        LayerTensor::Q,
        LayerTensor::QBias,
        LayerTensor::K,
        LayerTensor::KBias,
        LayerTensor::V,
        LayerTensor::VBias,
        LayerTensor::O,
        LayerTensor::MlpNorm,
        LayerTensor::Gate,
        LayerTensor::Up,
        LayerTensor::Down,
    ];

    const fn is_bias(self) -> bool {
        matches!(self, LayerTensor::QBias | LayerTensor::KBias | LayerTensor::VBias)
    }

    /// Names in GGUF files and in Hugging Face's folders.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            LayerTensor::AttentionNorm => ("attn_norm.weight", "input_layernorm.weight"),
            LayerTensor::Q => ("attn_q.weight", "self_attn.q_proj.weight"),
            LayerTensor::QBias => ("attn_q.bias", "self_attn.q_proj.bias"),
            LayerTensor::K => ("attn_k.weight", "self_attn.k_proj.weight"),
            LayerTensor::KBias => ("attn_k.bias", "self_attn.k_proj.bias"),
            LayerTensor::V => ("attn_v.weight", "self_attn.v_proj.weight"),
            LayerTensor::VBias => ("attn_v.bias", "self_attn.v_proj.bias"),
            LayerTensor::O => ("attn_output.weight", "self_attn.o_proj.weight"),
            LayerTensor::MlpNorm => ("ffn_norm.weight", "post_attention_layernorm.weight"),
            LayerTensor::Gate => ("ffn_gate.weight", "mlp.gate_proj.weight"),
            LayerTensor::Up => ("ffn_up.weight", "mlp.up_proj.weight"),
            LayerTensor::Down => ("ffn_down.weight", "mlp.down_proj.weight"),
        }
    }
}

impl Tensor {
    /// Every tensor that a model's files must have.
    pub fn all(config: &Config) -> Vec<Tensor> {
        let mut all = vec![Tensor::Embedding, Tensor::FinalNorm];
        if !config.tied {
            all.push(Tensor::LmHead);
        }
        for layer in 0..config.layers {
            let wanted = LayerTensor::ALL.iter().filter(|part| config.qkv_bias || !part.is_bias());
            all.extend(wanted.map(|&part| Tensor::Layer(layer, part)));
        }
        all
    }

    /// Its shape, outermost first.
    pub fn shape(self, config: &Config) -> Vec<u64> {
        let (hidden, q, kv, mlp) = (config.hidden, config.q_dim(), config.kv_dim(), config.intermediate);
        match self {
            Tensor::Embedding | Tensor::LmHead => vec![config.vocab, hidden],
            Tensor::FinalNorm => vec![hidden],
            Tensor::Layer(_, part) => match part {
                LayerTensor::AttentionNorm | LayerTensor::MlpNorm => vec![hidden],
                LayerTensor::Q => vec![q, hidden],
                LayerTensor::QBias => vec![q],
                LayerTensor::K | LayerTensor::V => vec![kv, hidden],
                LayerTensor::KBias | LayerTensor::VBias => vec![kv],
                LayerTensor::O => vec![hidden, q],
                LayerTensor::Gate | LayerTensor::Up => vec![mlp, hidden],
                LayerTensor::Down => vec![hidden, mlp],
            },
        }
    }

    /// Its name in GGUF files.
    pub fn gguf_name(self) -> String {
        match self {
            Tensor::Embedding => "token_embd.weight".to_owned(),
            Tensor::FinalNorm => "output_norm.weight".to_owned(),
            Tensor::LmHead => "output.weight".to_owned(),
            Tensor::Layer(layer, part) => format!("blk.{layer}.{}", part.names().0),
        }
    }

    /// Its name in Hugging Face's folders.
    pub fn hf_name(self) -> String {
        match self {
            Tensor::Embedding => "model.embed_tokens.weight".to_owned(),
            Tensor::FinalNorm => "model.norm.weight".to_owned(),
            Tensor::LmHead => "lm_head.weight".to_owned(),
            Tensor::Layer(layer, part) => format!("model.layers.{layer}.{}", part.names().1),
        }
    }
}

/// Encodes numbers as a float type, little-endian, rounding to nearest even.
///
/// # Errors
/// A number that is not finite, or becomes infinite in a smaller type; an integer type.
pub fn encode(values: &[f32], dtype: Dtype) -> Result<Vec<u8>, TensorProblem> {
    let finite = |ok: fn(f32) -> bool, dtype| match values.iter().position(|&value| !ok(value)) {
        Some(index) => Err(TensorProblem::NotFinite { index, dtype }),
        None => Ok(()),
    };
    let mut bytes = Vec::new();
    let size = values.len() * dtype.bytes() as usize;
    bytes.try_reserve_exact(size).map_err(|_| TensorProblem::Memory { elements: values.len() as u64 })?;
    match dtype {
        Dtype::F32 => {
            finite(f32::is_finite, "f32")?;
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        Dtype::Bf16 => {
            finite(|value| bf16::from_f32(value).is_finite(), "bf16")?;
            bytes.extend(values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()));
        }
        Dtype::F16 => {
            finite(|value| f16::from_f32(value).is_finite(), "f16")?;
            bytes.extend(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()));
        }
        Dtype::I8 | Dtype::I32 | Dtype::I64 | Dtype::Bool => {
            return Err(TensorProblem::Type { expected: "f32, bf16 and f16", found: "an integer".to_owned() });
        }
    }
    Ok(bytes)
}
