//! SmolLM2-135M: a Llama model without biases, with f32 norms and an f32 cache.

use crate::models::CAPACITY as CAP;
use crate::{argmax, attention, attention_parts, elementwise, embed, matvec, mlp, norm, rope};

/// Hidden size.
const D: usize = 576;
/// Query heads.
const NH: usize = 9;
/// Key-value heads.
const NKV: usize = 3;
/// Head size.
const DH: usize = 64;
/// MLP size.
const I: usize = 1536;
/// Vocabulary.
const VOCAB: usize = 49_152;

/// All query heads.
const QD: usize = NH * DH;
/// All key-value heads.
const KVD: usize = NKV * DH;
/// Query heads per key-value head.
const G: usize = NH / NKV;
/// Stretches of the cache that are attended to side by side.
const PARTS: usize = 4;
/// Pairs of one head.
const HALF: usize = DH / 2;
/// Halves of query heads.
const QH: usize = 2 * NH;
/// Halves of key heads.
const KVH: usize = 2 * NKV;

tile::instances! {
    group "smollm2-135m";
    rms_norm_576 = norm::rms_norm::<f32, D>;
    embedding_lookup = embed::embedding_lookup::<VOCAB, D>;
    q_proj_matvec = matvec::q_proj::<D, QD, BN> for BN in [32, 16, 8, 4];
    kv_proj_matvec = matvec::kv_proj::<f32, D, KVD, CAP, BN> for BN in [32, 16, 8, 4];
    rope_q_decode = rope::rope_q::<QH, HALF, CAP, BN> for BN in [32, 16, 8, 4];
    rope_k_decode = rope::rope_k::<f32, KVH, HALF, CAP, BN> for BN in [32, 16, 8, 4];
    attention_decode_gqa = attention::attention_decode_gqa::<f32, NH, DH, KVD, G, CAP, HEADS, CH>
        for HEADS in [3, 1] for CH in [128, 64, 32, 16]
        or attention::attention_decode_gqa_slots::<f32, NH, DH, KVD, G, CAP, SLOTS>
        for SLOTS in [64, 32];
    attention_parts = attention_parts::attention_parts::<f32, NH, DH, QD, KVD, G, CAP, PARTS, SLOTS> for SLOTS in [64, 32];
    attention_merge = attention_parts::attention_merge::<NH, DH, QD, PARTS>;
    o_proj_residual = matvec::proj_residual::<QD, D, BN> for BN in [32, 16, 12, 8, 4];
    mlp_gate_up_silu = mlp::mlp_gate_up_silu::<D, I, BN> for BN in [32, 16, 8, 4];
    down_proj_residual = matvec::proj_residual::<I, D, BN> for BN in [32, 16, 8, 4];
    silu_mul_fused = elementwise::silu_mul::<I, BN> for BN in [1024, 512, 256];
    residual_add = elementwise::residual_add::<D, BN> for BN in [512, 256];
    argmax_greedy = argmax::argmax_greedy::<VOCAB, CHUNK> for CHUNK in [4096, 1024];
    lm_head_matvec = matvec::lm_head::<D, VOCAB, BN> for BN in [32, 16, 8, 4];
    fuse norm_qkv_rope = rms_norm_576
        => (q_proj_matvec => rope_q_decode) | (kv_proj_matvec.k_cache => rope_k_decode);
    fuse norm_qkv = rms_norm_576 => q_proj_matvec | kv_proj_matvec;
    fuse rope_qk = rope_q_decode | rope_k_decode;
    fuse merge_o_proj = attention_merge => o_proj_residual;
    fuse norm_gate_up = rms_norm_576 => mlp_gate_up_silu;
    fuse norm_logits = rms_norm_576 => lm_head_matvec;
}
