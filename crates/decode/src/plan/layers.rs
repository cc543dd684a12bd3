//! The launches of Llama and Qwen2 models.

use crate::error::Error;
use crate::plan::build::{Builder, Elem, Reads, Shape, Value, Want};
use crate::plan::{Content, Launch, Plan};
use crate::weights::{LayerTensor, Tensor};

/// Adds all launches and finishes the plan.
pub(super) fn build(mut builder: Builder<'_>) -> Result<Plan, Error> {
    let config = builder.config;
    let (hidden, vocab) = (config.hidden, config.vocab);
    let head = if config.tied { Tensor::Embedding } else { Tensor::LmHead };

    let mut step = vec![builder.launch(
        "embedding_lookup",
        &[
            view(
                "table",
                &Tensor::Embedding.hf_name(),
                Shape::Exact(vec![vocab, hidden]),
                Content::Weights(Tensor::Embedding),
                Reads::OneRow,
            ),
            token("token"),
            activation("output", "hidden", hidden),
        ],
    )?];
    for layer in 0..config.layers {
        add_layer(&mut builder, layer, &mut step)?;
    }
    let logits = vec![
        norm(&mut builder, Tensor::FinalNorm)?,
        builder.launch(
            "lm_head_matvec",
            &[
                activation("input", "normed", hidden),
                weights("weight", head, &[vocab, hidden]),
                logits_row("output", vocab),
            ],
        )?,
    ];
    let argmax = vec![builder.launch("argmax_greedy", &[logits_row("logits", vocab), token("output")])?];
    let (token, logits_buffer) = (builder.buffer("token")?, builder.buffer("logits")?);
    builder.finish([step, logits, argmax], token, logits_buffer)
}

fn add_layer(builder: &mut Builder<'_>, layer: u64, step: &mut Vec<Launch>) -> Result<(), Error> {
    let config = builder.config;
    let (hidden, q, kv, mlp) = (config.hidden, config.q_dim(), config.kv_dim(), config.intermediate);
    let part = |part| Tensor::Layer(layer, part);
    let (k_cache, v_cache) = (format!("layer {layer} keys"), format!("layer {layer} values"));

    step.push(norm(builder, part(LayerTensor::AttentionNorm))?);
    let mut wants = vec![
        activation("input", "normed", hidden),
        weights("weight", part(LayerTensor::Q), &[q, hidden]),
        activation("output", "q", q),
    ];
    if config.qkv_bias {
        wants.push(weights("bias", part(LayerTensor::QBias), &[q]));
    }
    step.push(builder.launch("q_proj_matvec", &wants)?);
    let mut wants = vec![
        activation("input", "normed", hidden),
        weights("k_weight", part(LayerTensor::K), &[kv, hidden]),
        weights("v_weight", part(LayerTensor::V), &[kv, hidden]),
        cache("k_cache", &k_cache, kv),
        cache("v_cache", &v_cache, kv),
        position(),
    ];
    if config.qkv_bias {
        wants.push(weights("k_bias", part(LayerTensor::KBias), &[kv]));
        wants.push(weights("v_bias", part(LayerTensor::VBias), &[kv]));
    }
    step.push(builder.launch("kv_proj_matvec", &wants)?);
    let half = config.head_dim / 2;
    step.push(builder.launch(
        "rope_q_decode",
        &[activation("q", "q", q), angles("cos", Content::Cos, half), angles("sin", Content::Sin, half), position()],
    )?);
    step.push(builder.launch(
        "rope_k_decode",
        &[
            cache("k_cache", &k_cache, kv),
            angles("cos", Content::Cos, half),
            angles("sin", Content::Sin, half),
            position(),
        ],
    )?);
    step.push(builder.launch(
        "attention_decode_gqa",
        &[
            activation("q", "q", q),
            cache("k_cache", &k_cache, kv),
            cache("v_cache", &v_cache, kv),
            activation("output", "attended", q),
            position(),
        ],
    )?);
    step.push(builder.launch(
        "o_proj_residual",
        &[
            activation("input", "attended", q),
            weights("weight", part(LayerTensor::O), &[hidden, q]),
            activation("hidden", "hidden", hidden),
        ],
    )?);
    step.push(norm(builder, part(LayerTensor::MlpNorm))?);
    step.push(builder.launch(
        "mlp_gate_up_silu",
        &[
            activation("input", "normed", hidden),
            weights("gate_weight", part(LayerTensor::Gate), &[mlp, hidden]),
            weights("up_weight", part(LayerTensor::Up), &[mlp, hidden]),
            activation("output", "mlp", mlp),
        ],
    )?);
    step.push(builder.launch(
        "down_proj_residual",
        &[
            activation("input", "mlp", mlp),
            weights("weight", part(LayerTensor::Down), &[hidden, mlp]),
            activation("hidden", "hidden", hidden),
        ],
    )?);
    Ok(())
}

fn norm(builder: &mut Builder<'_>, gamma: Tensor) -> Result<Launch, Error> {
    let (hidden, eps) = (builder.config.hidden, builder.config.rms_eps);
    builder.launch(
        &format!("rms_norm_{hidden}"),
        &[
            activation("input", "hidden", hidden),
            weights("gamma", gamma, &[hidden]),
            Want { arg: "eps", value: Value::F32(eps) },
            activation("output", "normed", hidden),
        ],
    )
}

fn weights(arg: &'static str, tensor: Tensor, shape: &[u64]) -> Want {
    view(arg, &tensor.hf_name(), Shape::Exact(shape.to_vec()), Content::Weights(tensor), Reads::Whole)
}

fn activation(arg: &'static str, buffer: &str, elements: u64) -> Want {
    view(arg, buffer, Shape::Elements(elements), Content::Zero, Reads::Whole)
}

fn token(arg: &'static str) -> Want {
    let value = view(arg, "token", Shape::Elements(1), Content::Zero, Reads::Whole);
    with_elem(value, Elem::Token)
}

fn logits_row(arg: &'static str, vocab: u64) -> Want {
    with_elem(activation(arg, "logits", vocab), Elem::F32)
}

fn cache(arg: &'static str, buffer: &str, row: u64) -> Want {
    view(arg, buffer, Shape::PerPosition(row), Content::Cache, Reads::ToPosition)
}

fn angles(arg: &'static str, content: Content, half: u64) -> Want {
    view(arg, arg, Shape::PerPosition(half), content, Reads::OneRow)
}

fn position() -> Want {
    Want { arg: "position", value: Value::Position }
}

fn view(arg: &'static str, buffer: &str, shape: Shape, content: Content, reads: Reads) -> Want {
    let buffer = buffer.to_owned();
    Want { arg, value: Value::View { buffer, elem: Elem::Float, shape, content, reads } }
}

fn with_elem(mut want: Want, wanted: Elem) -> Want {
    if let Value::View { elem, .. } = &mut want.value {
        *elem = wanted;
    }
    want
}
