//! Terms show of two lane programs that they compute the same, and of no two others.

mod common;

use common::{TARGET, gallery};
use lower_simt::interp::terms::terms;
use lower_simt::ir::{Convert, Expr, FragmentRole, LaneKernel, MatrixOp, Scalar, Unroll};
use lower_simt::testing::Build;
use lower_simt::testing::exprs::*;
use tile_ir::{BinaryOp, Elem, ReduceOp};

fn same(a: &LaneKernel, b: &LaneKernel) -> bool {
    terms(a, &TARGET).expect("terms").show_same(&terms(b, &TARGET).expect("terms"))
}

fn rem(x: Expr, y: Expr) -> Expr {
    binary(BinaryOp::RemU, x, y)
}

/// A kernel of 64 threads with a view of 48 floats and one of 48 integers to read, and one of 64 floats to write.
fn kernel(body: impl FnOnce(&mut Build, [tile_ir::ViewId; 3])) -> LaneKernel {
    let mut b = Build::new("kernel", 64);
    let x = b.read("x", Elem::F32, &[48]);
    let n = b.read("n", Elem::I32, &[48]);
    let y = b.write("y", Elem::F32, &[64]);
    body(&mut b, [x, n, y]);
    b.finish()
}

/// Threads below `loads` load `x`, and those below `stores` store what they have, else `init`.
fn padded(init: f32, loads: u32, stores: u32) -> LaneKernel {
    kernel(|b, [x, _, y]| {
        let tile = b.declare("tile", Scalar::F32, None, Some(float(init)));
        b.when(lt(thread(), int(loads)), |b| b.assign(tile, load(global(x, thread()))));
        b.when(lt(thread(), int(stores)), |b| b.store(global(y, thread()), var(tile)));
    })
}

#[test]
fn a_start_value_matters_where_it_is_read() {
    assert!(same(&padded(0.0, 48, 48), &padded(1.0, 48, 48)));
    assert!(!same(&padded(0.0, 48, 49), &padded(1.0, 48, 49)));
    assert!(!same(&padded(0.0, 48, 48), &padded(0.0, 47, 48)));
    assert!(!same(&padded(0.0, 48, 48), &padded(0.0, 48, 47)));
}

/// Vectors of two, of which those below `bound` are copied; `step` from one loop to the next.
fn pairs(step: u32, bound: u32) -> LaneKernel {
    kernel(|b, [x, _, y]| {
        b.for_loop("c", [int(0), int(2), int(1)], Unroll::Full, |b, c| {
            let at = b.define("at", add(mul(var(c), int(step)), mul(rem(thread(), int(16)), int(2))));
            b.when(lt(var(at), int(bound)), |b| {
                b.for_loop("v", [int(0), int(2), int(1)], Unroll::Full, |b, v| {
                    let place = add(var(at), var(v));
                    b.store(global(y, place.clone()), load(global(x, place)));
                });
            });
        });
    })
}

#[test]
fn a_bound_matters_where_a_thread_sees_it() {
    assert!(same(&pairs(32, 46), &pairs(32, 45)));
    assert!(!same(&pairs(32, 46), &pairs(32, 44)));
    assert!(same(&pairs(32, 46), &pairs(30, 46)), "the same elements, some of them twice");
    assert!(!same(&pairs(32, 46), &pairs(34, 46)));
    // Outside the view.
    assert_eq!(terms(&pairs(32, 49), &TARGET), None);
}

/// Two subgroups add up; threads below `stores` store. `first` reads the first part again.
fn parts(first: bool, stores: u32) -> LaneKernel {
    kernel(|b, [x, _, y]| {
        let partial = b.shared("partial", Elem::F32, 2);
        let sum = b.declare("sum", Scalar::F32, None, Some(load(global(x, rem(thread(), int(48))))));
        b.lane_reduce(sum, ReduceOp::Add, 32);
        b.when(eq(lane(), int(0)), |b| b.store(shared(partial, subgroup()), var(sum)));
        b.barrier();
        if first {
            b.assign(sum, load(shared(partial, int(0))));
        }
        b.assign(sum, add(var(sum), load(shared(partial, int(1)))));
        b.when(lt(thread(), int(stores)), |b| b.store(global(y, thread()), var(sum)));
    })
}

#[test]
fn what_a_thread_holds_already_need_not_be_read_again() {
    assert!(same(&parts(true, 32), &parts(false, 32)));
    assert!(!same(&parts(true, 33), &parts(false, 33)));
}

#[test]
fn sums_of_other_threads_are_others() {
    let sum = |lanes| {
        kernel(|b, [x, _, y]| {
            let sum = b.declare("sum", Scalar::F32, None, Some(load(global(x, rem(thread(), int(48))))));
            b.lane_reduce(sum, ReduceOp::Add, lanes);
            b.store(global(y, thread()), var(sum));
        })
    };
    assert!(same(&sum(32), &sum(32)));
    assert!(!same(&sum(32), &sum(16)));
}

