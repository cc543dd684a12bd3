//! Attention over a whole sequence, each position seeing a window of earlier ones.

use tile::math;
use tile::prelude::*;

/// One head: row `i` of the output attends to rows `i - WINDOW + 1` to `i` of `k` and `v`. `BQ` queries per program,
/// chunks of `BK` keys; chunks wholly outside of the window are not read.
#[tile::kernel]
pub fn sliding_window_attention<
    const S: usize,
    const DH: usize,
    const WINDOW: usize,
    const BQ: usize,
    const BK: usize,
>(
    q: View<f32, S, DH>,
    k: View<f32, S, DH>,
    v: View<f32, S, DH>,
    mut output: Partition<f32, S, DH, BQ, DH>,
) {
    let first_query = output.row();
    let end = (first_query + BQ).min(S);
    let first_key = (first_query + 1).saturating_sub(WINDOW);
    let queries = q.block::<BQ, DH>(first_query, 0) * (1.0 / math::sqrt(DH as f32));
    let query_index = Tile::<u32, BQ, BK>::row_index() + first_query as u32;

    let mut largest = Tile::<f32, BQ, 1>::splat(f32::MIN);
    let mut total = Tile::<f32, BQ, 1>::zeros();
    let mut sum = Tile::<f32, BQ, DH>::zeros();
    for start in tile::range(first_key / BK * BK, end, BK) {
        let key_index = Tile::<u32, BQ, BK>::col_index() + start as u32;
        let seen = key_index.le(query_index) & (key_index + WINDOW as u32).gt(query_index);
        let scores = queries.dot_t(k.block::<BK, DH>(start, 0));
        let larger = largest.max(seen.select(scores, f32::MIN).row_max());
        // A whole row may be masked in this chunk: its `larger` is no real score, so weights are masked again.
        let weights = seen.select((scores - larger.broadcast_cols()).exp(), 0.0);
        let keep = (largest - larger).exp();
        total = total * keep + weights.row_sum();
        sum = weights.dot_acc(v.block(start, 0), sum * keep.broadcast_cols());
        largest = larger;
    }
    output.store(sum / total.broadcast_cols());
}
