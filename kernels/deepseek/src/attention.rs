//! Attention of one new position over the cache.

use tile::math;
use tile::prelude::*;

/// Grouped-query attention: `HEADS` query heads of one key-value head per program, over cache rows 0 to `position`.
///
/// `G` query heads share a key-value head, and `HEADS` divides `G`. With `HEADS = G` each key and value is read once;
/// with fewer there are more programs, which read the shared rows from a cache of the device.
///
/// Online softmax over chunks of `CH` keys: `sum` and `total` are relative to the largest score so far, and are
/// scaled down when a larger one comes. Rows past `position` are never read: they may hold anything.
#[tile::kernel]
pub fn attention_decode_gqa<
    KV: Float,
    const NH: usize,
    const DH: usize,
    const KVD: usize,
    const G: usize,
    const CAP: usize,
    const HEADS: usize,
    const CH: usize,
>(
    q: View<f32, NH, DH>,
    k_cache: View<KV, CAP, KVD>,
    v_cache: View<KV, CAP, KVD>,
    mut output: Partition<f32, NH, DH, HEADS, DH>,
    position: Position<CAP>,
) {
    const { assert!(G.is_multiple_of(HEADS), "the query heads of a program share one key-value head") };
    let head = output.row();
    let column = head / G * DH;
    let length = position.get() + 1;
    let scale = 1.0 / math::sqrt(DH as f32);
    let queries = q.block::<HEADS, DH>(head, 0) * scale;

    let mut largest = Tile::<f32, HEADS, 1>::splat(f32::MIN);
    let mut total = Tile::<f32, HEADS, 1>::zeros();
    let mut sum = Tile::<f32, HEADS, DH>::zeros();
    for start in tile::range(0, length, CH) {
        let valid = Limits::rows(length - start);
        let keys = k_cache.block_limited::<CH, DH>(start, column, valid).to_f32();
        let values = v_cache.block_limited::<CH, DH>(start, column, valid).to_f32();

        // A finite score for keys past the end: its weight is exactly 0, and no infinities are subtracted.
        let index = Tile::<u32, HEADS, CH>::col_index() + start as u32;
        let scores = index.lt(length as u32).select(queries.dot_t(keys), f32::MIN);

        let larger = largest.max(scores.row_max());
        let weights = (scores - larger.broadcast_cols()).exp();
        let keep = (largest - larger).exp();
        total = total * keep + weights.row_sum();
        sum = weights.dot_acc(values, sum * keep.broadcast_cols());
        largest = larger;
    }
    output.store(sum / total.broadcast_cols());
}

/// The same by slots: one query head per program, and `SLOTS` keys at a time, each of which goes on with a softmax of its own.
///
/// Slot `s` takes keys `s`, `s + SLOTS`, ... and keeps their largest score, the total of their weights and the sum of their
/// weighted values, relative to its own largest score; only the end brings the slots together. Nothing that a step of the
/// loop computes needs more than one slot, so threads need not wait for each other. It takes more arithmetic: every step
/// scales `SLOTS` sums.
#[tile::kernel]
pub fn attention_decode_gqa_slots<
    KV: Float,
    const NH: usize,
    const DH: usize,
    const KVD: usize,
    const G: usize,
    const CAP: usize,
    const SLOTS: usize,
>(
    q: View<f32, NH, DH>,
    k_cache: View<KV, CAP, KVD>,
    v_cache: View<KV, CAP, KVD>,
    mut output: Partition<f32, NH, DH, 1, DH>,
    position: Position<CAP>,
) {
    let head = output.row();
    let column = head / G * DH;
    let length = position.get() + 1;
    let scale = 1.0 / math::sqrt(DH as f32);
    let query = q.block::<1, DH>(head, 0) * scale;

    let mut largest = Tile::<f32, SLOTS, 1>::splat(f32::MIN);
    let mut total = Tile::<f32, SLOTS, 1>::zeros();
    let mut sum = Tile::<f32, SLOTS, DH>::zeros();
    for start in tile::range(0, length, SLOTS) {
        let valid = Limits::rows(length - start);
        let keys = k_cache.block_limited::<SLOTS, DH>(start, column, valid).to_f32();
        let values = v_cache.block_limited::<SLOTS, DH>(start, column, valid).to_f32();

        // Where there is no key, a finite score: beside a real one its weight is exactly 0. A slot that never has a real one
        // counts weights of 1, all of which the end scales to 0.
        let index = Tile::<u32, SLOTS, 1>::row_index() + start as u32;
        let products = keys * query.broadcast_rows();
        let scores = index.lt(length as u32).select(products.row_sum(), f32::MIN);

        let larger = largest.max(scores);
        let weights = (scores - larger).exp();
        let keep = (largest - larger).exp();
        total = total * keep + weights;
        sum = sum * keep.broadcast_cols() + weights.broadcast_cols() * values;
        largest = larger;
    }
    let share = (largest - largest.col_max().broadcast_rows()).exp();
    let all = (total * share).col_sum();
    let weighted = (sum * share.broadcast_cols()).col_sum();
    output.store(weighted / all.broadcast_cols());
}