/// `n / n`, or `n + n`, kept by threads below `bound` and stored by those below 16.
fn kept(op: BinaryOp, bound: u32) -> LaneKernel {
    kernel(|b, [_, n, y]| {
        let value = b.define("value", load(global(n, rem(thread(), int(48)))));
        let result = b.declare("result", Scalar::I32, None, Some(int(0)));
        b.when(lt(thread(), int(bound)), |b| b.assign(result, binary(op, var(value), var(value))));
        b.when(lt(thread(), int(16)), |b| {
            b.store(global(y, thread()), Expr::Convert(Convert::SignedToFloat, Box::new(var(result))));
        });
    })
}

#[test]
fn a_division_more_may_trap() {
    assert!(same(&kept(BinaryOp::Add, 16), &kept(BinaryOp::Add, 64)));
    assert!(same(&kept(BinaryOp::DivS, 64), &kept(BinaryOp::DivS, 16)));
    assert!(!same(&kept(BinaryOp::DivS, 16), &kept(BinaryOp::DivS, 64)));
    assert!(!same(&kept(BinaryOp::Shl, 16), &kept(BinaryOp::Shl, 64)));
}

#[test]
fn a_division_that_is_chosen_is_not_one_for_all() {
    let divided = |guarded: bool| {
        kernel(|b, [_, n, y]| {
            let value = b.define("value", load(global(n, rem(thread(), int(48)))));
            let quotient = binary(BinaryOp::DivS, int(100), var(value));
            let chosen = select(eq(var(value), int(0)), int(0), quotient.clone());
            let result = b.define("result", chosen);
            if !guarded {
                b.define("unread", quotient);
            }
            b.store(global(y, thread()), Expr::Convert(Convert::SignedToFloat, Box::new(var(result))));
        })
    };
    assert!(same(&divided(true), &divided(true)));
    assert!(!same(&divided(true), &divided(false)));
}

#[test]
fn numbers_of_threads_are_compared_by_what_they_are() {
    let at = |number: Expr, by: u32| {
        kernel(|b, [x, _, y]| b.store(global(y, thread()), load(global(x, rem(number, int(by))))))
    };
    assert!(same(&at(thread(), 16), &at(lane(), 16)));
    assert!(!same(&at(thread(), 48), &at(lane(), 48)));
}

#[test]
fn one_rounding_is_enough_and_none_is_not() {
    let stored = |elem: Elem, rounded: Option<Elem>| {
        let mut b = Build::new("kernel", 32);
        let (x, y) = (b.read("x", Elem::F32, &[32]), b.write("y", elem, &[32]));
        let value = load(global(x, thread()));
        let value = match rounded {
            Some(elem) => Expr::Convert(Convert::Round(elem), Box::new(value)),
            None => value,
        };
        b.store(global(y, thread()), value);
        b.finish()
    };
    assert!(same(&stored(Elem::Bf16, Some(Elem::Bf16)), &stored(Elem::Bf16, None)));
    assert!(!same(&stored(Elem::F32, Some(Elem::Bf16)), &stored(Elem::F32, None)));
    assert!(!same(&stored(Elem::Bf16, Some(Elem::F16)), &stored(Elem::Bf16, None)));
}

#[test]
fn a_branch_on_data_has_no_terms() {
    let branched = kernel(|b, [_, n, y]| {
        let value = b.define("value", load(global(n, int(0))));
        b.when(eq(var(value), int(0)), |b| b.store(global(y, thread()), float(1.0)));
    });
    assert_eq!(terms(&branched, &TARGET), None);
}

#[test]
fn an_undefined_value_has_no_terms() {
    let undefined = kernel(|b, [_, _, y]| {
        let value = b.declare("value", Scalar::F32, None, None);
        b.store(global(y, thread()), var(value));
    });
    assert_eq!(terms(&undefined, &TARGET), None);
}

#[test]
fn fragments_are_loaded_the_right_way_round() {
    let product = |transposed: bool, fill: f32| {
        let mut b = Build::new("kernel", 32);
        let (x, y) = (b.read("x", Elem::F32, &[8, 8]), b.write("y", Elem::F32, &[8, 8]));
        let a = b.fragment("a", FragmentRole::A, Elem::F32, 1);
        let w = b.fragment("w", FragmentRole::B, Elem::F32, 1);
        let acc = b.fragment("acc", FragmentRole::Acc, Elem::F32, 1);
        b.matrix(MatrixOp::Fill { fragment: acc, at: int(0), value: fill });
        let place = global(x, int(0));
        b.matrix(MatrixOp::Load { fragment: a, at: int(0), place: place.clone(), stride: 8, transposed: false });
        b.matrix(MatrixOp::Load { fragment: w, at: int(0), place, stride: 8, transposed });
        b.matrix(MatrixOp::Multiply { acc: (acc, int(0)), a: (a, int(0)), b: (w, int(0)) });
        b.matrix(MatrixOp::Store { fragment: acc, at: int(0), place: global(y, int(0)), stride: 8 });
        b.finish()
    };
    assert!(same(&product(true, 0.0), &product(true, 0.0)));
    assert!(!same(&product(true, 0.0), &product(false, 0.0)));
    assert!(!same(&product(true, 0.0), &product(true, 1.0)));
}

#[test]
fn most_lowered_kernels_have_terms() {
    let all = gallery();
    let with = all.iter().filter(|(_, lane)| terms(lane, &TARGET).is_some()).count();
    assert!(with * 4 > all.len() * 3, "{with} of {}", all.len());
}
