//! Copies, elements, loops and branches.

use lower_dma::ir::{Convert, Copy, CoreKernel, Expr, Operand, Scalar, StmtKind, VectorOp};
use tile_ir::{Access, BinaryOp, Elem, Number, Predicate};

use super::Program;

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

/// Copies whose size is known at run time, into the middle of buffers, filled up.
pub(super) fn copies() -> CoreKernel {
    let mut p = Program::new("copies");
    let pads = [
        (Elem::F32, Number::Float(-1.5)),
        (Elem::F16, Number::Float(0.5)),
        (Elem::Bf16, Number::Float(f32::NEG_INFINITY)),
        (Elem::I8, Number::Int(-3)),
        (Elem::I32, Number::Int(1 << 20)),
        (Elem::I64, Number::Int(0)),
    ];
    for (elem, pad) in pads {
        let view = p.build.view(&format!("x_{elem}"), elem, &[4, 50], Access::Read);
        let buffer = p.build.buffer("loaded", elem, 4, 64);
        let whole = p.input(&format!("below_{elem}"), elem, 4, 64);
        let span = p.span(whole);
        p.build.vector(VectorOp::Copy, buffer, &[span]);
        let rows = p.build.var("rows", Scalar::I64);
        let cols = binary(BinaryOp::Sub, binary(BinaryOp::Mul, Expr::Var(rows), Expr::int(20)), Expr::int(7));
        p.build.put(StmtKind::Let { var: rows, value: binary(BinaryOp::Add, Expr::Core, Expr::int(2)) });
        let copy = Copy {
            rows: Expr::Var(rows),
            cols,
            max_rows: 3,
            max_cols: 50,
            view_pitch: 50,
            pad: Some(pad),
            ..p.build.copy(buffer, view, binary(BinaryOp::Mul, Expr::Var(rows), Expr::int(3)))
        };
        p.build.put(StmtKind::CopyIn(copy));
        p.output(buffer);
        // Back into a part of a view.
        let out = p.build.view(&format!("part_{elem}"), elem, &[4, 50], Access::Write);
        let copy = Copy {
            rows: Expr::Var(rows),
            cols: Expr::int(9),
            max_rows: 3,
            max_cols: 9,
            view_pitch: 50,
            ..p.build.copy(buffer, out, Expr::int(4))
        };
        p.build.put(StmtKind::CopyOut(copy));
    }
    p.finish()
}

/// Elements of every type, read from views and buffers and written into buffers.
pub(super) fn elements() -> CoreKernel {
    let mut p = Program::new("elements");
    for elem in [Elem::F32, Elem::F16, Elem::Bf16, Elem::I8, Elem::I32, Elem::I64] {
        let buffer = p.input(&format!("x_{elem}"), elem, 2, 20);
        let view = p.build.view(&format!("v_{elem}"), elem, &[40], Access::Read);
        let (here, there) = (p.build.var("here", Scalar::of(elem)), p.build.var("there", Scalar::of(elem)));
        let pitch = p.build.kernel.buffer(buffer).pitch as i64;
        p.build.put(StmtKind::Read { var: here, buffer, offset: Expr::int(pitch + 3) });
        p.build.put(StmtKind::ReadGlobal { var: there, view, offset: Expr::int(11) });
        p.build.put(StmtKind::Write { buffer, offset: Expr::int(5), value: Expr::Var(there) });
        p.build.put(StmtKind::Write { buffer, offset: Expr::int(pitch + 19), value: Expr::Var(here) });
        p.output(buffer);
    }
    p.finish()
}

/// A loop over parts whose offsets it computes; rows of a mask by number; a branch.
pub(super) fn control() -> CoreKernel {
    let mut p = Program::new("control");
    let (x, y) = (p.input("x", Elem::F32, 6, 40), p.input("y", Elem::F32, 6, 40));
    let mask = p.build.buffer("mask", Elem::I1, 6, 40);
    let total = p.build.var("total", Scalar::F32);
    p.build.put(StmtKind::Let { var: total, value: Expr::Float(0.0) });
    let row = |p: &lower_dma::testing::Build<'_>, buffer, row: &Expr| {
        let all = p.all(buffer);
        let offset = binary(BinaryOp::Mul, row.clone(), Expr::int(all.pitch as i64));
        lower_dma::ir::Span { offset, rows: 1, ..all }
    };
    let first = p.build.var("first", Scalar::F32);
    p.build.count("r", 6, |b, r| {
        let (a, c, m) = (row(b, x, &r), row(b, y, &r), row(b, mask, &r));
        let op = VectorOp::Compare(Predicate::FGt);
        b.put(StmtKind::Vector { op, dst: m.clone(), args: vec![Operand::Span(a.clone()), Operand::Span(c.clone())] });
        let args = [m, a.clone(), c].map(Operand::Span).to_vec();
        b.put(StmtKind::Vector { op: VectorOp::Select, dst: a.clone(), args });
        b.put(StmtKind::Read { var: first, buffer: x, offset: a.offset.clone() });
        let value = binary(BinaryOp::Add, Expr::Var(total), Expr::Var(first));
        let value = Expr::Convert(Convert::Round(Elem::Bf16), Box::new(value));
        let large = Expr::Compare(Predicate::FGt, Box::new(Expr::Var(first)), Box::new(Expr::Float(0.5)));
        let loc = tile_ir::Loc::Unknown;
        let put = |value| lower_dma::ir::Stmt { kind: StmtKind::Assign { var: total, value }, loc: loc.clone() };
        let otherwise = vec![put(binary(BinaryOp::Sub, Expr::Var(total), Expr::Float(1.0)))];
        b.put(StmtKind::If { condition: large, then: vec![put(value)], otherwise });
    });
    let span = p.span(x);
    p.build.vector(VectorOp::Binary(BinaryOp::Mul), x, &[span, Operand::Scalar(Expr::Var(total))]);
    p.output(x);
    p.finish()
}
