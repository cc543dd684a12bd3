//! Vector operations, on dense and strided parts, with every sharing of operands and results that is allowed.

use lower_dma::ir::{CoreKernel, Expr, Operand, Span, StmtKind, VectorOp};
use tile_ir::{Access, BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

use super::maker::Maker;

fn span(span: &Span) -> Operand {
    Operand::Span(span.clone())
}

fn number(value: f32) -> Operand {
    Operand::Scalar(Expr::Float(value))
}

/// Functions of one operand, into another buffer and in place.
pub(crate) fn unary() -> CoreKernel {
    let mut m = Maker::new("unary");
    for op in [UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Floor] {
        let (a, d) = (m.dense("a", 3, 40), m.dense("d", 3, 40));
        m.vector(VectorOp::Unary(op), &d, &[span(&a)]);
        m.vector(VectorOp::Unary(op), &a, &[span(&a)]);
        let (a, d) = (m.part("strided", 3, 7), m.part("d", 3, 7));
        m.vector(VectorOp::Unary(op), &d, &[span(&a)]);
        m.vector(VectorOp::Unary(op), &a, &[span(&a)]);
    }
    // Longer than what operations have beside the buffers.
    let long = m.dense("long", 1, 5000);
    m.vector(VectorOp::Unary(UnaryOp::Floor), &long, &[span(&long)]);
    let low = m.dense("low", 1, 64);
    m.vector(VectorOp::Binary(BinaryOp::Mul), &low, &[span(&low), number(200.0)]);
    m.vector(VectorOp::Unary(UnaryOp::Exp), &low, &[span(&low)]);
    m.finish()
}

const ARITHMETIC: [BinaryOp; 6] =
    [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF];

/// Operations of two spans or a span and a number.
pub(crate) fn binary() -> CoreKernel {
    let mut m = Maker::new("binary");
    for op in ARITHMETIC {
        let op_of = VectorOp::Binary(op);
        let [a, b, d] = ["a", "b", "d"].map(|name| m.dense(name, 2, 30));
        m.vector(op_of, &d, &[span(&a), span(&b)]);
        // The result is the second operand, the first, both.
        m.vector(op_of, &d, &[span(&a), span(&d)]);
        m.vector(op_of, &a, &[span(&a), span(&b)]);
        m.vector(op_of, &b, &[span(&b), span(&b)]);
        let [a, b, d] = ["a", "b", "strided"].map(|name| m.part(name, 3, 9));
        m.vector(op_of, &d, &[span(&a), span(&b)]);
        m.vector(op_of, &b, &[span(&a), span(&b)]);
        m.vector(op_of, &a, &[span(&a), span(&d)]);
        if !matches!(op, BinaryOp::Sub | BinaryOp::DivF) {
            m.vector(op_of, &d, &[span(&a), number(0.625)]);
            m.vector(op_of, &a, &[span(&a), number(-0.25)]);
        }
    }
    let (a, b) = (m.dense("long", 1, 4500), m.dense("other", 1, 4500));
    m.vector(VectorOp::Binary(BinaryOp::DivF), &a, &[span(&a), span(&b)]);
    m.finish()
}

/// Operations with a row and a column.
pub(crate) fn rows_and_columns() -> CoreKernel {
    let mut m = Maker::new("rows_and_columns");
    for op in ARITHMETIC {
        let op_of = VectorOp::Binary(op);
        let row = Operand::Row(m.part("row", 1, 20));
        let column = Operand::Column(m.part("column", 1, 4));
        let (a, d) = (m.dense("a", 4, 20), m.dense("d", 4, 20));
        for with in [&row, &column] {
            m.vector(op_of, &d, &[span(&a), with.clone()]);
            m.vector(op_of, &d, &[span(&d), with.clone()]);
        }
        let (a, d) = (m.part("strided", 4, 20), m.part("d", 4, 20));
        for with in [&row, &column] {
            m.vector(op_of, &d, &[span(&a), with.clone()]);
            m.vector(op_of, &d, &[span(&d), with.clone()]);
        }
        // One row.
        let one = Operand::Column(m.part("one", 1, 1));
        let d = m.part("d", 1, 20);
        m.vector(op_of, &d, &[span(&d), row]);
        m.vector(op_of, &d, &[span(&d), one]);
    }
    let long = Operand::Row(m.dense("long", 1, 4200));
    let a = m.dense("a", 2, 4200);
    m.vector(VectorOp::Binary(BinaryOp::DivF), &a, &[span(&a), long]);
    m.finish()
}

/// Products with sums.
pub(crate) fn fused() -> CoreKernel {
    let mut m = Maker::new("fused");
    for strided in [false, true] {
        let [a, b, c, d] =
            ["a", "b", "c", "d"].map(|name| if strided { m.part(name, 3, 11) } else { m.dense(name, 3, 11) });
        m.vector(VectorOp::Fma, &d, &[&a, &b, &c].map(span));
        m.vector(VectorOp::Fma, &a, &[&a, &b, &c].map(span));
        m.vector(VectorOp::Fma, &b, &[&a, &b, &c].map(span));
        m.vector(VectorOp::Fma, &c, &[&a, &b, &c].map(span));
        m.vector(VectorOp::Fma, &d, &[&d, &d, &c].map(span));
        m.vector(VectorOp::Fma, &d, &[&d, &a, &d].map(span));
        m.vector(VectorOp::Fma, &d, &[&d, &d, &d].map(span));
    }
    m.finish()
}

const COMPARED: [Predicate; 6] =
    [Predicate::FEq, Predicate::FNe, Predicate::FLt, Predicate::FLe, Predicate::FGt, Predicate::FGe];

/// Comparisons with spans and numbers, and choices, of infinities too.
pub(crate) fn masks() -> CoreKernel {
    let mut m = Maker::new("masks");
    for strided in [false, true] {
        let of = |m: &mut Maker, name: &str| if strided { m.part(name, 3, 12) } else { m.dense(name, 3, 12) };
        for predicate in COMPARED {
            let [a, b, yes, d] = ["a", "b", "yes", "d"].map(|name| of(&mut m, name));
            let buffer = m.b.buffer("mask", Elem::I1, 3, 12);
            let mask = m.b.all(buffer);
            m.fence();
            m.b.put(StmtKind::Vector {
                op: VectorOp::Compare(predicate),
                dst: mask.clone(),
                args: vec![span(&a), span(&b)],
            });
            m.vector(VectorOp::Select, &d, &[&mask, &yes, &b].map(span));
            m.vector(VectorOp::Select, &yes, &[&mask, &yes, &a].map(span));
            m.vector(VectorOp::Select, &a, &[&mask, &d, &a].map(span));
            m.b.put(StmtKind::Vector {
                op: VectorOp::Compare(predicate),
                dst: mask.clone(),
                args: vec![span(&a), number(0.25)],
            });
            m.vector(VectorOp::Select, &a, &[&mask, &a, &a].map(span));
            let unbounded = if predicate.is_float() { f32::INFINITY } else { 1.0 };
            m.vector(VectorOp::Copy, &d, &[number(unbounded)]);
            m.vector(VectorOp::Select, &d, &[&mask, &d, &b].map(span));
        }
    }
    let long = m.dense("long", 1, 2100);
    let buffer = m.b.buffer("mask", Elem::I1, 1, 2100);
    let mask = m.b.all(buffer);
    m.fence();
    let args = vec![span(&long), number(0.0)];
    m.b.put(StmtKind::Vector { op: VectorOp::Compare(Predicate::FLt), dst: mask.clone(), args });
    let other = m.dense("other", 1, 2100);
    m.vector(VectorOp::Select, &long, &[&mask, &long, &other].map(span));
    m.finish()
}

/// Conversions between types, dense and strided.
pub(crate) fn casts() -> CoreKernel {
    let mut m = Maker::new("casts");
    for elem in [Elem::Bf16, Elem::F16] {
        let (a, d) = (m.dense("a", 3, 10), m.dense("d", 3, 10));
        let buffer = m.b.buffer("narrow", elem, 3, 10);
        let narrow = m.b.all(buffer);
        m.fence();
        m.b.put(StmtKind::Vector { op: VectorOp::Cast, dst: narrow.clone(), args: vec![span(&a)] });
        m.vector(VectorOp::Cast, &d, &[span(&narrow)]);
        let (a, d) = (m.part("strided", 3, 10), m.part("d", 3, 10));
        m.fence();
        m.b.put(StmtKind::Vector { op: VectorOp::Cast, dst: narrow.clone(), args: vec![span(&a)] });
        m.vector(VectorOp::Cast, &d, &[span(&narrow)]);
    }
    for (name, elem) in [("words", Elem::I32), ("bytes", Elem::I8)] {
        let view = m.b.view(name, elem, &[64], Access::Read);
        let buffer = m.b.buffer(name, elem, 2, 32);
        m.b.load(buffer, view, Expr::int(0));
        let (d, from) = (m.dense("d", 2, 32), m.b.all(buffer));
        m.vector(VectorOp::Cast, &d, &[span(&from)]);
    }
    m.finish()
}

const REDUCED: [ReduceOp; 3] = [ReduceOp::Add, ReduceOp::MinF, ReduceOp::MaxF];

/// Rows of all kinds of lengths to elements.
pub(crate) fn row_reductions() -> CoreKernel {
    let mut m = Maker::new("row_reductions");
    for (op, sizes) in REDUCED.into_iter().zip([&[1, 5, 63, 64, 96, 100, 2000][..], &[5, 64, 70], &[3, 128, 129]]) {
        for &cols in sizes {
            for rows in [1, 3] {
                let (a, d) = (m.dense("a", rows, cols), m.dense("d", 1, rows));
                m.vector(VectorOp::ReduceRows(op), &d, &[span(&a)]);
                let (a, d) = (m.part("strided", rows, cols), m.part("d", 1, rows));
                m.vector(VectorOp::ReduceRows(op), &d, &[span(&a)]);
            }
        }
    }
    // More rows than there is room for partial results.
    let (a, d) = (m.dense("many", 150, 64), m.dense("d", 1, 150));
    m.vector(VectorOp::ReduceRows(ReduceOp::Add), &d, &[span(&a)]);
    m.finish()
}

/// Columns to elements.
pub(crate) fn column_reductions() -> CoreKernel {
    let mut m = Maker::new("column_reductions");
    for op in REDUCED {
        for (rows, cols) in [(1, 8), (2, 5), (17, 33)] {
            let (a, d) = (m.dense("a", rows, cols), m.dense("d", 1, cols));
            m.vector(VectorOp::ReduceCols(op), &d, &[span(&a)]);
            let (a, d) = (m.part("strided", rows, cols), m.part("d", 1, cols));
            m.vector(VectorOp::ReduceCols(op), &d, &[span(&a)]);
        }
    }
    m.finish()
}
