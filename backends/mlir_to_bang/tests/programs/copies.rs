//! Copies between views and buffers, and inside local memory.

use lower_dma::ir::{CoreKernel, Expr, Operand, Scalar, Span, StmtKind, VectorOp};
use tile_ir::{Access, Elem};

use super::maker::Maker;

/// Of one row, dense and strided on either side, with extents that are known when it runs, and of every element type.
pub(crate) fn copies() -> CoreKernel {
    let mut m = Maker::new("copies");
    let (x, y) = (m.x(), m.y());
    let whole = |span: &Span| [Expr::int(span.rows as i64), Expr::int(span.cols as i64)];
    let dense = m.dense("dense", 4, 16);
    let part = m.part("part", 4, 16);
    for span in [&dense, &part] {
        for pitch in [16, 40] {
            m.fence();
            let copy = m.copy(span, x, 7, pitch, whole(span));
            m.b.put(StmtKind::CopyIn(copy));
            m.fence();
            let room = m.room(4 * pitch);
            let copy = m.copy(span, y, room, pitch, whole(span));
            m.b.put(StmtKind::CopyOut(copy));
        }
    }
    let counts = m.b.view("counts", Elem::I64, &[2], Access::Read);
    let [rows, cols] = [0, 1].map(|at| {
        let var = m.b.var(["rows", "cols"][at], Scalar::I64);
        m.b.put(StmtKind::ReadGlobal { var, view: counts, offset: Expr::int(at as i64) });
        Expr::Var(var)
    });
    for span in [&dense, &part] {
        for extents in [[rows.clone(), Expr::int(16)], [rows.clone(), cols.clone()], [Expr::int(4), cols.clone()]] {
            m.fence();
            let copy = m.copy(span, x, 100, 16, extents.clone());
            m.b.put(StmtKind::CopyIn(copy));
            m.fence();
            let room = m.room(64);
            let copy = m.copy(span, y, room, 16, extents);
            m.b.put(StmtKind::CopyOut(copy));
        }
    }
    for (name, elem) in [
        ("halves", Elem::F16),
        ("brains", Elem::Bf16),
        ("truths", Elem::I1),
        ("bytes", Elem::I8),
        ("words", Elem::I32),
        ("longs", Elem::I64),
    ] {
        let from = m.b.view(name, elem, &[3, 10], Access::Read);
        let to = m.b.view(&format!("{name}_out"), elem, &[3, 10], Access::Write);
        let held = if elem == Elem::I1 { Elem::I8 } else { elem };
        let buffer = m.b.buffer(name, held, 3, 10);
        m.b.load(buffer, from, Expr::int(0));
        m.fence();
        m.b.store(buffer, to, Expr::int(0));
    }
    m.finish()
}

/// Copies and fills in local memory, of spans, rows, columns and numbers.
pub(crate) fn moves() -> CoreKernel {
    let mut m = Maker::new("moves");
    let (row, column) = (m.part("row", 1, 9), m.part("column", 1, 5));
    let (dense, part) = (m.dense("dense", 5, 9), m.part("part", 5, 9));
    for _ in 0..2 {
        for dst in [m.dense("d", 5, 9), m.part("d", 5, 9)] {
            let numbers = Operand::Scalar(Expr::Float(-1.5));
            let forms = [Operand::Span(dense.clone()), Operand::Span(part.clone()), Operand::Row(row.clone())];
            for from in forms.into_iter().chain([Operand::Column(column.clone()), numbers]) {
                m.vector(VectorOp::Copy, &dst, &[from]);
            }
            m.vector(VectorOp::Copy, &dst, &[Operand::Span(dst.clone())]);
        }
    }
    let one = m.part("one", 1, 9);
    m.vector(VectorOp::Copy, &one, &[Operand::Row(row)]);
    // Bits of other types.
    for (name, elem, value) in [
        ("brains", Elem::Bf16, Expr::Float(0.375)),
        ("halves", Elem::F16, Expr::Float(-2.5)),
        ("words", Elem::I32, Expr::Int(Scalar::I32, i32::MIN.into())),
    ] {
        let view = m.b.view(name, elem, &[4, 6], Access::Write);
        let (buffer, source) = (m.b.buffer(name, elem, 4, 6), m.b.buffer("source", elem, 1, 6));
        let (all, source) = (m.b.all(buffer), m.b.all(source));
        let column = Span { cols: 2, ..source.clone() };
        let half = |first: i64| Span { offset: Expr::int(first), rows: 2, ..all.clone() };
        let mut put = |dst: &Span, from: Operand| {
            m.b.put(StmtKind::Vector { op: VectorOp::Copy, dst: dst.clone(), args: vec![from] });
        };
        put(&source, Operand::Scalar(value));
        put(&half(0), Operand::Row(source));
        put(&half(12), Operand::Column(column));
        m.fence();
        m.b.store(buffer, view, Expr::int(0));
    }
    m.finish()
}
