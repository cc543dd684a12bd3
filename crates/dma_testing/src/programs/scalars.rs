//! Scalar code: elements of every type, expressions, loops, branches, order.

use lower_dma::ir::{Convert, Expr, Operand, Scalar, Span, Stmt, StmtKind, VectorOp};
use lower_dma::target::Target;
use tile_ir::{BinaryOp, Elem, Loc, Predicate, UnaryOp};

use super::Hand;
use super::maker::{Maker, number, span};

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

fn compare(predicate: Predicate, x: Expr, y: Expr) -> Expr {
    Expr::Compare(predicate, Box::new(x), Box::new(y))
}

fn convert(convert: Convert, x: Expr) -> Expr {
    Expr::Convert(convert, Box::new(x))
}

/// Elements of views and buffers, read and written, and functions of them.
pub(super) fn elements(target: &'static Target) -> Hand {
    let mut m = Maker::new("elements", target);
    let elems = [Elem::F32, Elem::F16, Elem::Bf16, Elem::I8, Elem::I32, Elem::I64];
    for elem in elems.into_iter().filter(|elem| target.holds(*elem)) {
        let tile = m.dense("tile", elem, 2, 20);
        let (view, first) = m.input(elem, 16);
        let pitch = tile.pitch as i64;
        let [here, there] = ["here", "there"].map(|name| m.b.var(name, Scalar::of(elem)));
        m.b.put(StmtKind::Read { var: here, buffer: tile.buffer, offset: Expr::int(pitch + 3) });
        m.b.put(StmtKind::ReadGlobal { var: there, view, offset: Expr::int(first as i64 + 11) });
        let (x, y) = (Expr::Var(here), Expr::Var(there));
        let both = match elem {
            Elem::F32 => binary(BinaryOp::Add, x.clone(), y.clone()),
            Elem::F16 | Elem::Bf16 => convert(Convert::Round(elem), binary(BinaryOp::Mul, x.clone(), y.clone())),
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => binary(BinaryOp::Xor, x.clone(), y.clone()),
        };
        for (offset, value) in [(5, y), (pitch + 19, x), (0, both)] {
            m.b.put(StmtKind::Write { buffer: tile.buffer, offset: Expr::int(offset), value });
        }
        m.store(&tile);
    }
    let values = m.dense("values", Elem::F32, 1, 16);
    let native = target.scalar_unary.iter().copied();
    let mut functions: Vec<Box<dyn Fn(Expr) -> Expr>> = Vec::new();
    for op in [UnaryOp::Abs, UnaryOp::Neg].into_iter().chain(native) {
        functions.push(Box::new(move |x| Expr::Unary(op, Box::new(Expr::Unary(UnaryOp::Abs, Box::new(x))))));
    }
    functions.push(Box::new(|x| binary(BinaryOp::MaxF, x, Expr::Float(0.5))));
    functions.push(Box::new(|x| Expr::Fma(Box::new(x.clone()), Box::new(x), Box::new(Expr::Float(-0.25)))));
    functions.push(Box::new(|x| {
        let whole = convert(Convert::FloatToSigned(Scalar::I32, 32), binary(BinaryOp::Mul, x, Expr::Float(1000.0)));
        convert(Convert::SignedToFloat, binary(BinaryOp::ShrS, whole, Expr::Int(Scalar::I32, 2)))
    }));
    functions.push(Box::new(|x| {
        let bits = convert(Convert::Bits(Scalar::I32), x);
        convert(Convert::Bits(Scalar::F32), binary(BinaryOp::Xor, bits, Expr::Int(Scalar::I32, i32::MIN.into())))
    }));
    functions.push(Box::new(|x| {
        let positive = compare(Predicate::FGt, x.clone(), Expr::Float(0.0));
        Expr::Select(Box::new(positive), Box::new(x), Box::new(Expr::Float(f32::NEG_INFINITY)))
    }));
    for (at, function) in functions.into_iter().enumerate() {
        let value = m.b.var("value", Scalar::F32);
        m.b.put(StmtKind::Read { var: value, buffer: values.buffer, offset: Expr::int(at as i64) });
        let value = function(Expr::Var(value));
        m.b.put(StmtKind::Write { buffer: values.buffer, offset: Expr::int(at as i64), value });
    }
    m.store(&values);
    m.finish()
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, loc: Loc::Unknown }
}

