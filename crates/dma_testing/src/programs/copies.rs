//! Copies between views and buffers.

use lower_dma::ir::{Convert, Copy, Expr, Scalar, StmtKind, VectorOp};
use lower_dma::target::Target;
use tile_ir::{BinaryOp, Elem, Number};

use super::Hand;
use super::maker::{Maker, span};

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

/// Of all of a buffer, dense and strided on either side, of every element type.
pub(super) fn copies(target: &'static Target) -> Hand {
    let mut m = Maker::new("copies", target);
    let spans = [m.dense("dense", Elem::F32, 4, 16), m.part("part", Elem::F32, 4, 16)];
    for part in &spans {
        for pitch in [16, 40] {
            let extents = || [Expr::int(4), Expr::int(16)];
            let (view, first) = m.input(Elem::F32, 4 * pitch + 7);
            let copy = m.copy(part, view, first + 7, pitch, extents());
            m.b.put(StmtKind::CopyIn(copy));
            let (view, first) = m.room(Elem::F32, 4 * pitch);
            let copy = m.copy(part, view, first, pitch, extents());
            m.b.put(StmtKind::CopyOut(copy));
        }
    }
    let elems = [Elem::F16, Elem::Bf16, Elem::I1, Elem::I8, Elem::I32, Elem::I64];
    for elem in elems.into_iter().filter(|elem| target.holds(*elem)) {
        let (from, first) = m.input(elem, 30);
        let (to, room) = m.room(elem, 30);
        let buffer = m.b.buffer("loaded", Maker::held(elem), 3, 10);
        m.b.load(buffer, from, Expr::int(first as i64));
        m.b.store(buffer, to, Expr::int(room as i64));
    }
    m.finish()
}

/// Copies whose extents are known when they run; the rest of the last blocks is filled, what is behind it stays.
pub(super) fn extents(target: &'static Target) -> Hand {
    let mut m = Maker::new("extents", target);
    let elem = if target.holds(Elem::I64) { Elem::I64 } else { Elem::I32 };
    let counts = m.numbers("counts", elem, &[3, 9]);
    let [rows, cols] = ["rows", "cols"].map(|name| {
        let var = m.b.var(name, Scalar::of(elem));
        let offset = Expr::int(i64::from(name == "cols"));
        m.b.put(StmtKind::ReadGlobal { var, view: counts, offset });
        if elem == Elem::I32 {
            return Expr::Convert(Convert::Signed(Scalar::I64, 32), Box::new(Expr::Var(var)));
        }
        Expr::Var(var)
    });
    for part in [m.dense("dense", Elem::F32, 4, 16), m.part("part", Elem::F32, 4, 16)] {
        for extents in [[rows.clone(), Expr::int(16)], [rows.clone(), cols.clone()], [Expr::int(4), cols.clone()]] {
            let (view, first) = m.input(Elem::F32, 64);
            let copy = m.copy(&part, view, first, 16, extents.clone());
            m.b.put(StmtKind::CopyIn(copy));
            let (view, first) = m.room(Elem::F32, 64);
            let copy = m.copy(&part, view, first, 16, extents);
            m.b.put(StmtKind::CopyOut(copy));
        }
    }
    let pads = [
        (Elem::F32, Number::Float(-1.5)),
        (Elem::F16, Number::Float(0.5)),
        (Elem::Bf16, Number::Float(f32::NEG_INFINITY)),
        (Elem::I8, Number::Int(-3)),
        (Elem::I32, Number::Int(1 << 20)),
        (Elem::I64, Number::Int(0)),
    ];
    for (elem, pad) in pads.into_iter().filter(|(elem, _)| target.holds(*elem)) {
        let below = m.dense("below", elem, 4, 64);
        let loaded = m.empty("loaded", elem, 4, 64);
        m.put(VectorOp::Copy, &loaded, &[span(&below)]);
        let rows = m.b.var("rows", Scalar::I64);
        m.b.put(StmtKind::Let { var: rows, value: binary(BinaryOp::Add, Expr::Core, Expr::int(2)) });
        let cols = binary(BinaryOp::Sub, binary(BinaryOp::Mul, Expr::Var(rows), Expr::int(20)), Expr::int(7));
        let (view, first) = m.input(elem, 200);
        let copy = m.copy(&loaded, view, first, 50, [Expr::Var(rows), cols]);
        let pad = target.copy_pads.then_some(pad);
        m.b.put(StmtKind::CopyIn(Copy { max_rows: 3, max_cols: 50, pad, ..copy }));
        m.store(&loaded);
        // Back into a part of a view.
        let (view, first) = m.room(elem, 200);
        let copy = m.copy(&loaded, view, first + 4, 50, [Expr::Var(rows), Expr::int(9)]);
        m.b.put(StmtKind::CopyOut(Copy { max_rows: 3, max_cols: 9, ..copy }));
        // A fixed extent that leaves a rest.
        let (view, first) = m.input(elem, 21);
        let fixed = m.empty("fixed", elem, 3, 7);
        let copy = m.copy(&fixed, view, first, 7, [Expr::int(3), Expr::int(7)]);
        m.b.put(StmtKind::CopyIn(Copy { pad, ..copy }));
        m.store(&fixed);
    }
    m.finish()
}
