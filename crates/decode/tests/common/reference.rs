//! A plain forward pass on the CPU, to test weights, plan and engine against. Not how the product computes.

use decode::{Config, LayerTensor, Model, Tensor};
use half::bf16;

/// Weights as f32; matrices rounded to bf16 first, norms not.
pub(crate) struct Reference {
    config: Config,
    embedding: Vec<f32>,
    head: Option<Vec<f32>>,
    final_norm: Vec<f32>,
    layers: Vec<Layer>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    position: usize,
}

struct Layer {
    attention_norm: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    bias: Option<[Vec<f32>; 3]>,
    o: Vec<f32>,
    mlp_norm: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    down: Vec<f32>,
}

impl Reference {
    pub(crate) fn new(model: &Model) -> Reference {
        let config = model.config().clone();
        let norm = |tensor| model.load(tensor).unwrap();
        let rounded =
            |tensor| -> Vec<f32> { norm(tensor).iter().map(|&value| bf16::from_f32(value).to_f32()).collect() };
        let layers = (0..config.layers)
            .map(|layer| {
                let part = |part| Tensor::Layer(layer, part);
                Layer {
                    attention_norm: norm(part(LayerTensor::AttentionNorm)),
                    q: rounded(part(LayerTensor::Q)),
                    k: rounded(part(LayerTensor::K)),
                    v: rounded(part(LayerTensor::V)),
                    bias: config.qkv_bias.then(|| {
                        [LayerTensor::QBias, LayerTensor::KBias, LayerTensor::VBias].map(|bias| rounded(part(bias)))
                    }),
                    o: rounded(part(LayerTensor::O)),
                    mlp_norm: norm(part(LayerTensor::MlpNorm)),
                    gate: rounded(part(LayerTensor::Gate)),
                    up: rounded(part(LayerTensor::Up)),
                    down: rounded(part(LayerTensor::Down)),
                }
            })
            .collect();
        Reference {
            embedding: rounded(Tensor::Embedding),
            head: (!config.tied).then(|| rounded(Tensor::LmHead)),
            final_norm: norm(Tensor::FinalNorm),
            layers,
            keys: vec![Vec::new(); config.layers as usize],
            values: vec![Vec::new(); config.layers as usize],
            position: 0,
            config,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.keys.iter_mut().chain(&mut self.values).for_each(Vec::clear);
        self.position = 0;
    }

    /// Appends a token and returns the logits of the next one.
    pub(crate) fn step(&mut self, token: u32) -> Vec<f32> {
        let config = &self.config;
        let (d, dh) = (config.hidden as usize, config.head_dim as usize);
        let (heads, kv_heads) = (config.heads as usize, config.kv_heads as usize);
        let mut x = self.embedding[token as usize * d..][..d].to_vec();
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(&x, &layer.attention_norm, config.rms_eps);
            let [mut q, mut k, mut v] = [&layer.q, &layer.k, &layer.v].map(|weight| matvec(weight, &normed));
            if let Some(bias) = &layer.bias {
                for (row, bias) in [&mut q, &mut k, &mut v].into_iter().zip(bias) {
                    row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
                }
            }
            for head in q.chunks_exact_mut(dh).chain(k.chunks_exact_mut(dh)) {
                rope(head, self.position, config.rope_theta);
            }
            self.keys[index].extend(&k);
            self.values[index].extend(&v);
            let mut attended = Vec::new();
            for (head, q) in q.chunks_exact(dh).enumerate() {
                let at = head / (heads / kv_heads) * dh;
                let rows = |cache: &'_ [f32]| {
                    cache.chunks_exact(kv_heads * dh).map(|row| row[at..at + dh].to_vec()).collect::<Vec<_>>()
                };
                let scores: Vec<f32> =
                    rows(&self.keys[index]).iter().map(|key| dot(q, key) / (dh as f32).sqrt()).collect();
                let largest = scores.iter().copied().fold(f32::MIN, f32::max);
                let weights: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
                let total: f32 = weights.iter().sum();
                let mut sum = vec![0.0; dh];
                for (weight, value) in weights.iter().zip(rows(&self.values[index])) {
                    sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += weight / total * value);
                }
                attended.extend(sum);
            }
            add(&mut x, &matvec(&layer.o, &attended));
            let normed = rms_norm(&x, &layer.mlp_norm, config.rms_eps);
            let gate = matvec(&layer.gate, &normed);
            let up = matvec(&layer.up, &normed);
            let act: Vec<f32> = gate.iter().zip(&up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
            add(&mut x, &matvec(&layer.down, &act));
        }
        self.position += 1;
        matvec(self.head.as_ref().unwrap_or(&self.embedding), &rms_norm(&x, &self.final_norm, config.rms_eps))
    }
}

/// Rotates pairs (i, i + n/2) of a head.
pub(crate) fn rope(head: &mut [f32], position: usize, theta: f64) {
    let half = head.len() / 2;
    for i in 0..half {
        let angle = position as f64 * theta.powf(-(i as f64) / half as f64);
        let (sin, cos) = (angle.sin() as f32, angle.cos() as f32);
        let (a, b) = (head[i], head[i + half]);
        head[i] = a * cos - b * sin;
        head[i + half] = b * cos + a * sin;
    }
}

pub(crate) fn rms_norm(x: &[f32], gamma: &[f32], eps: f32) -> Vec<f32> {
    let scale = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
    x.iter().zip(gamma).map(|(x, gamma)| x * scale * gamma).collect()
}

pub(crate) fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

/// `weight` (row per output) times `x`.
pub(crate) fn matvec(weight: &[f32], x: &[f32]) -> Vec<f32> {
    weight.chunks_exact(x.len()).map(|row| dot(row, x)).collect()
}

/// Sixteen sums side by side, so that the compiler can use vectors.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<16>();
    let (b_chunks, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// Tokens of the largest logits, largest first, the lowest token on ties.
pub(crate) fn top(logits: &[f32], count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    order.sort_by(|&a, &b| logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b)));
    order.truncate(count);
    order
}
