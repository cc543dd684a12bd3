//! Token embedding.

use tile::prelude::*;

/// Row `token` of the table. A token that the table does not have gives zeros.
#[tile::kernel]
pub fn embedding_lookup<const VOCAB: usize, const D: usize>(
    table: Weights<bf16, VOCAB, D>,
    token: View<u32, 1, 1>,
    mut output: Partition<f32, 1, D>,
) {
    let row = token.at(0, 0) as usize;
    output.store(table.block(row, 0).to_f32());
}
