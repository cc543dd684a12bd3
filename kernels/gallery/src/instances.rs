//! What is compiled.

use crate::{
    attention, batched, control, elementwise, gather, integer, matmul, mlp, norm, quantized, softmax, top_k, transpose,
};

tile::instances! {
    group "gallery";
    softmax = softmax::softmax::<37, 100, BR> for BR in [8, 4, 1];
    softmax_chunked = softmax::softmax_chunked::<5, 1000, 128>;
    layer_norm = norm::layer_norm::<13, 96, BR> for BR in [4, 1];
    gelu_up = mlp::gelu_up::<4, 96, 384, BN> for BN in [64, 16];
    gelu_down = mlp::linear::<4, 384, 96, BN> for BN in [32, 16];
    matmul = matmul::matmul::<70, 50, 90, BM, BN, 32> for BM in [32, 16] for BN in [32, 16];
    gram = matmul::gram::<100, 24, 16>;
    matvec_int8 = quantized::matvec_int8::<200, 256, 64, 4, BN> for BN in [32, 16];
    quantize_rows = quantized::quantize_rows::<11, 64, BR> for BR in [4, 1];
    sliding_window_attention = attention::sliding_window_attention::<75, 32, 20, BQ, BK> for BQ in [16, 8] for BK in [16, 8];
    top_k_mask = top_k::top_k_mask::<9, 50, 5, BR> for BR in [4, 1];
    row_argmax = top_k::row_argmax::<9, 77, BR> for BR in [4, 1];
    transpose = transpose::transpose::<13, 21, BR, BC> for BR in [8, 4] for BC in [8, 4];
    interleave = transpose::interleave::<3, 5, 7, 12, 6>;
    batched_matmul = batched::batched_matmul::<3, 8, 12, 10, 24, 36>;
    shared_scores = batched::shared_scores::<4, 6, 15, 16, 24>;
    embedding_bag = gather::embedding_bag::<300, 48, 7>;
    lookup = gather::lookup::<256, 9, 33, BR> for BR in [4, 1];
    axpy_f16 = elementwise::axpy_f16::<1003, BN> for BN in [256, 64];
    functions = elementwise::functions::<7, 45, BR, BC> for BR in [4, 1] for BC in [32, 16];
    distance = elementwise::distance::<300, BN> for BN in [128, 64];
    hash = integer::hash::<300, BN> for BN in [128, 64];
    signed = integer::signed::<300, BN> for BN in [128, 64];
    newton_sqrt = control::newton_sqrt::<65>;
    activation = control::activation::<10, 40, BR> for BR in [4, 1];
    prefix_sum_rows = control::prefix_sum_rows::<100, 30, 16>;
    matrix_power = control::matrix_power::<24, 7>;
}
