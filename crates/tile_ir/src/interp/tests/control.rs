//! Loops, branches and limits.

use super::*;
use crate::op::{BinaryOp, Predicate};

/// A kernel that stores the `i64` that `f` makes, run with default options.
fn number(f: impl FnOnce(&mut KernelBuilder) -> Value) -> Result<i64, Box<Trap>> {
    Ok(eval(&[], |b, _| f(b))?.to_ints().expect("ints")[0])
}

#[test]
fn counted_loops_carry_values() {
    for (lower, upper, step) in [(0, 10, 1), (3, 20, 4), (5, 5, 1), (7, 2, 3), (-6, 6, 5)] {
        let found = number(|b| {
            let (lower, upper, step) = (b.index(lower), b.index(upper), b.index(step));
            let (sum, count) = (b.int(Elem::I64, 0), b.int(Elem::I64, 0));
            let last = b.for_loop(lower, upper, step, &[sum, count], |b, i, carried| {
                let i = b.cast(crate::op::CastOp::IndexS, i, Elem::I64);
                let one = b.int(Elem::I64, 1);
                vec![b.add(carried[0], i), b.add(carried[1], one)]
            });
            let thousand = b.int(Elem::I64, 1000);
            let scaled = b.mul(last[0], thousand);
            b.add(scaled, last[1])
        });
        let (mut sum, mut count, mut i) = (0, 0, lower);
        while i < upper {
            (sum, count, i) = (sum + i, count + 1, i + step);
        }
        assert_eq!(found.expect("runs"), sum * 1000 + count);
    }
}

#[test]
fn carried_values_are_exchanged_at_once() {
    let found = number(|b| {
        let (zero, seven, one) = (b.index(0), b.index(7), b.index(1));
        let (x, y) = (b.int(Elem::I64, 1), b.int(Elem::I64, 2));
        b.for_loop(zero, seven, one, &[x, y], |_, _, carried| vec![carried[1], carried[0]])[0]
    });
    assert_eq!(found.expect("runs"), 2);
}

#[test]
fn the_last_step_may_overflow() {
    let found = number(|b| {
        let (lower, upper, step) = (b.index(i64::MAX - 2), b.index(i64::MAX), b.index(2));
        let zero = b.int(Elem::I64, 0);
        b.for_loop(lower, upper, step, &[zero], |b, _, carried| {
            let one = b.int(Elem::I64, 1);
            vec![b.add(carried[0], one)]
        })[0]
    });
    assert_eq!(found.expect("runs"), 1);
}

#[test]
fn steps_are_positive() {
    for step in [0, -3] {
        let found = number(|b| {
            let (zero, step) = (b.index(0), b.index(step));
            b.for_loop(zero, zero, step, &[], |_, _, _| Vec::new());
            b.int(Elem::I64, 0)
        });
        assert_eq!(trap_kind(found), TrapKind::Step(step));
    }
}

#[test]
fn general_loops_hand_values_on() {
    // Euclid's algorithm.
    let found = number(|b| {
        let (x, y) = (b.int(Elem::I64, 252), b.int(Elem::I64, 105));
        let zero = b.int(Elem::I64, 0);
        b.while_loop(
            &[x, y],
            |b, args| (b.compare(Predicate::INe, args[1], zero), vec![args[0], args[1]]),
            |b, args| vec![args[1], b.binary(BinaryOp::RemS, args[0], args[1])],
        )[0]
    });
    assert_eq!(found.expect("runs"), 21);
}

#[test]
fn branches_run_one_side() {
    for cond in [0, 1] {
        let found = number(|b| {
            let cond = b.int(Elem::I1, cond);
            let zero = b.int(Elem::I64, 0);
            b.if_else(
                cond,
                |b| vec![b.int(Elem::I64, 5)],
                // Would trap if it ran with the other.
                |b| vec![b.binary(BinaryOp::DivS, zero, zero)],
            )[0]
        });
        if cond == 1 {
            assert_eq!(found.expect("runs"), 5);
        } else {
            assert_eq!(trap_kind(found), TrapKind::DivisionByZero);
        }
    }
}

#[test]
fn nothing_runs_for_ever() {
    let mut b = KernelBuilder::new("endless");
    b.write("out", Elem::F32, &[1], &[Own::Whole]);
    let always = b.int(Elem::I1, 1);
    b.while_loop(&[], |_, _| (always, vec![]), |_, _| vec![]);
    let endless = b.finish().expect("a valid kernel");
    let mut b = KernelBuilder::new("long");
    b.write("out", Elem::F32, &[1], &[Own::Whole]);
    let (zero, upper, one) = (b.index(0), b.index(i64::MAX), b.index(1));
    b.for_loop(zero, upper, one, &[], |_, _, _| vec![]);
    let long = b.finish().expect("a valid kernel");
    let options = Options { fuel: 10_000, ..Options::default() };
    for kernel in [endless, long] {
        let found = run_out(&kernel, Elem::F32, Shape::new(&[1]).expect("a shape"), &options);
        assert_eq!(trap_kind(found), TrapKind::Fuel(10_000));
    }
}

#[test]
fn huge_tiles_are_refused_before_they_are_made() {
    let found = number(|b| {
        b.splat(Elem::F32, &[1 << 16, 1 << 16], 0.0);
        b.int(Elem::I64, 0)
    });
    assert!(matches!(trap_kind(found), TrapKind::Elements { limit, .. } if limit == 1 << 28));
    // Loop-carried tiles count once, however often the loop runs.
    let options = Options { max_elements: 200, ..Options::default() };
    let mut b = KernelBuilder::new("carry");
    let out = b.write("out", Elem::F32, &[40], &[Own::Whole]);
    let (zero, upper, one) = (b.index(0), b.index(100), b.index(1));
    let tile = b.splat(Elem::F32, &[40], 1.0);
    let last = b.for_loop(zero, upper, one, &[tile], |b, _, carried| vec![b.add(carried[0], tile)]);
    b.store(out, last[0], &[zero]);
    let kernel = b.finish().expect("a valid kernel");
    let shape = Shape::new(&[40]).expect("a shape");
    let (output, _) = run_out(&kernel, Elem::F32, shape, &options).expect("runs");
    assert_eq!(output.to_floats().expect("floats"), [101.0; 40]);
    let tight = Options { max_elements: 150, ..Options::default() };
    assert!(matches!(trap_kind(run_out(&kernel, Elem::F32, shape, &tight)), TrapKind::Elements { limit: 150, .. }));
}
