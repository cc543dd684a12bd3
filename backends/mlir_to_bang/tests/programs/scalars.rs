//! Scalar code: elements of every type, expressions, loops, branches, order.

use lower_dma::ir::{Convert, CoreKernel, Expr, Operand, Pipe, Scalar, StmtKind, VectorOp};
use tile_ir::{Access, BinaryOp, Elem, Predicate, UnaryOp};

use super::maker::Maker;

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

/// Elements of views and buffers, read and written; the core waits between scalar code and copies.
pub(crate) fn scalars() -> CoreKernel {
    let mut m = Maker::new("scalars");
    for (name, elem) in [
        ("floats", Elem::F32),
        ("halves", Elem::F16),
        ("brains", Elem::Bf16),
        ("bytes", Elem::I8),
        ("words", Elem::I32),
        ("longs", Elem::I64),
    ] {
        let from = m.b.view(name, elem, &[16], Access::Read);
        let to = m.b.view(&format!("{name}_out"), elem, &[16], Access::Write);
        let buffer = m.b.buffer(name, elem, 1, 16);
        m.b.load(buffer, from, Expr::int(0));
        m.b.put(StmtKind::Drain(Pipe::In));
        let [a, b] = ["a", "b"].map(|name| m.b.var(name, Scalar::of(elem)));
        m.b.put(StmtKind::Read { var: a, buffer, offset: Expr::int(3) });
        m.b.put(StmtKind::ReadGlobal { var: b, view: from, offset: Expr::int(5) });
        let sum = match elem {
            Elem::F32 => binary(BinaryOp::Add, Expr::Var(a), Expr::Var(b)),
            Elem::F16 | Elem::Bf16 => {
                Expr::Convert(Convert::Round(elem), Box::new(binary(BinaryOp::Mul, Expr::Var(a), Expr::Var(b))))
            }
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
                binary(BinaryOp::Xor, Expr::Var(a), Expr::Var(b))
            }
        };
        m.b.put(StmtKind::Write { buffer, offset: Expr::int(0), value: sum });
        m.b.put(StmtKind::Drain(Pipe::Scalar));
        m.b.store(buffer, to, Expr::int(0));
        m.b.put(StmtKind::Drain(Pipe::Out));
    }
    // Functions of scalar code.
    let values = m.filled("values", 1, 8);
    m.b.put(StmtKind::Drain(Pipe::In));
    let power = |x: Expr| Expr::Unary(UnaryOp::Exp, Box::new(x));
    let root = |x: Expr| Expr::Unary(UnaryOp::Sqrt, Box::new(Expr::Unary(UnaryOp::Abs, Box::new(x))));
    let larger = |x: Expr| binary(BinaryOp::MaxF, x, Expr::Float(0.5));
    let functions: [&dyn Fn(Expr) -> Expr; 3] = [&power, &root, &larger];
    for (at, function) in functions.into_iter().enumerate() {
        let value = m.b.var("value", Scalar::F32);
        m.b.put(StmtKind::Read { var: value, buffer: values, offset: Expr::int(at as i64) });
        m.b.put(StmtKind::Write { buffer: values, offset: Expr::int(at as i64), value: function(Expr::Var(value)) });
    }
    let unbounded = Expr::Float(f32::NEG_INFINITY);
    m.b.put(StmtKind::Write { buffer: values, offset: Expr::int(4), value: unbounded });
    m.b.put(StmtKind::Drain(Pipe::Scalar));
    m.store(values);
    m.finish()
}

/// Loops and branches, with parts of buffers that depend on variables.
pub(crate) fn control() -> CoreKernel {
    let mut m = Maker::new("control");
    let (x, y) = (m.x(), m.y());
    let (a, sums) = (m.b.buffer("a", Elem::F32, 1, 32), m.b.buffer("sums", Elem::F32, 4, 32));
    let all = m.b.all(sums);
    m.b.put(StmtKind::Vector { op: VectorOp::Copy, dst: all.clone(), args: vec![Operand::Scalar(Expr::Float(0.0))] });
    let tile = m.b.all(a);
    m.b.count("turn", 8, |b, turn| {
        b.put(StmtKind::Drain(Pipe::Vector));
        let mut copy = b.copy(a, x, binary(BinaryOp::Mul, turn.clone(), Expr::int(32)));
        copy.view_pitch = 32;
        b.put(StmtKind::CopyIn(copy));
        b.put(StmtKind::Drain(Pipe::In));
        let row = binary(BinaryOp::RemS, turn, Expr::int(4));
        let mut dst = b.all(sums);
        (dst.rows, dst.offset) = (1, binary(BinaryOp::Mul, row, Expr::int(32)));
        let args = vec![Operand::Span(dst.clone()), Operand::Span(tile.clone())];
        b.put(StmtKind::Vector { op: VectorOp::Binary(BinaryOp::Add), dst, args });
    });
    let first = m.b.var("first", Scalar::F32);
    m.b.put(StmtKind::Read { var: first, buffer: sums, offset: Expr::int(0) });
    let condition = Expr::Compare(Predicate::FLt, Box::new(Expr::Var(first)), Box::new(Expr::Float(0.0)));
    let double = |by: f32| {
        let args = vec![Operand::Span(all.clone()), Operand::Scalar(Expr::Float(by))];
        StmtKind::Vector { op: VectorOp::Binary(BinaryOp::Mul), dst: all.clone(), args }
    };
    let stmt = |kind| lower_dma::ir::Stmt { kind, loc: tile_ir::Loc::Unknown };
    m.b.put(StmtKind::If { condition, then: vec![stmt(double(2.0))], otherwise: vec![stmt(double(-3.0))] });
    // Halved until it is small.
    let (left, now) = (m.b.var("left", Scalar::F32), m.b.var("now", Scalar::F32));
    m.b.put(StmtKind::Let { var: left, value: Expr::Float(20.0) });
    let before =
        vec![stmt(StmtKind::Let { var: now, value: binary(BinaryOp::Mul, Expr::Var(left), Expr::Float(0.5)) })];
    let condition = Expr::Compare(Predicate::FGt, Box::new(Expr::Var(now)), Box::new(Expr::Float(1.0)));
    let body = vec![stmt(StmtKind::Assign { var: left, value: Expr::Var(now) }), stmt(double(0.5))];
    m.b.put(StmtKind::While { before, condition, body });
    m.b.put(StmtKind::Drain(Pipe::Vector));
    m.b.store(sums, y, Expr::int(0));
    m.finish()
}
