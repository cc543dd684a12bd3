//! Conversions.

use lower_dma::ir::{Expr, VectorOp};
use lower_dma::target::Target;
use tile_ir::Elem;

use super::Hand;
use super::maker::{Maker, span};

/// Numbers that `f32` rounds, and the ends of the type.
const WORDS: [i64; 16] = [
    i32::MIN as i64,
    i32::MAX as i64,
    (1 << 24) + 1,
    (1 << 24) + 3,
    -(1 << 24) - 1,
    1 << 30,
    123_456_789,
    -987_654_321,
    0,
    -1,
    1,
    (1 << 25) + 2,
    (1 << 25) + 6,
    i32::MAX as i64 - 63,
    i32::MAX as i64 - 64,
    33_554_435,
];

/// Every conversion that the target has: dense rows with and without a rest, strided rows, one row.
pub(super) fn casts(target: &'static Target) -> Hand {
    let mut m = Maker::new("casts", target);
    for &(from, to) in target.casts {
        for (rows, cols) in [(3, 40), (3, 10), (1, 200), (5, 128)] {
            let (a, d) = (m.dense("a", from, rows, cols), m.empty("d", to, rows, cols));
            m.vector(VectorOp::Cast, &d, &[span(&a)]);
        }
        let (a, d) = (m.part("strided", from, 3, 10), m.part("d", to, 3, 10));
        m.vector(VectorOp::Cast, &d, &[span(&a)]);
        // More than one instruction's worth of lanes, and a rest, between rows that are different distances apart.
        let (a, d) = (m.part("strided", from, 3, 150), m.empty("d", to, 3, 150));
        m.vector(VectorOp::Cast, &d, &[span(&a)]);
    }
    if target.casts.contains(&(Elem::I32, Elem::F32)) {
        let view = m.numbers("words", Elem::I32, &WORDS);
        let buffer = m.b.buffer("words", Elem::I32, 1, WORDS.len() as u64);
        m.b.load(buffer, view, Expr::int(0));
        let (words, d) = (m.b.all(buffer), m.empty("d", Elem::F32, 1, WORDS.len() as u64));
        m.vector(VectorOp::Cast, &d, &[span(&words)]);
    }
    m.finish()
}
