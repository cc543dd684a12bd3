//! Variables, loops, branches, names.

use lower_simt::ir::{Builtin, Expr, LaneKernel, Scalar, Stmt, StmtKind, Unroll, Var};
use tile_ir::{Access, Axis, BinaryOp, Elem, Predicate};

use super::{Draft, bin, compare, load, place, select};

/// Every form of loop, branch and declaration.
pub fn control() -> LaneKernel {
    let mut draft = Draft::new("control", 128);
    let data = draft.view("data", Elem::I32, &[4096], Access::Write);
    let wide = draft.view("wide", Elem::I64, &[64], Access::Write);
    let count = draft.scalar("count", Elem::I32, Some(2048));
    let free = draft.scalar("free", Elem::I32, None);
    let long = draft.scalar("long", Elem::I64, None);

    let total = draft.var("total", Scalar::I32, None);
    draft.push(StmtKind::Declare { var: total, init: Some(Expr::int(0)) });
    let add = |draft: &Draft, value: Expr| {
        draft.stmt(StmtKind::Assign { var: total, index: None, value: bin(BinaryOp::Add, Expr::Var(total), value) })
    };
    let each = |draft: &mut Draft, name: &str, scalar: Scalar, bounds: [Expr; 3], unroll: Unroll| {
        draft.next_line();
        let var = draft.var(name, scalar, None);
        let value = match scalar {
            Scalar::I64 => Expr::Convert(lower_simt::ir::Convert::Truncate(Scalar::I32), Box::new(Expr::Var(var))),
            Scalar::I32 | Scalar::I8 | Scalar::Bool | Scalar::F32 => Expr::Var(var),
        };
        let body = vec![add(draft, load(data, value))];
        let [lower, upper, step] = bounds;
        draft.push(StmtKind::For { var, lower, upper, step, unroll, body });
    };
    let zero = || Expr::int(0);
    let one = || Expr::int(1);
    each(&mut draft, "k", Scalar::I32, [zero(), Expr::int(1536), Expr::int(32)], Unroll::No);
    each(&mut draft, "k", Scalar::I32, [Expr::Builtin(Builtin::Lane), Expr::int(64), one()], Unroll::By(4));
    each(&mut draft, "k", Scalar::I32, [zero(), Expr::int(64), one()], Unroll::Full);
    each(&mut draft, "k", Scalar::I32, [zero(), count.clone(), one()], Unroll::No);
    each(&mut draft, "k", Scalar::I32, [Expr::int(0xffff_fffc), free.clone(), one()], Unroll::No);
    each(&mut draft, "k", Scalar::I32, [zero(), load(data, zero()), Expr::Var(total)], Unroll::No);
    each(
        &mut draft,
        "k",
        Scalar::I64,
        [Expr::Int(Scalar::I64, 0), long.clone(), Expr::Int(Scalar::I64, 1 << 33)],
        Unroll::No,
    );

    draft.next_line();
    let arrays: [(&str, Scalar, u32, Option<Expr>); 6] = [
        ("zeros", Scalar::F32, 4, Some(Expr::Float(0.0))),
        ("lowest", Scalar::F32, 4, Some(Expr::Float(f32::NEG_INFINITY))),
        ("ones", Scalar::I32, 32, Some(Expr::int(1))),
        ("flags", Scalar::Bool, 2, Some(Expr::Bool(true))),
        ("bytes", Scalar::I8, 4, Some(Expr::Int(Scalar::I8, 255))),
        ("raw", Scalar::I64, 3, None),
    ];
    let mut vars = Vec::new();
    for (name, scalar, len, init) in arrays {
        let var = draft.var(name, scalar, Some(len));
        draft.push(StmtKind::Declare { var, init });
        vars.push(var);
    }
    let assign = |draft: &mut Draft, var: Var, index: u32, value: Expr| {
        draft.push(StmtKind::Assign { var, index: Some(Expr::int(index)), value });
    };
    let element = |var: Var, index: u32| Expr::Element(var, Box::new(Expr::int(index)));
    let [zeros, lowest, ones, flags, bytes, raw] = vars[..] else { return draft.finish() };
    assign(&mut draft, zeros, 1, bin(BinaryOp::Mul, element(zeros, 1), element(lowest, 0)));
    assign(&mut draft, lowest, 0, Expr::Float(f32::INFINITY));
    assign(&mut draft, lowest, 1, Expr::Float(f32::NAN));
    assign(&mut draft, lowest, 2, Expr::Float(-0.0));
    assign(&mut draft, ones, 3, bin(BinaryOp::Xor, element(ones, 3), Expr::int(0xdead_beef)));
    assign(&mut draft, flags, 1, bin(BinaryOp::Xor, element(flags, 0), Expr::Bool(true)));
    assign(&mut draft, bytes, 2, bin(BinaryOp::Add, element(bytes, 2), Expr::Int(Scalar::I8, 1)));
    assign(&mut draft, raw, 0, Expr::Int(Scalar::I64, u64::MAX));

    draft.next_line();
    let half = draft.var("half", Scalar::I32, None);
    let before =
        vec![draft.stmt(StmtKind::Let { var: half, value: bin(BinaryOp::ShrU, Expr::Var(total), Expr::int(1)) })];
    let condition = compare(Predicate::UGt, Expr::Var(half), Expr::int(3));
    let body = vec![draft.stmt(StmtKind::Assign { var: total, index: None, value: Expr::Var(half) })];
    draft.push(StmtKind::While { before, condition, body });
    let body = vec![add(&draft, free.clone())];
    let condition = compare(Predicate::SLt, Expr::Var(total), free.clone());
    draft.push(StmtKind::While { before: vec![], condition, body });

    draft.next_line();
    let branch = |draft: &Draft, condition: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt>| {
        draft.stmt(StmtKind::If { condition, then, otherwise })
    };
    let is = |value: u32| compare(Predicate::IEq, Expr::Var(total), Expr::int(value));
    let inner = branch(&draft, is(2), vec![add(&draft, one())], vec![add(&draft, Expr::int(2))]);
    let outer = branch(&draft, is(1), vec![add(&draft, zero())], vec![inner]);
    let only_else = branch(&draft, is(3), vec![], vec![add(&draft, Expr::int(9))]);
    draft.kernel().body.extend([outer, only_else]);
    draft.push(StmtKind::Barrier { global: true, shared: true });
    draft.push(StmtKind::Barrier { global: true, shared: false });
    draft.push(StmtKind::Barrier { global: false, shared: false });

    draft.next_line();
    let program = |axis| Expr::Builtin(Builtin::Program(axis));
    let index = bin(
        BinaryOp::Add,
        bin(BinaryOp::Mul, bin(BinaryOp::Add, program(Axis::X), program(Axis::Y)), Expr::int(128)),
        Expr::Builtin(Builtin::Thread),
    );
    let chosen = select(compare(Predicate::SGe, program(Axis::Z), zero()), Expr::Var(total), Expr::int(7));
    draft.push(StmtKind::Store { place: place(data, index), value: chosen });
    let offset = bin(BinaryOp::RemU, long, Expr::Int(Scalar::I64, 64));
    draft.push(StmtKind::Store { place: place(wide, offset), value: element(raw, 0) });
    draft.finish()
}

/// Names that are words of some language, or each other's.
pub fn hostile_names() -> LaneKernel {
    let mut draft = Draft::new("kernel", 128);
    let x = draft.view("float", Elem::F32, &[128], Access::Read);
    let out = draft.view("thread", Elem::F32, &[128], Access::Write);
    let n = draft.scalar("tid", Elem::I32, Some(128));
    let shared = draft.shared("half", Elem::F32, 128);
    let first = draft.define("kernel", load(x, n));
    let second = draft.define("lane_sum", bin(BinaryOp::Add, first, Expr::Float(1.0)));
    let third = draft.define("größe", second);
    let thread = || Expr::Builtin(Builtin::Thread);
    draft.push(StmtKind::Store { place: place(shared, thread()), value: third });
    draft.push(StmtKind::Barrier { global: false, shared: true });
    draft.push(StmtKind::Store { place: place(out, thread()), value: load(shared, thread()) });
    draft.finish()
}
