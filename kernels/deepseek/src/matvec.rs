//! Projections: one row times the transpose of a weight matrix stored one output per row.
//!
//! Each program makes `BN` outputs from `BN` whole rows of weights, so a target streams every weight once.

use tile::prelude::*;

/// `input · weightᵀ` for weight rows `at` to `at + BN - 1`.
pub(crate) fn rows_times<const BN: usize, const N: usize, const K: usize>(
    input: Tile<f32, 1, K>,
    weight: Weights<bf16, N, K>,
    at: usize,
) -> Tile<f32, 1, BN> {
    input.dot_t(weight.block::<BN, K>(at, 0).to_f32())
}

/// Query projection without bias: `output = input · weightᵀ`.
#[tile::kernel]
pub fn q_proj<const D: usize, const N: usize, const BN: usize>(
    input: View<f32, 1, D>,
    weight: Weights<bf16, N, D>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    let at = output.col();
    output.store(rows_times(input.load(), weight, at));
}

/// Query projection with bias: `output = input · weightᵀ + bias`.
#[tile::kernel]
pub fn q_proj_bias<const D: usize, const N: usize, const BN: usize>(
    input: View<f32, 1, D>,
    weight: Weights<bf16, N, D>,
    bias: Weights<bf16, 1, N>,
    mut output: Partition<f32, 1, N, 1, BN>,
) {
    let at = output.col();
    output.store(rows_times(input.load(), weight, at) + bias.block(0, at).to_f32());
}

/// Key and value projections, appended to the caches at row `position`.
#[tile::kernel]
pub fn kv_proj<KV: Float, const D: usize, const N: usize, const CAP: usize, const BN: usize>(
    input: View<f32, 1, D>,
    k_weight: Weights<bf16, N, D>,
    v_weight: Weights<bf16, N, D>,
    #[row(position)] mut k_cache: RowMut<KV, CAP, N, BN>,
    #[row(position)] mut v_cache: RowMut<KV, CAP, N, BN>,
    position: Position<CAP>,
) {
    let x = input.load();
    let at = k_cache.col();
    k_cache.store(rows_times(x, k_weight, at).cast());
    v_cache.store(rows_times(x, v_weight, at).cast());
}

/// Key and value projections with bias, appended to the caches at row `position`.
#[tile::kernel]
pub fn kv_proj_bias<KV: Float, const D: usize, const N: usize, const CAP: usize, const BN: usize>(
    input: View<f32, 1, D>,
    k_weight: Weights<bf16, N, D>,
    v_weight: Weights<bf16, N, D>,
    k_bias: Weights<bf16, 1, N>,
    v_bias: Weights<bf16, 1, N>,
    #[row(position)] mut k_cache: RowMut<KV, CAP, N, BN>,
    #[row(position)] mut v_cache: RowMut<KV, CAP, N, BN>,
    position: Position<CAP>,
) {
    let x = input.load();
    let at = k_cache.col();
    let k = rows_times(x, k_weight, at) + k_bias.block(0, at).to_f32();
    let v = rows_times(x, v_weight, at) + v_bias.block(0, at).to_f32();
    k_cache.store(k.cast());
    v_cache.store(v.cast());
}

/// Output or down projection, added to the residual stream in place: `hidden += input · weightᵀ`.
#[tile::kernel]
pub fn proj_residual<const K: usize, const D: usize, const BN: usize>(
    input: View<f32, 1, K>,
    weight: Weights<bf16, D, K>,
    mut hidden: Partition<f32, 1, D, 1, BN>,
) {
    let at = hidden.col();
    let sum = hidden.load() + rows_times(input.load(), weight, at);
    hidden.store(sum);
}

/// Logits: `output = input · weightᵀ` over the vocabulary.
#[tile::kernel]
pub fn lm_head<const D: usize, const VOCAB: usize, const BN: usize>(
    input: View<f32, 1, D>,
    weight: Weights<bf16, VOCAB, D>,
    mut output: Partition<f32, 1, VOCAB, 1, BN>,
) {
    let at = output.col();
    output.store(rows_times(input.load(), weight, at));
}
