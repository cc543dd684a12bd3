//! Loads and stores of every element type, one by one and as vectors.

use lower_simt::ir::{Builtin, Convert, Expr, LaneKernel, Scalar, StmtKind};
use tile_ir::{Access, BinaryOp, Elem};

use super::{Draft, bin, convert, load, place};

const ELEMS: [Elem; 7] = [Elem::F32, Elem::F16, Elem::Bf16, Elem::I1, Elem::I8, Elem::I32, Elem::I64];

/// One by one, in views and shared arrays, with offsets of both widths.
pub fn memory() -> LaneKernel {
    let mut draft = Draft::new("memory", 128);
    let thread = || Expr::Builtin(Builtin::Thread);
    let places: Vec<_> = ELEMS
        .iter()
        .map(|&elem| {
            let from = draft.view(&format!("from_{elem}"), elem, &[128], Access::Read);
            let to = draft.view(&format!("to_{elem}"), elem, &[2, 128], Access::Write);
            (elem, from, to, draft.shared(&format!("shared_{elem}"), elem, 128))
        })
        .collect();
    for (_, from, _, shared) in &places {
        draft.push(StmtKind::Store { place: place(*shared, thread()), value: load(*from, thread()) });
        draft.next_line();
    }
    draft.push(StmtKind::Barrier { global: false, shared: true });
    for (elem, _, to, shared) in &places {
        let wide = bin(BinaryOp::Add, convert(Convert::ZeroExtend(Scalar::I64), thread()), Expr::Int(Scalar::I64, 128));
        let other = bin(BinaryOp::Sub, Expr::int(127), thread());
        let value = load(*shared, other);
        let value = match elem {
            Elem::F16 | Elem::Bf16 => convert(Convert::Round(*elem), value),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value,
        };
        draft.push(StmtKind::Store { place: place(*to, wide), value });
        draft.next_line();
    }
    draft.finish()
}

/// Every vector access, from a view to a shared array and back.
pub fn vectors() -> LaneKernel {
    vectors_of("vectors", &ELEMS)
}

/// [`vectors`] in a kernel for each element type: fewer views.
pub fn vectors_by_elem() -> Vec<LaneKernel> {
    ELEMS.iter().map(|&elem| vectors_of(&format!("vectors_{elem}"), &[elem])).collect()
}

fn vectors_of(name: &str, elems: &[Elem]) -> LaneKernel {
    let mut draft = Draft::new(name, 128);
    let thread = || Expr::Builtin(Builtin::Thread);
    for &elem in elems {
        for lanes in [2u32, 4, 8, 16] {
            let bytes = u64::from(lanes) * elem.bytes();
            if bytes > 16 {
                continue;
            }
            draft.next_line();
            let count = u64::from(lanes) * 128;
            let from = draft.view(&format!("from_{elem}_{lanes}"), elem, &[count], Access::Read);
            let to = draft.view(&format!("to_{elem}_{lanes}"), elem, &[count], Access::Write);
            let shared = draft.shared(&format!("shared_{elem}_{lanes}"), elem, u64::from(lanes));
            let var = draft.var("values", Scalar::of(elem), Some(2 * lanes));
            let offset = || bin(BinaryOp::Mul, thread(), Expr::int(lanes));
            draft.push(StmtKind::Declare { var, init: None });
            draft.push(StmtKind::LoadVector { var, index: Expr::int(lanes), place: place(from, offset()), lanes });
            let write = draft.stmt(StmtKind::StoreVector {
                place: place(shared, Expr::int(0)),
                var,
                index: Expr::int(lanes),
                lanes,
            });
            let first = super::compare(tile_ir::Predicate::IEq, thread(), Expr::int(0));
            draft.push(StmtKind::If { condition: first, then: vec![write], otherwise: vec![] });
            draft.push(StmtKind::Barrier { global: false, shared: true });
            draft.push(StmtKind::LoadVector { var, index: Expr::int(0), place: place(shared, Expr::int(0)), lanes });
            draft.push(StmtKind::StoreVector { place: place(to, offset()), var, index: Expr::int(0), lanes });
        }
    }
    draft.finish()
}
