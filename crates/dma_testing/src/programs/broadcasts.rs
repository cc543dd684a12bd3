//! Operations with a row or a column.

use lower_dma::ir::{Expr, Operand, Span, VectorOp};
use lower_dma::target::Target;
use tile_ir::{BinaryOp, Elem};

use super::Hand;
use super::is_small;
use super::maker::{Maker, number, span};

const F32: Elem = Elem::F32;

/// A row and a column with tiles that are dense and strided, and with one row.
pub(super) fn rows_and_columns(target: &'static Target) -> Hand {
    let mut m = Maker::new("rows_and_columns", target);
    for &op in target.binary {
        let op = VectorOp::Binary(op);
        // More than one repeat of 256 bytes, and a rest.
        let (row, column) = (m.dense("row", F32, 1, 72), m.dense("column", F32, 1, 9));
        let (a, d) = (m.dense("a", F32, 9, 72), m.empty("d", F32, 9, 72));
        for with in [Operand::Row(row), Operand::Column(column)] {
            m.vector(op, &d, &[span(&a), with]);
        }
        let (row, column) = (Operand::Row(m.part("row", F32, 1, 20)), Operand::Column(m.part("column", F32, 1, 4)));
        let (a, d) = (m.part("strided", F32, 4, 20), m.part("d", F32, 4, 20));
        for with in [&row, &column] {
            m.vector(op, &d, &[span(&a), with.clone()]);
            m.vector(op, &a, &[span(&a), with.clone()]);
        }
        // One row.
        let one = Operand::Column(m.part("one", F32, 1, 1));
        let d = m.part("d", F32, 1, 20);
        m.vector(op, &d, &[span(&d), row]);
        m.vector(op, &d, &[span(&d), one]);
    }
    m.finish()
}

/// Rows that are more, longer or farther apart than one instruction takes.
pub(super) fn steps(target: &'static Target) -> Hand {
    let mut m = Maker::new("steps", target);
    // Where local memory is small, as much as it has.
    let [rows, wider, longer] = if is_small(target) { [40, 800, 1000] } else { [300, 2100, 4200] };
    // More rows than repeats, and 5 of 8 columns.
    let (tall, short) = (m.dense("tall", F32, rows, 5), m.dense("short", F32, 1, 5));
    m.vector(VectorOp::Binary(BinaryOp::Mul), &tall, &[span(&tall), Operand::Row(short)]);
    let column = m.dense("column", F32, 1, rows);
    m.vector(VectorOp::Binary(BinaryOp::Add), &tall, &[span(&tall), Operand::Column(column)]);
    // Rows that are farther apart than repeats may be.
    let (wide, one) = (m.dense("wide", F32, 2, wider), m.dense("one", F32, 1, wider));
    let first = m.dense("first", F32, 1, 2);
    m.vector(VectorOp::Binary(BinaryOp::Sub), &wide, &[span(&wide), Operand::Row(one)]);
    m.vector(VectorOp::Binary(BinaryOp::Mul), &wide, &[span(&wide), Operand::Column(first)]);
    // And longer than what operations have beside the buffers, on targets where they have.
    let (long, row) = (m.dense("long", F32, 2, longer), m.dense("row", F32, 1, longer));
    m.vector(VectorOp::Binary(BinaryOp::DivF), &long, &[span(&long), Operand::Row(row)]);
    m.finish()
}

/// A part of rows that are so long that PTO's repeats cannot take them together.
pub(super) fn long_rows(target: &'static Target) -> Hand {
    let mut m = Maker::new("long_rows", target);
    let (pitch, cols) = if is_small(target) { (4_000, 3_900) } else { (16_500, 16_400) };
    let far = m.dense("far", F32, 2, pitch);
    let part = Span { offset: Expr::int(0), cols, ..far };
    m.vector(VectorOp::Binary(BinaryOp::Mul), &part, &[span(&part), number(-2.0)]);
    m.finish()
}