/// Loops and branches, with parts of buffers and masks that depend on variables.
pub(super) fn control(target: &'static Target) -> Hand {
    let mut m = Maker::new("control", target);
    let (x, y) = (m.dense("x", Elem::F32, 6, 40), m.dense("y", Elem::F32, 6, 40));
    let (mask, next) = (m.empty("mask", Elem::I1, 6, 40), m.empty("next", Elem::F32, 1, 40));
    let (view, first_of_view) = m.input(Elem::F32, 6 * 40);
    let [total, first] = ["total", "first"].map(|name| m.b.var(name, Scalar::F32));
    m.b.put(StmtKind::Let { var: total, value: Expr::Float(0.0) });
    m.b.count("r", 6, |b, r| {
        let row = |all: &Span| {
            let offset = binary(BinaryOp::Mul, r.clone(), Expr::int(all.pitch as i64));
            Span { offset, rows: 1, ..all.clone() }
        };
        let [a, c, m] = [&x, &y, &mask].map(row);
        let from = binary(BinaryOp::Mul, r.clone(), Expr::int(40));
        b.load(next.buffer, view, binary(BinaryOp::Add, from, Expr::int(first_of_view as i64)));
        let put = |op, dst: &Span, args: Vec<Operand>| StmtKind::Vector { op, dst: dst.clone(), args };
        b.put(put(VectorOp::Binary(BinaryOp::Add), &c, vec![span(&c), span(&next)]));
        b.put(put(VectorOp::Compare(Predicate::FGt), &m, vec![span(&a), span(&c)]));
        b.put(put(VectorOp::Select, &a, vec![span(&m), span(&a), span(&c)]));
        b.put(StmtKind::Read { var: first, buffer: x.buffer, offset: a.offset.clone() });
        let sum = binary(BinaryOp::Add, Expr::Var(total), Expr::Var(first));
        let assign = |value| stmt(StmtKind::Assign { var: total, value });
        let then = vec![assign(convert(Convert::Round(Elem::Bf16), sum))];
        let otherwise = vec![assign(binary(BinaryOp::Sub, Expr::Var(total), Expr::Float(1.0)))];
        let condition = compare(Predicate::FGt, Expr::Var(first), Expr::Float(0.5));
        b.put(StmtKind::If { condition, then, otherwise });
    });
    let scaled = |by: Expr| {
        let args = vec![span(&x), Operand::Scalar(by)];
        stmt(StmtKind::Vector { op: VectorOp::Binary(BinaryOp::Mul), dst: x.clone(), args })
    };
    let condition = compare(Predicate::FLt, Expr::Var(total), Expr::Float(0.0));
    let (then, otherwise) = (vec![scaled(Expr::Float(2.0))], vec![scaled(Expr::Var(total))]);
    m.b.put(StmtKind::If { condition, then, otherwise });
    m.store(&x);
    m.finish()
}

/// A loop that halves until it is small; a core that waits for everything after each operation.
pub(super) fn fences(target: &'static Target) -> Hand {
    let mut m = Maker::new("fences", target);
    let sums = m.dense("sums", Elem::F32, 4, 32);
    m.b.put(StmtKind::Fence);
    m.put(VectorOp::Binary(BinaryOp::Add), &sums, &[span(&sums), number(1.0)]);
    let (left, now) = (m.b.var("left", Scalar::F32), m.b.var("now", Scalar::F32));
    m.b.put(StmtKind::Let { var: left, value: Expr::Float(20.0) });
    let half = binary(BinaryOp::Mul, Expr::Var(left), Expr::Float(0.5));
    let before = vec![stmt(StmtKind::Let { var: now, value: half })];
    let condition = compare(Predicate::FGt, Expr::Var(now), Expr::Float(1.0));
    let halved = StmtKind::Vector {
        op: VectorOp::Binary(BinaryOp::Mul),
        dst: sums.clone(),
        args: vec![span(&sums), number(0.5)],
    };
    let assigned = stmt(StmtKind::Assign { var: left, value: Expr::Var(now) });
    let body = vec![stmt(StmtKind::Fence), assigned, stmt(halved)];
    m.b.put(StmtKind::While { before, condition, body });
    m.b.put(StmtKind::Fence);
    m.store(&sums);
    m.ordered()
}
