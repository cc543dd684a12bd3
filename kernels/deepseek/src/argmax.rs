//! Greedy sampling.

use tile::prelude::*;

/// The index of the largest logit, the lowest one on ties. NaN logits are passed over; index 0 if there is no other.
///
/// Each of `CHUNK` lanes keeps the best of the logits it has seen, then the lanes are compared once.
#[tile::kernel]
pub fn argmax_greedy<const VOCAB: usize, const CHUNK: usize>(
    logits: View<f32, 1, VOCAB>,
    mut output: Partition<u32, 1, 1>,
) {
    let lane = Tile::<u32, 1, CHUNK>::col_index();
    let mut best = Tile::<f32, 1, CHUNK>::splat(f32::NEG_INFINITY);
    let mut index = lane;
    for start in tile::range(0, VOCAB, CHUNK) {
        let chunk = logits.block_padded::<1, CHUNK>(0, start, f32::NEG_INFINITY);
        // Strictly greater: of equal logits the first one stays, and NaN never wins.
        let better = chunk.gt(best);
        best = better.select(chunk, best);
        index = better.select(lane + start as u32, index);
    }
    let largest = best.eq(best.row_max().broadcast_cols::<CHUNK>());
    output.store(largest.select(index, u32::MAX).row_min());
}
