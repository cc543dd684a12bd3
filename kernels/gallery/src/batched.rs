//! Batched products.

use tile::prelude::*;

/// `B` products at once: matrix `i` of `output` is matrix `i` of `a` times matrix `i` of `b`. Matrices of a stack are
/// one under the other: `BM` is `B * M`, `BK` is `B * K`.
#[tile::kernel]
pub fn batched_matmul<
    const B: usize,
    const M: usize,
    const K: usize,
    const N: usize,
    const BM: usize,
    const BK: usize,
>(
    a: View<f32, BM, K>,
    b: View<f32, BK, N>,
    mut output: Partition<f32, BM, N>,
) {
    let a = a.load().reshape3::<B, M, K>();
    let b = b.load().reshape3::<B, K, N>();
    output.store(a.dot(b).reshape2());
}

/// Attention scores of `B` heads that share their keys: softmax over each row of `q · kᵀ`, then the mean over heads.
#[tile::kernel]
pub fn shared_scores<const B: usize, const M: usize, const N: usize, const D: usize, const BM: usize>(
    q: View<f32, BM, D>,
    k: View<f32, N, D>,
    mut output: Partition<f32, M, N>,
) {
    let q = q.load().reshape3::<B, M, D>();
    let scores = q.dot_t(k.load().broadcast_batch());
    let e = (scores - scores.row_max().broadcast_cols()).exp();
    let probabilities = e / e.row_sum().broadcast_cols();
    output.store(probabilities.batch_sum().matrix() * (1.0 / B as f32));
}
