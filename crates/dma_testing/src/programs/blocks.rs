//! Fills and copies in local memory.

use lower_dma::ir::{Expr, Operand, Scalar, Span, VectorOp};
use lower_dma::target::Target;
use tile_ir::Elem;

use super::Hand;
use super::is_small;
use super::maker::{Maker, number, span};

/// A number for elements of a type that is filled.
fn value(elem: Elem) -> Expr {
    match Scalar::of(elem) {
        Scalar::F32 => Expr::Float(-0.375),
        scalar @ (Scalar::Bool | Scalar::I32 | Scalar::I64) => Expr::Int(scalar, -7),
    }
}

/// Numbers, rows and columns of every type that the target fills.
pub(super) fn fills(target: &'static Target) -> Hand {
    let mut m = Maker::new("fills", target);
    for &elem in target.fills {
        let (row, column) = (m.dense("row", elem, 1, 20), m.dense("column", elem, 1, 5));
        for arg in [Operand::Scalar(value(elem)), Operand::Row(row), Operand::Column(column)] {
            let d = m.empty("d", elem, 5, 20);
            m.vector(VectorOp::Copy, &d, &[arg]);
        }
        // Into the middle of rows: what is beside it stays.
        let unit = target.step(elem).max(16);
        let (wide, column) = (m.dense("wide", elem, 6, 6 * unit), m.dense("middle", elem, 1, 6));
        let row = m.dense("between", elem, 1, unit);
        let part = |first: u64, cols: u64| Span {
            offset: Expr::int((first * unit) as i64),
            cols: cols * unit,
            ..wide.clone()
        };
        m.put(VectorOp::Copy, &part(1, 2), &[Operand::Scalar(value(elem))]);
        m.put(VectorOp::Copy, &part(4, 1), &[Operand::Column(column)]);
        m.put(VectorOp::Copy, &part(3, 1), &[Operand::Row(row)]);
        m.store(&wide);
        // More rows than one instruction takes, where local memory has them.
        let rows = if is_small(target) { 12 } else { 300 };
        let (tall, column) = (m.empty("tall", elem, rows, 4), m.dense("elements", elem, 1, rows));
        m.vector(VectorOp::Copy, &tall, &[Operand::Column(column)]);
    }
    let endless = m.empty("endless", Elem::F32, 1, 100);
    m.vector(VectorOp::Copy, &endless, &[number(f32::NEG_INFINITY)]);
    m.finish()
}

/// Spans of every type, between rows that are different distances apart, and every form of `f32`.
pub(super) fn moves(target: &'static Target) -> Hand {
    let mut m = Maker::new("moves", target);
    let elems = [Elem::F32, Elem::F16, Elem::Bf16, Elem::I8, Elem::I32, Elem::I64];
    for elem in elems.into_iter().filter(|elem| target.holds(*elem)) {
        let (from, d) = (m.dense("from", elem, 3, 36), m.empty("d", elem, 3, 36));
        m.vector(VectorOp::Copy, &d, &[span(&from)]);
        let (from, d) = (m.part("strided", elem, 4, 5), m.empty("d", elem, 4, 5));
        m.vector(VectorOp::Copy, &d, &[span(&from)]);
        let (from, d) = (m.dense("one", elem, 1, 50), m.part("d", elem, 1, 50));
        m.vector(VectorOp::Copy, &d, &[span(&from)]);
    }
    let (row, column) = (m.part("row", Elem::F32, 1, 9), m.part("column", Elem::F32, 1, 5));
    let (dense, part) = (m.dense("dense", Elem::F32, 5, 9), m.part("part", Elem::F32, 5, 9));
    for dst in [m.dense("d", Elem::F32, 5, 9), m.part("d", Elem::F32, 5, 9)] {
        let forms = [span(&dense), span(&part), Operand::Row(row.clone()), Operand::Column(column.clone())];
        for from in forms.into_iter().chain([number(-1.5)]) {
            m.vector(VectorOp::Copy, &dst, &[from]);
        }
        m.vector(VectorOp::Copy, &dst, &[span(&dst)]);
    }
    let one = m.part("one", Elem::F32, 1, 9);
    m.vector(VectorOp::Copy, &one, &[Operand::Row(row)]);
    m.finish()
}
