//! Comparisons and choices.

use lower_dma::ir::{Expr, Span, VectorOp};
use lower_dma::target::Target;
use tile_ir::{Elem, Predicate};

use super::Hand;
use super::maker::{Maker, number, span};

const F32: Elem = Elem::F32;

const COMPARED: [Predicate; 6] =
    [Predicate::FEq, Predicate::FNe, Predicate::FLt, Predicate::FLe, Predicate::FGt, Predicate::FGe];

/// Comparisons with spans and numbers, and choices between spans that are the result or not, of infinities too.
pub(super) fn masks(target: &'static Target) -> Hand {
    let mut m = Maker::new("masks", target);
    for strided in [false, true] {
        let of = |m: &mut Maker, name: &str| {
            if strided { m.part(name, F32, 3, 12) } else { m.dense(name, F32, 3, 12) }
        };
        for predicate in COMPARED {
            let [a, b, yes, d] = ["a", "b", "yes", "d"].map(|name| of(&mut m, name));
            let mask = m.empty("mask", Elem::I1, 3, 12);
            m.put(VectorOp::Compare(predicate), &mask, &[span(&a), span(&b)]);
            m.vector(VectorOp::Select, &d, &[span(&mask), span(&yes), span(&b)]);
            m.vector(VectorOp::Select, &yes, &[span(&mask), span(&yes), span(&a)]);
            m.vector(VectorOp::Select, &b, &[span(&mask), span(&d), span(&b)]);
            m.put(VectorOp::Compare(predicate), &mask, &[span(&a), number(0.25)]);
            m.put(VectorOp::Copy, &d, &[number(f32::INFINITY)]);
            m.vector(VectorOp::Select, &d, &[span(&mask), span(&d), span(&b)]);
        }
    }
    m.finish()
}

/// Masks whose rows are longer than a block of bits, parts of them, one row, and choices between integers.
pub(super) fn parts(target: &'static Target) -> Hand {
    use Predicate::{FEq, FGe, FGt, FLe, FLt, FNe};
    let mut m = Maker::new("mask_parts", target);
    let (x, y) = (m.dense("x", F32, 5, 300), m.dense("y", F32, 5, 300));
    let mask = m.empty("mask", Elem::I1, 5, 300);
    let arguments = [(FLt, span(&y)), (FGe, span(&y)), (FNe, span(&x)), (FEq, span(&y))];
    for (predicate, other) in arguments.into_iter().chain([(FLe, number(0.25)), (FGt, number(-0.5))]) {
        m.put(VectorOp::Compare(predicate), &mask, &[span(&x), other]);
        let d = m.empty("d", F32, 5, 300);
        m.vector(VectorOp::Select, &d, &[span(&mask), span(&x), span(&y)]);
    }
    // Columns 256 to 299 of the mask by another comparison.
    let part = |all: &Span, first: i64, cols: u64| Span { offset: Expr::int(first), cols, ..all.clone() };
    m.put(VectorOp::Compare(FGe), &part(&mask, 0, 256), &[span(&part(&x, 0, 256)), number(0.0)]);
    m.put(VectorOp::Compare(FNe), &part(&mask, 256, 44), &[span(&part(&x, 256, 44)), number(0.0)]);
    let d = m.empty("d", F32, 5, 300);
    m.vector(VectorOp::Select, &d, &[span(&mask), span(&y), span(&x)]);
    // Rows that are different distances apart.
    let small = m.empty("small", F32, 5, 40);
    m.vector(VectorOp::Select, &small, &[&part(&mask, 0, 40), &part(&x, 0, 40), &part(&y, 0, 40)].map(span));
    // Whole blocks of bits; rows of 64, 192, 256 and 320.
    for cols in [64, 192, 256, 320] {
        let (a, b) = (m.dense("a", F32, 2, cols), m.dense("b", F32, 2, cols));
        let mask = m.empty("even", Elem::I1, 2, cols);
        m.put(VectorOp::Compare(FLt), &mask, &[span(&a), span(&b)]);
        m.vector(VectorOp::Select, &a, &[span(&mask), span(&a), span(&b)]);
    }
    let (i, j) = (m.dense("i", Elem::I32, 1, 64), m.dense("j", Elem::I32, 1, 64));
    let (first, which) = (m.dense("first", F32, 1, 64), m.empty("which", Elem::I1, 1, 64));
    m.put(VectorOp::Compare(FGt), &which, &[span(&first), number(0.0)]);
    m.vector(VectorOp::Select, &i, &[span(&which), span(&i), span(&j)]);
    // Longer than what operations have beside the buffers, on targets where they have.
    let (long, other) = (m.dense("long", F32, 1, 2100), m.dense("other", F32, 1, 2100));
    let mask = m.empty("mask", Elem::I1, 1, 2100);
    m.put(VectorOp::Compare(FLt), &mask, &[span(&long), number(0.0)]);
    m.vector(VectorOp::Select, &long, &[span(&mask), span(&long), span(&other)]);
    m.finish()
}
