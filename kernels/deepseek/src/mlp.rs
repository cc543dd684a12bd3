//! The gated MLP.

use tile::prelude::*;

use crate::matvec::rows_times;

/// `output = silu(input · gate_weightᵀ) * (input · up_weightᵀ)`, `BN` outputs per program.
#[tile::kernel]
pub fn mlp_gate_up_silu<const D: usize, const I: usize, const BN: usize>(
    input: View<f32, 1, D>,
    gate_weight: Weights<bf16, I, D>,
    up_weight: Weights<bf16, I, D>,
    mut output: Partition<f32, 1, I, 1, BN>,
) {
    let x = input.load();
    let at = output.col();
    let gate = rows_times(x, gate_weight, at);
    let up = rows_times(x, up_weight, at);
    output.store(gate.silu() * up);
}
