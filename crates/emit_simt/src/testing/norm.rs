//! A normalisation as the lowering would write it.

use lower_simt::ir::{Builtin, Expr, LaneKernel, Scalar, StmtKind, Unroll};
use tile_ir::{Access, Axis, BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

use super::{Draft, bin, compare, load, place, select};

/// Root-mean-square norm of rows of 1536, 192 threads a row, eight elements a thread.
pub fn norm() -> LaneKernel {
    let mut draft = Draft::new("rms_norm_1536", 256);
    let x = draft.view("x", Elem::Bf16, &[4, 1536], Access::Read);
    let weight = draft.view("weight", Elem::Bf16, &[1536], Access::Weights);
    let out = draft.view("out", Elem::Bf16, &[4, 1536], Access::Write);
    let epsilon = draft.scalar("epsilon", Elem::F32, None);
    let partial = draft.shared("partial", Elem::F32, 8);
    let row = Expr::Builtin(Builtin::Program(Axis::X));
    let thread = || Expr::Builtin(Builtin::Thread);
    let lane = || Expr::Builtin(Builtin::Lane);

    let values = draft.var("values", Scalar::F32, Some(8));
    let scale = draft.var("scale", Scalar::F32, Some(8));
    let sum = draft.var("sum", Scalar::F32, None);
    let i = draft.var("i", Scalar::I32, None);
    let start = draft.define(
        "start",
        bin(BinaryOp::Add, bin(BinaryOp::Mul, row, Expr::int(1536)), bin(BinaryOp::Mul, thread(), Expr::int(8))),
    );
    draft.push(StmtKind::Declare { var: values, init: Some(Expr::Float(0.0)) });
    let active = || compare(Predicate::SLt, thread(), Expr::int(192));
    let loads =
        draft.stmt(StmtKind::LoadVector { var: values, index: Expr::int(0), place: place(x, start.clone()), lanes: 8 });
    draft.push(StmtKind::If { condition: active(), then: vec![loads], otherwise: vec![] });
    draft.next_line();
    draft.push(StmtKind::Declare { var: sum, init: Some(Expr::Float(0.0)) });
    let value = || Expr::Element(values, Box::new(Expr::Var(i)));
    let fma = Expr::Fma(Box::new(value()), Box::new(value()), Box::new(Expr::Var(sum)));
    let add = draft.stmt(StmtKind::Assign { var: sum, index: None, value: fma });
    draft.push(StmtKind::For {
        var: i,
        lower: Expr::int(0),
        upper: Expr::int(8),
        step: Expr::int(1),
        unroll: Unroll::Full,
        body: vec![add],
    });
    draft.push(StmtKind::LaneReduce { var: sum, index: None, op: ReduceOp::Add, lanes: 32 });
    let write =
        draft.stmt(StmtKind::Store { place: place(partial, Expr::Builtin(Builtin::Subgroup)), value: Expr::Var(sum) });
    draft.push(StmtKind::If {
        condition: compare(Predicate::IEq, lane(), Expr::int(0)),
        then: vec![write],
        otherwise: vec![],
    });
    draft.push(StmtKind::Barrier { global: false, shared: true });
    draft.push(StmtKind::Assign {
        var: sum,
        index: None,
        value: select(compare(Predicate::ULt, lane(), Expr::int(8)), load(partial, lane()), Expr::Float(0.0)),
    });
    draft.push(StmtKind::LaneReduce { var: sum, index: None, op: ReduceOp::Add, lanes: 8 });
    draft.next_line();
    let mean = bin(BinaryOp::Add, bin(BinaryOp::DivF, Expr::Var(sum), Expr::Float(1536.0)), epsilon);
    let inverse = draft.define("inverse", Expr::Unary(UnaryOp::Rsqrt, Box::new(mean)));
    draft.next_line();
    let j = draft.var("i", Scalar::I32, None);
    let at = || Expr::Element(values, Box::new(Expr::Var(j)));
    let scaled = bin(BinaryOp::Mul, bin(BinaryOp::Mul, at(), inverse), Expr::Element(scale, Box::new(Expr::Var(j))));
    let scaling = draft.stmt(StmtKind::Assign { var: values, index: Some(Expr::Var(j)), value: scaled });
    let then = vec![
        draft.stmt(StmtKind::Declare { var: scale, init: None }),
        draft.stmt(StmtKind::LoadVector {
            var: scale,
            index: Expr::int(0),
            place: place(weight, bin(BinaryOp::Mul, thread(), Expr::int(8))),
            lanes: 8,
        }),
        draft.stmt(StmtKind::For {
            var: j,
            lower: Expr::int(0),
            upper: Expr::int(8),
            step: Expr::int(1),
            unroll: Unroll::Full,
            body: vec![scaling],
        }),
        draft.stmt(StmtKind::StoreVector { place: place(out, start), var: values, index: Expr::int(0), lanes: 8 }),
    ];
    draft.push(StmtKind::If { condition: active(), then, otherwise: vec![] });
    draft.finish()
}
