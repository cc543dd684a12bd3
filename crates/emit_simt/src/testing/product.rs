//! The matrix unit.

use lower_simt::ir::{Builtin, Expr, Fragment, FragmentData, FragmentRole, LaneKernel, MatrixOp, Memory, StmtKind};
use lower_simt::target::MatrixUnit;
use tile_ir::{Access, BinaryOp, Elem, Predicate};

use super::{Draft, bin, compare, place};

/// `out = bias + a * b + a' * b'`, each of one fragment's size, by the first subgroup; the second product reads its operands
/// transposed, from shared memory.
pub fn product(unit: &MatrixUnit) -> LaneKernel {
    let (m, n, k) = (u64::from(unit.m), u64::from(unit.n), u64::from(unit.k));
    let mut draft = Draft::new(&format!("product_{}", unit.elem), 128);
    let a = draft.view("a", unit.elem, &[m, k], Access::Read);
    let b = draft.view("b", unit.elem, &[k, n], Access::Weights);
    let bias = draft.view("bias", Elem::F32, &[m, n], Access::Read);
    let out = draft.view("out", Elem::F32, &[m, n], Access::Write);
    let left = draft.shared("left", unit.elem, m * k);
    let right = draft.shared("right", unit.elem, k * n);
    let sums = draft.shared("sums", Elem::F32, m * n);
    let thread = || Expr::Builtin(Builtin::Thread);
    for (from, to, len) in [(a, left, m * k), (b, right, k * n)] {
        let i = draft.var("i", lower_simt::ir::Scalar::I32, None);
        let body = vec![
            draft.stmt(StmtKind::Store { place: place(to, Expr::Var(i)), value: super::load(from, Expr::Var(i)) }),
        ];
        draft.push(StmtKind::For {
            var: i,
            lower: thread(),
            upper: Expr::int(len as u32),
            step: Expr::int(128),
            unroll: lower_simt::ir::Unroll::No,
            body,
        });
    }
    draft.push(StmtKind::Barrier { global: false, shared: true });

    let fragment = |draft: &mut Draft, name: &str, role: FragmentRole, elem: Elem, len: u32| {
        draft.kernel().fragments.push(FragmentData { name: name.to_owned(), role, elem, len });
        Fragment(draft.kernel().fragments.len() as u32 - 1)
    };
    let fa = fragment(&mut draft, "fa", FragmentRole::A, unit.elem, 2);
    let fb = fragment(&mut draft, "fb", FragmentRole::B, unit.elem, 2);
    let acc = fragment(&mut draft, "acc", FragmentRole::Acc, Elem::F32, 2);
    let int = Expr::int;
    let load = |fragment: Fragment, at: u32, memory: Memory, stride: u64, transposed: bool| MatrixOp::Load {
        fragment,
        at: int(at),
        place: place(memory, int(0)),
        stride,
        transposed,
    };
    let ops = vec![
        MatrixOp::Declare { fragment: fa },
        MatrixOp::Declare { fragment: fb },
        MatrixOp::Declare { fragment: acc },
        MatrixOp::Fill { fragment: acc, at: int(1), value: 0.0 },
        MatrixOp::Fill { fragment: fa, at: int(1), value: 1.0 },
        load(acc, 0, bias, n, false),
        load(fa, 0, a, k, false),
        load(fb, 0, b, n, false),
        MatrixOp::Multiply { acc: (acc, int(0)), a: (fa, int(0)), b: (fb, int(0)) },
        // As many rows as columns only for some shapes: the transposed reading takes the memory as it comes.
        load(fa, 1, left, m, true),
        load(fb, 1, right, k, true),
        MatrixOp::Multiply { acc: (acc, int(0)), a: (fa, int(1)), b: (fb, int(1)) },
        MatrixOp::Store { fragment: acc, at: int(0), place: place(sums, int(0)), stride: n },
        load(acc, 1, sums, n, false),
        load(acc, 1, sums, m, true),
        MatrixOp::Store { fragment: acc, at: int(0), place: place(out, bin(BinaryOp::Mul, int(0), int(8))), stride: n },
    ];
    let then = ops.into_iter().map(|op| draft.stmt(StmtKind::Matrix(op))).collect();
    let first = compare(Predicate::IEq, Expr::Builtin(Builtin::Subgroup), int(0));
    draft.push(StmtKind::If { condition: first, then, otherwise: vec![] });
    draft.finish()
}
