//! A GPT-2 style MLP in two launches.

use tile::prelude::*;

/// The tanh form of GELU: `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³)))`.
fn gelu<const R: usize, const C: usize>(x: Tile<f32, R, C>) -> Tile<f32, R, C> {
    let inner = x * (x * x * 0.044715 + 1.0) * 0.797_884_6;
    x * 0.5 * (inner.tanh() + 1.0)
}

/// `output = gelu(input · weightᵀ + bias)` for `R` rows; `BN` outputs of every row per program.
#[tile::kernel]
pub fn gelu_up<const R: usize, const D: usize, const I: usize, const BN: usize>(
    input: View<f32, R, D>,
    weight: Weights<bf16, I, D>,
    bias: Weights<bf16, 1, I>,
    mut output: Partition<f32, R, I, R, BN>,
) {
    let at = output.col();
    let product = input.load().dot_t(weight.block::<BN, D>(at, 0).to_f32());
    let bias = bias.block::<1, BN>(0, at).to_f32();
    output.store(gelu(product + bias.broadcast_rows()));
}

/// `output = input · weightᵀ + bias` for `R` rows; `BN` outputs of every row per program.
#[tile::kernel]
pub fn linear<const R: usize, const K: usize, const N: usize, const BN: usize>(
    input: View<f32, R, K>,
    weight: Weights<bf16, N, K>,
    bias: Weights<bf16, 1, N>,
    mut output: Partition<f32, R, N, R, BN>,
) {
    let at = output.col();
    let bias = bias.block::<1, BN>(0, at).to_f32().broadcast_rows();
    let weight = weight.block::<BN, K>(at, 0).to_f32();
    output.store(input.load().dot_t_acc(weight, bias));
}
