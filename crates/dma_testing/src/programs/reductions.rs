//! Rows and columns to numbers.

use lower_dma::ir::{Expr, Span, VectorOp};
use lower_dma::target::Target;
use tile_ir::{Elem, ReduceOp};

use super::Hand;
use super::is_small;
use super::maker::{Maker, span};

const F32: Elem = Elem::F32;

const REDUCED: [ReduceOp; 3] = [ReduceOp::Add, ReduceOp::MinF, ReduceOp::MaxF];

/// Whether rows of so many elements fit beside others, with blocks around each; always where local memory is large.
fn fits(target: &Target, (rows, cols): (u64, u64)) -> bool {
    let bytes = rows * (target.pitch(F32, cols) + 6 * target.step(F32)) * F32.bytes();
    !is_small(target) || bytes <= target.local_bytes / 2
}

/// Rows that are below, at and above the elements of a repeat and powers of two of them, more than repeats, and more than there is
/// room for partial results.
pub(super) fn rows(target: &'static Target) -> Hand {
    let mut m = Maker::new("rows", target);
    let shapes = [
        (1, 1),
        (3, 5),
        (1, 63),
        (3, 64),
        (3, 96),
        (8, 100),
        (3, 2000),
        (1, 1536),
        (3, 65),
        (300, 24),
        (9, 200),
        (150, 64),
        (3, 128),
        (3, 129),
        (3, 70),
        (300, 1),
        (3, 8),
        (3, 60),
        (2, 127),
        (2, 1000),
    ];
    for (at, (rows, cols)) in shapes.into_iter().filter(|shape| fits(target, *shape)).enumerate() {
        let (a, d) = (m.dense("a", F32, rows, cols), m.empty("d", F32, 1, rows));
        m.vector(VectorOp::ReduceRows(REDUCED[at % 3]), &d, &[span(&a)]);
    }
    m.finish()
}

/// Rows that are farther apart than they are long; results beside others.
pub(super) fn strided_rows(target: &'static Target) -> Hand {
    let mut m = Maker::new("strided_rows", target);
    let shapes = [
        (3, 1),
        (3, 5),
        (3, 8),
        (1, 63),
        (1, 100),
        (3, 60),
        (3, 64),
        (3, 65),
        (3, 100),
        (3, 127),
        (2, 128),
        (3, 129),
        (2, 1000),
        (2, 2000),
        (258, 8),
    ];
    for (at, (rows, cols)) in shapes.into_iter().filter(|shape| fits(target, *shape)).enumerate() {
        if rows > 1 && !target.reduces_parts {
            continue;
        }
        let (a, d) = (m.part("strided", F32, rows, cols), m.part("d", F32, 1, rows));
        m.vector(VectorOp::ReduceRows(REDUCED[at % 3]), &d, &[span(&a)]);
    }
    m.finish()
}

/// Rows folded into a row of results that starts anywhere, on targets that have it.
pub(super) fn folds(target: &'static Target) -> Hand {
    let mut m = Maker::new("folds", target);
    if target.vectors.is_none() {
        return m.finish();
    }
    for (at, (rows, cols, first)) in [(3, 70, 0), (8, 100, 61), (1, 5, 63), (24, 64, 8)].into_iter().enumerate() {
        let (a, d) = (m.dense("a", F32, rows, cols), m.dense("d", F32, 1, 130));
        let place = Span { offset: Expr::int(first), cols: rows, ..d.clone() };
        m.put(VectorOp::ReduceRows(REDUCED[at % 3]), &place, &[span(&a), span(&place)]);
        m.store(&d);
    }
    m.finish()
}

/// Few and many rows, odd and even, dense and strided.
pub(super) fn columns(target: &'static Target) -> Hand {
    let mut m = Maker::new("columns", target);
    for op in REDUCED {
        for (rows, cols) in [(1, 8), (2, 5), (17, 33)] {
            let (a, d) = (m.dense("a", F32, rows, cols), m.empty("d", F32, 1, cols));
            m.vector(VectorOp::ReduceCols(op), &d, &[span(&a)]);
            let (a, d) = (m.part("strided", F32, rows, cols), m.part("d", F32, 1, cols));
            m.vector(VectorOp::ReduceCols(op), &d, &[span(&a)]);
        }
    }
    let shapes = [(1, 20), (2, 64), (3, 64), (5, 20), (7, 60), (64, 16), (33, 130), (600, 8)];
    for (at, (rows, cols)) in shapes.into_iter().filter(|shape| fits(target, *shape)).enumerate() {
        let (a, d) = (m.dense("a", F32, rows, cols), m.empty("d", F32, 1, cols));
        m.vector(VectorOp::ReduceCols(REDUCED[at % 3]), &d, &[span(&a)]);
    }
    // One row of a buffer, which a variable could choose.
    let (a, d) = (m.dense("a", F32, 3, 24), m.empty("d", F32, 1, 24));
    let row = Span { offset: Expr::int(a.pitch as i64), rows: 1, ..a };
    m.vector(VectorOp::ReduceCols(ReduceOp::Add), &d, &[span(&row)]);
    m.finish()
}
