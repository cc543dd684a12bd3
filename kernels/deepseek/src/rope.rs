//! Rotary position embedding in the rotate-half form: elements `i` and `i + DH/2` of a head are one pair.
//!
//! The host makes the tables of cosines and sines, one row per position: targets without trigonometry exist, and f32
//! angles of thousands of radians lose digits. `HALF` is `DH / 2`.

use tile::prelude::*;

/// Rotates each row of `heads` by one row of angles.
fn rotate<const HEADS: usize, const DH: usize, const HALF: usize>(
    heads: Tile<f32, HEADS, DH>,
    cos: Tile<f32, 1, HALF>,
    sin: Tile<f32, 1, HALF>,
) -> Tile<f32, HEADS, DH> {
    let (cos, sin) = (cos.broadcast_rows(), sin.broadcast_rows());
    let low = heads.slice_cols::<0, HALF>();
    let high = heads.slice_cols::<HALF, HALF>();
    (low * cos - high * sin).concat_cols(high * cos + low * sin)
}

/// Rotates the query heads in place, `HEADS` of them per program.
#[tile::kernel]
pub fn rope_q<const NH: usize, const DH: usize, const HALF: usize, const CAP: usize, const HEADS: usize>(
    mut q: Partition<f32, NH, DH, HEADS, DH>,
    cos: Weights<f32, CAP, HALF>,
    sin: Weights<f32, CAP, HALF>,
    position: Position<CAP>,
) {
    let at = position.get();
    let rotated = rotate(q.load(), cos.block::<1, HALF>(at, 0), sin.block(at, 0));
    q.store(rotated);
}

/// Rotates the key heads of row `position` of the cache in place, one head per program.
#[tile::kernel]
pub fn rope_k<KV: Float, const KVD: usize, const DH: usize, const HALF: usize, const CAP: usize>(
    #[row(position)] mut k_cache: RowMut<KV, CAP, KVD, DH>,
    cos: Weights<f32, CAP, HALF>,
    sin: Weights<f32, CAP, HALF>,
    position: Position<CAP>,
) {
    let at = position.get();
    let rotated = rotate(k_cache.load().to_f32(), cos.block::<1, HALF>(at, 0), sin.block(at, 0));
    k_cache.store(rotated.cast());
}
