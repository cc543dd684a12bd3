//! Attention of one new position in two launches, so that a long cache keeps more programs busy than there are heads.

use tile::math;
use tile::prelude::*;

/// Attention of one query head over one of `PARTS` stretches of the cache rows 0 to `position`, all of one length.
///
/// Row `part` of the outputs, for each head: the largest score, the total of the weights `e^(score - largest)`, and the sum of
/// the values by these weights. Without a row, the largest is the lowest number and the rest is 0.
///
/// `SLOTS` keys at a time, each slot with a softmax of its own, as in [`crate::attention::attention_decode_gqa_slots`].
#[tile::kernel]
pub fn attention_parts<
    KV: Float,
    const NH: usize,
    const DH: usize,
    const QD: usize,
    const KVD: usize,
    const G: usize,
    const CAP: usize,
    const PARTS: usize,
    const SLOTS: usize,
>(
    q: View<f32, NH, DH>,
    k_cache: View<KV, CAP, KVD>,
    v_cache: View<KV, CAP, KVD>,
    mut largest: Partition<f32, PARTS, NH, 1, 1>,
    mut total: Partition<f32, PARTS, NH, 1, 1>,
    mut sum: Partition<f32, PARTS, QD, 1, DH>,
    position: Position<CAP>,
) {
    let head = largest.col();
    let column = head / G * DH;
    let length = position.get() + 1;
    let stretch = length.div_ceil(PARTS);
    let begin = largest.row() * stretch;
    let end = length.min(begin + stretch);
    let scale = 1.0 / math::sqrt(DH as f32);
    let query = q.block::<1, DH>(head, 0) * scale;

    let mut most = Tile::<f32, SLOTS, 1>::splat(f32::MIN);
    let mut weight = Tile::<f32, SLOTS, 1>::zeros();
    let mut weighted = Tile::<f32, SLOTS, DH>::zeros();
    for start in tile::range(begin, end, SLOTS) {
        let valid = Limits::rows(end - start);
        let keys = k_cache.block_limited::<SLOTS, DH>(start, column, valid).to_f32();
        let values = v_cache.block_limited::<SLOTS, DH>(start, column, valid).to_f32();

        let index = Tile::<u32, SLOTS, 1>::row_index() + start as u32;
        let products = keys * query.broadcast_rows();
        let scores = index.lt(end as u32).select(products.row_sum(), f32::MIN);

        let larger = most.max(scores);
        let weights = (scores - larger).exp();
        let keep = (most - larger).exp();
        weight = weight * keep + weights;
        weighted = weighted * keep.broadcast_cols() + weights.broadcast_cols() * values;
        most = larger;
    }
    let over_all = most.col_max();
    let share = (most - over_all.broadcast_rows()).exp();
    largest.store(over_all);
    total.store((weight * share).col_sum());
    sum.store((weighted * share.broadcast_cols()).col_sum());
}

/// Brings the parts of [`attention_parts`] together: for each head, the sum of all values over the total of all weights.
#[tile::kernel]
pub fn attention_merge<const NH: usize, const DH: usize, const QD: usize, const PARTS: usize>(
    largest: View<f32, PARTS, NH>,
    total: View<f32, PARTS, NH>,
    sum: View<f32, PARTS, QD>,
    mut output: Partition<f32, 1, QD>,
) {
    let largest = largest.load();
    let share = (largest - largest.col_max().broadcast_rows()).exp();
    let all = (total.load() * share).col_sum();
    let weight = share / all.broadcast_rows();
    let of_heads = weight.reshape3::<PARTS, NH, 1>().broadcast_cols::<DH>().reshape2::<PARTS, QD>();
    output.store((sum.load() * of_heads).col_sum());
}
