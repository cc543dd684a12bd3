//! Operations on spans, dense and strided, with every sharing of operands and results that is allowed.

use lower_dma::ir::{Expr, Operand, Span, VectorOp};
use lower_dma::target::Target;
use tile_ir::{BinaryOp, Elem};

use super::Hand;
use super::is_small;
use super::maker::{Maker, number, span};

const F32: Elem = Elem::F32;

/// Functions of one operand, into another buffer and in place.
pub(super) fn unary(target: &'static Target) -> Hand {
    let mut m = Maker::new("unary", target);
    for &op in target.unary {
        let op = VectorOp::Unary(op);
        // Rows with and without a rest behind the last block, and rows that are farther apart.
        for (a, d) in [
            (m.dense("a", F32, 3, 40), m.empty("d", F32, 3, 40)),
            (m.dense("uneven", F32, 3, 60), m.empty("d", F32, 3, 60)),
            (m.part("strided", F32, 3, 7), m.part("d", F32, 3, 7)),
        ] {
            m.vector(op, &d, &[span(&a)]);
            m.vector(op, &a, &[span(&a)]);
        }
    }
    // Longer than what operations have beside the buffers, on targets where they have.
    let long = m.dense("long", F32, 1, if is_small(target) { 2000 } else { 5000 });
    m.vector(VectorOp::Unary(target.unary[0]), &long, &[span(&long)]);
    // Results of all sizes.
    let low = m.dense("low", F32, 1, 64);
    m.put(VectorOp::Binary(BinaryOp::Mul), &low, &[span(&low), number(200.0)]);
    for &op in target.unary {
        let d = m.empty("d", F32, 1, 64);
        m.vector(VectorOp::Unary(op), &d, &[span(&low)]);
    }
    m.finish()
}

/// Whether the operation takes a number as its second operand.
pub(super) const fn with_number(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::MinF | BinaryOp::MaxF | BinaryOp::MinS | BinaryOp::MaxS)
}

/// Operations of two spans or a span and a number.
pub(super) fn binary(target: &'static Target) -> Hand {
    let mut m = Maker::new("binary", target);
    for &op in target.binary {
        let op_of = VectorOp::Binary(op);
        let [a, b, d] = ["a", "b", "d"].map(|name| m.dense(name, F32, 2, 30));
        m.vector(op_of, &d, &[span(&a), span(&b)]);
        // The result is the second operand, the first, both.
        m.vector(op_of, &d, &[span(&a), span(&d)]);
        m.vector(op_of, &a, &[span(&a), span(&b)]);
        m.vector(op_of, &b, &[span(&b), span(&b)]);
        let [a, b, d] = ["a", "b", "strided"].map(|name| m.part(name, F32, 3, 9));
        m.vector(op_of, &d, &[span(&a), span(&b)]);
        m.vector(op_of, &b, &[span(&a), span(&b)]);
        if with_number(op) {
            m.vector(op_of, &d, &[span(&a), number(0.625)]);
            m.vector(op_of, &a, &[span(&a), number(-0.25)]);
        }
    }
    let small = is_small(target);
    let long = if small { 1000 } else { 4500 };
    let (a, b) = (m.dense("long", F32, 1, long), m.dense("other", F32, 1, long));
    m.vector(VectorOp::Binary(BinaryOp::DivF), &a, &[span(&a), span(&b)]);
    // Rows of all three are different distances apart; the rest of the result's rows is written by itself.
    let (rows, unit) = (if small { 2 } else { 9 }, target.step(F32).max(8));
    let (x, y) = (m.dense("x", F32, rows, 9 * unit), m.part("y", F32, rows, 4 * unit));
    let d = m.empty("mixed", F32, rows, 5 * unit);
    let x = Span { offset: Expr::int(unit as i64), cols: 4 * unit, ..x };
    m.put(VectorOp::Binary(BinaryOp::Add), &Span { cols: 4 * unit, ..d.clone() }, &[span(&x), span(&y)]);
    let rest = Span { offset: Expr::int(4 * unit as i64), cols: unit, ..d.clone() };
    m.put(VectorOp::Copy, &rest, &[number(-1.0)]);
    m.store(&d);
    // Another part of the same row is an operand.
    let d = m.dense("halves", F32, 1, 8 * unit);
    let half = |first: u64| Span { offset: Expr::int(first as i64), cols: 4 * unit, ..d.clone() };
    m.vector(VectorOp::Binary(BinaryOp::Add), &half(0), &[span(&half(0)), span(&half(4 * unit))]);
    m.finish()
}

/// Products with sums.
pub(super) fn fused(target: &'static Target) -> Hand {
    let mut m = Maker::new("fused", target);
    for (strided, rows, cols) in [(false, 3, 11), (true, 3, 11), (false, 2, 44)] {
        let [a, b, c, d] = ["a", "b", "c", "d"]
            .map(|name| if strided { m.part(name, F32, rows, cols) } else { m.dense(name, F32, rows, cols) });
        // Into none of the operands, into each, into one that is two of them or all.
        for (dst, args) in [
            (&d, [&a, &b, &c]),
            (&a, [&a, &b, &c]),
            (&b, [&a, &b, &c]),
            (&c, [&a, &b, &c]),
            (&d, [&d, &d, &c]),
            (&d, [&d, &a, &d]),
            (&d, [&a, &d, &d]),
            (&d, [&d, &d, &d]),
        ] {
            let args: Vec<Operand> = args.into_iter().map(span).collect();
            m.vector(VectorOp::Fma, dst, &args);
        }
    }
    m.finish()
}
