//! Rotary position embedding in the rotate-half form: elements `i` and `i + DH/2` of a head are one pair.
//!
//! A head is two rows of `HALF = DH / 2` elements here, the low half and the high half, so that a pair is a column of two
//! neighbouring rows, and a program may take a few of a head's pairs.
//!
//! The host makes the tables of cosines and sines, one row per position: targets without trigonometry exist, and f32
//! angles of thousands of radians lose digits.

use tile::prelude::*;

/// Rotates pairs by their angles.
fn rotate<const BN: usize>(
    low: Tile<f32, 1, BN>,
    high: Tile<f32, 1, BN>,
    cos: Tile<f32, 1, BN>,
    sin: Tile<f32, 1, BN>,
) -> (Tile<f32, 1, BN>, Tile<f32, 1, BN>) {
    (low * cos - high * sin, high * cos + low * sin)
}

/// Rotates the query heads in place, `BN` pairs of one head per program; `ROWS` is twice the number of heads.
#[tile::kernel]
pub fn rope_q<const ROWS: usize, const HALF: usize, const CAP: usize, const BN: usize>(
    mut q: Partition<f32, ROWS, HALF, 2, BN>,
    cos: Weights<f32, CAP, HALF>,
    sin: Weights<f32, CAP, HALF>,
    position: Position<CAP>,
) {
    let (at, column) = (position.get(), q.col());
    let (low, high) = (q.load_part(0, 0), q.load_part(1, 0));
    let (low, high) = rotate::<BN>(low, high, cos.block(at, column), sin.block(at, column));
    q.store_part(0, 0, low);
    q.store_part(1, 0, high);
}

/// Rotates the key heads of row `position` of the cache in place, `BN` pairs of one head per program; `ROWS` is twice
/// the number of heads.
#[tile::kernel]
pub fn rope_k<KV: Float, const ROWS: usize, const HALF: usize, const CAP: usize, const BN: usize>(
    #[row(position)] mut k_cache: MatrixMut<KV, CAP, ROWS, HALF, 2, BN>,
    cos: Weights<f32, CAP, HALF>,
    sin: Weights<f32, CAP, HALF>,
    position: Position<CAP>,
) {
    let (at, column) = (position.get(), k_cache.col());
    let (low, high) = (k_cache.load_part(0, 0).to_f32(), k_cache.load_part(1, 0).to_f32());
    let (low, high) = rotate::<BN>(low, high, cos.block(at, column), sin.block(at, column));
    k_cache.store_part(0, 0, low.cast());
    k_cache.store_part(1, 0, high.cast());
}
