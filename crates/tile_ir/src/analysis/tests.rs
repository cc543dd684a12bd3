//! Ranges against what the interpreter computes.

use super::*;
use crate::builder::KernelBuilder;
use crate::interp::tests::{eval, ints};
use crate::interp::{Arg, Buffer, Options, TrapKind, run};
use crate::kernel::Own;
use crate::op::{Axis, BinaryOp, CastOp, Index, OpKind, Predicate, ReduceOp, ViewId};
use crate::testing::Rng;
use crate::types::Elem;

#[test]
fn ranges_are_progressions() {
    let range = Range::new(3, 20, 5).expect("not empty");
    assert_eq!((range.lo(), range.hi(), range.step()), (3, 18, 5));
    assert!(range.contains(13) && !range.contains(14) && !range.contains(23));
    assert_eq!(Range::new(7, 9, 5), Some(Range::constant(7)));
    assert_eq!(Range::new(2, 1, 1), None);
    let both = Range::constant(16).join(Range::new(0, 96, 48).expect("not empty"));
    assert_eq!((both.lo(), both.hi(), both.step()), (0, 96, 16));
    assert!(both.divisible_by(8) && !both.divisible_by(32) && !both.divisible_by(0));
    assert_eq!(range.clamp(4, 16), Range::new(8, 13, 5));
    assert_eq!(range.clamp(9, 12), None);
    let all = Range::all(Elem::I64);
    assert_eq!(all.join(Range::constant(i64::MIN)), all);
    assert_eq!(all.clamp(i64::MIN, -1), Range::new(i64::MIN, -1, 1));
}

/// A random range of numbers of the type: near zero, near the extremes, or anywhere.
fn random_range(rng: &mut Rng, elem: Elem) -> Range {
    let all = Range::all(elem);
    let number = |rng: &mut Rng| -> i64 {
        let spread = 1u64 << rng.below(elem.bits() - 1);
        let offset = rng.below(spread) as i64;
        match rng.below(4) {
            0 => all.lo().saturating_add(offset),
            1 => all.hi().saturating_sub(offset),
            2 => (-offset).max(all.lo()),
            _ => offset.min(all.hi()),
        }
    };
    let (a, b) = (number(rng), number(rng));
    let step = if rng.below(2) == 0 { 1 } else { 1 + rng.below(40) };
    if rng.below(3) == 0 { Range::constant(a) } else { Range::new(a.min(b), a.max(b), step).expect("not empty") }
}

/// Numbers of a range, its ends among them.
fn members(rng: &mut Rng, range: Range, count: usize) -> Vec<i64> {
    let step = range.step().max(1);
    let places = range.hi().abs_diff(range.lo()) / step;
    let at = |place: u64| range.lo().wrapping_add(place.wrapping_mul(step) as i64);
    (0..count)
        .map(|i| match i {
            0 => range.lo(),
            1 => range.hi(),
            _ => at(if places == u64::MAX { rng.number() } else { rng.below(places + 1) }),
        })
        .collect()
}

#[test]
fn operations_stay_in_their_range() {
    let mut rng = Rng::new(1);
    let mut narrow = 0;
    for _ in 0..6000 {
        let elem = rng.pick(&[Elem::I8, Elem::I32, Elem::I64]);
        let op = rng.pick(BinaryOp::ALL);
        if !op.takes(false) {
            continue;
        }
        let (a, b) = (random_range(&mut rng, elem), random_range(&mut rng, elem));
        let result = transfer::binary(op, a, b, elem);
        narrow += usize::from(result != Range::all(elem));
        let (xs, ys) = (members(&mut rng, a, 8), members(&mut rng, b, 8));
        for &x in &xs {
            let (x, y) = (ints(elem, &[8], &[x; 8]), ints(elem, &[8], &ys));
            match eval(&[&x, &y], |k, v| k.binary(op, v[0], v[1])) {
                Ok(found) => {
                    for n in found.to_ints().expect("ints") {
                        assert!(result.contains(n), "{op:?} {elem} of {a} and {b}: {n} is not in {result}");
                    }
                }
                // What traps has no result.
                Err(trap) => assert!(matches!(
                    trap.kind,
                    TrapKind::DivisionByZero | TrapKind::DivisionOverflow | TrapKind::Shift { .. }
                )),
            }
        }
    }
    assert!(narrow > 1500, "only {narrow} results were narrowed");
}

#[test]
fn comparisons_and_refinements_agree_with_the_numbers() {
    let mut rng = Rng::new(2);
    let (mut decided, mut refined) = (0, 0);
    for _ in 0..4000 {
        let elem = rng.pick(&[Elem::I8, Elem::I32, Elem::I64]);
        let (predicate, _, _) = rng.pick(Predicate::ALL);
        if predicate.is_float() {
            continue;
        }
        let (a, b) = (random_range(&mut rng, elem), random_range(&mut rng, elem));
        let known = transfer::compare(predicate, a, b, elem);
        let kept = transfer::refine(predicate, a, b);
        decided += usize::from(known.is_some());
        refined += usize::from(kept != a);
        let (xs, ys) = (members(&mut rng, a, 12), members(&mut rng, b, 12));
        let (x, y) = (ints(elem, &[12], &xs), ints(elem, &[12], &ys));
        let found = eval(&[&x, &y], |k, v| k.compare(predicate, v[0], v[1])).expect("runs");
        let swapped = eval(&[&x, &y], |k, v| k.compare(transfer::swapped(predicate), v[1], v[0])).expect("runs");
        assert_eq!(found, swapped);
        let negated = transfer::negated(predicate).expect("integers have a negation");
        let negated = eval(&[&x, &y], |k, v| k.compare(negated, v[0], v[1])).expect("runs");
        for ((&x, holds), not) in xs.iter().zip(found.to_ints().expect("bits")).zip(negated.to_ints().expect("bits")) {
            assert_ne!(holds, not);
            assert!(known.is_none_or(|known| i64::from(known) == holds), "{predicate:?} of {a} and {b}");
            assert!(holds == 0 || kept.contains(x), "{predicate:?} of {a} and {b} keeps {kept}, not {x}");
        }
    }
    assert!(decided > 500 && refined > 300, "{decided} decided, {refined} refined");
}

#[test]
fn casts_stay_in_their_range() {
    let mut rng = Rng::new(3);
    let types = [Elem::I1, Elem::I8, Elem::I32, Elem::I64, Elem::Index];
    for _ in 0..3000 {
        let (from, to, op) = (rng.pick(&types[..4]), rng.pick(&types), rng.pick(CastOp::ALL));
        let range = if from == Elem::I1 { Range::all(from) } else { random_range(&mut rng, from) };
        let mut b = KernelBuilder::new("cast");
        let value = b.number(from, 0);
        b.cast(op, value, to);
        if to.is_float() || b.finish().is_err() {
            continue;
        }
        let result = transfer::cast(op, Some(range), from, to);
        let input = ints(from, &[8], &members(&mut rng, range, 8));
        let found = eval(&[&input], |k, v| {
            let cast = k.cast(op, v[0], to);
            // `index` cannot be stored.
            if to == Elem::Index { k.cast(CastOp::IndexS, cast, Elem::I64) } else { cast }
        });
        for n in found.expect("runs").to_ints().expect("ints") {
            assert!(result.contains(n), "{op:?} of {range} from {from} to {to}: {n} is not in {result}");
        }
    }
}

fn range(lo: i64, hi: i64, step: u64) -> Option<Range> {
    Range::new(lo, hi, step)
}

#[test]
fn program_ids_make_block_starts() {
    let mut b = KernelBuilder::new("blocks");
    b.grid([36, 1, 2]);
    let (id, other, count) = (b.program_id(Axis::X), b.program_id(Axis::Y), b.num_programs(Axis::Z));
    // As the frontend writes it: through i32.
    let narrow = b.cast(CastOp::IndexU, id, Elem::I32);
    let sixteen = b.int(Elem::I32, 16);
    let start = b.mul(narrow, sixteen);
    let wide = b.cast(CastOp::ExtU, start, Elem::I64);
    let index = b.cast(CastOp::IndexU, wide, Elem::Index);
    let analysis = Analysis::new(&b.finish().expect("valid"));
    assert_eq!(analysis.range(id), range(0, 35, 1));
    assert_eq!(analysis.range(other), range(0, 0, 1));
    assert_eq!(analysis.range(count), range(2, 2, 1));
    assert_eq!(analysis.range(index), range(0, 560, 16));
}

#[test]
fn tiles_have_one_range() {
    let mut b = KernelBuilder::new("tiles");
    let position = b.scalar("position", Elem::I32, Some(100));
    let unbounded = b.scalar("n", Elem::I32, None);
    let iota = b.iota(Elem::I32, &[4, 8], 1);
    let start = b.broadcast(position, &[4, 8]);
    let sum = b.add(iota, start);
    let row = b.slice(sum, &[1, 0], &[1, 8]);
    let limit = b.splat_int(Elem::I32, &[1, 8], 107);
    let below = b.compare(Predicate::ULt, row, limit);
    let zero = b.int(Elem::I32, 0);
    let total = b.reduce(ReduceOp::Add, iota, zero, &[0, 1]);
    let float = b.float(Elem::F32, 0.0);
    let mask = b.create_mask(&[4, 8], &[Index::Static(4), Index::Static(9)]);
    let empty = b.create_mask(&[4, 8], &[Index::Static(4), Index::Static(0)]);
    let analysis = Analysis::new(&b.finish().expect("valid"));
    assert_eq!(analysis.range(sum), range(0, 106, 1));
    assert_eq!(analysis.range(below), range(1, 1, 1));
    assert_eq!(analysis.range(total), range(0, 224, 1));
    assert_eq!(analysis.range(unbounded), Some(Range::all(Elem::I32)));
    assert_eq!(analysis.range(float), None);
    assert_eq!(analysis.range(mask), range(1, 1, 1));
    assert_eq!(analysis.range(empty), range(0, 0, 1));
}

#[test]
fn loops_are_solved() {
    let mut b = KernelBuilder::new("loops");
    let n = b.scalar("n", Elem::I32, Some(1000));
    let upper = b.cast(CastOp::IndexU, n, Elem::Index);
    let (zero, eight, two) = (b.index(0), b.index(8), b.index(2));
    let (mut induction, mut twice) = (zero, zero);
    let carried = b.for_loop(zero, upper, eight, &[zero, zero], |b, i, carried| {
        induction = i;
        twice = b.mul(i, two);
        // The first is bounded by what it is made from, the second by nothing.
        vec![twice, b.add(carried[1], eight)]
    });
    let (one, limit) = (b.int(Elem::I32, 1), b.int(Elem::I32, 50));
    let start = b.int(Elem::I32, 10);
    let mut inside = start;
    let last = b.while_loop(
        &[start],
        |b, args| (b.compare(Predicate::SLt, args[0], limit), vec![args[0]]),
        |b, args| {
            inside = args[0];
            vec![b.add(args[0], one)]
        },
    );
    let analysis = Analysis::new(&b.finish().expect("valid"));
    assert_eq!(analysis.range(induction), range(0, 992, 8));
    assert_eq!(analysis.range(twice), range(0, 1984, 16));
    assert_eq!(analysis.range(carried[0]), range(0, 1984, 16));
    assert!(analysis.range(carried[1]).expect("an integer").divisible_by(8));
    assert_eq!(analysis.range(inside), range(10, 49, 1));
    assert_eq!(analysis.range(last[0]), range(10, 50, 1));
}

#[test]
fn branches_refine_what_they_test() {
    let mut b = KernelBuilder::new("branch");
    let n = b.scalar("n", Elem::I32, None);
    let (zero, ten) = (b.int(Elem::I32, 0), b.int(Elem::I32, 10));
    let (low, high) = (b.compare(Predicate::SGe, n, zero), b.compare(Predicate::SLt, n, ten));
    let both = b.binary(BinaryOp::And, low, high);
    let small = b.if_else(both, |b| vec![b.add(n, ten)], |_| vec![zero]);
    let known = b.compare(Predicate::SLt, zero, ten);
    let taken = b.if_else(known, |_| vec![ten], |_| vec![n]);
    let analysis = Analysis::new(&b.finish().expect("valid"));
    assert_eq!(analysis.range(small[0]), range(0, 19, 1));
    assert_eq!(analysis.range(taken[0]), range(10, 10, 1));
    assert_eq!(analysis.range(n), Some(Range::all(Elem::I32)), "outside nothing is known");
}

/// In-bounds promises of the loads and stores, in order.
fn promises(kernel: &Kernel) -> Vec<Vec<bool>> {
    let mut found = Vec::new();
    kernel.body.for_each_op(&mut |op| {
        if let OpKind::Load { in_bounds, .. } | OpKind::Store { in_bounds, .. } = &op.kind {
            found.push(in_bounds.clone());
        }
    });
    found
}

/// Loads 8 x 16 at a block start and at a shifted one, masked by what is always true and by what is not.
fn blocks(grid: u64, rows: u64) -> Kernel {
    let mut b = KernelBuilder::new("blocks");
    b.grid([grid, 1, 1]);
    let x = b.read("x", Elem::F32, &[rows, 16]);
    let y = b.write("y", Elem::F32, &[rows, 16], &[Own::Block { axis: Axis::X, size: 8 }, Own::Whole]);
    let (id, eight, zero, one) = (b.program_id(Axis::X), b.index(8), b.index(0), b.index(1));
    let start = b.mul(id, eight);
    let mask = b.create_mask(&[8, 16], &[Index::Dynamic(eight), Index::Static(16)]);
    let pad = b.float(Elem::F32, 0.0);
    let tile = b.load_masked(x, &[start, zero], &[8, 16], pad, Some(mask));
    let shifted = b.load(x, &[start, one], &[8, 16]);
    let part = b.create_mask(&[8, 16], &[Index::Dynamic(id), Index::Static(16)]);
    let sum = b.add(tile, shifted);
    b.store_masked(y, sum, &[start, zero], Some(part));
    b.finish().expect("valid")
}

#[test]
fn promises_are_made_where_they_can_be_proven() {
    let mut kernel = blocks(4, 32);
    let proven = prove_in_bounds(&mut kernel);
    assert_eq!(proven, Proven { dimensions: 5, masks: 1 });
    assert_eq!(promises(&kernel), [vec![true, true], vec![true, false], vec![true, true]]);
    crate::validate_kernel(&kernel).expect("still valid");
    assert_eq!(prove_in_bounds(&mut kernel), Proven::default(), "nothing is left to prove");

    // One row fewer: the last block hangs over.
    let mut kernel = blocks(4, 31);
    prove_in_bounds(&mut kernel);
    assert_eq!(promises(&kernel), [vec![false, true], vec![false, false], vec![false, true]]);
}

#[test]
fn promised_kernels_do_what_they_did() {
    for (grid, rows) in [(4, 32), (4, 31), (5, 32), (1, 8), (1, 7)] {
        let before = blocks(grid, rows);
        let mut after = before.clone();
        prove_in_bounds(&mut after);
        let x = crate::testing::random_buffer(&mut Rng::new(rows), Elem::F32, &[rows, 16]);
        let outputs = [before, after].map(|kernel| {
            let mut y = Buffer::zeros(Elem::F32, &[rows, 16]).expect("a buffer");
            run(&kernel, &mut [Arg::In(&x), Arg::InOut(&mut y)], &Options::default()).expect("runs");
            y
        });
        assert_eq!(outputs[0], outputs[1]);
    }
}

#[test]
fn deep_nests_end() {
    fn nest(b: &mut KernelBuilder, depth: usize, bounds: [Value; 2], carried: Value) -> Value {
        if depth == 0 {
            return b.add(carried, bounds[1]);
        }
        b.for_loop(bounds[0], bounds[1], bounds[1], &[carried], |b, _, args| vec![nest(b, depth - 1, bounds, args[0])])
            [0]
    }
    let mut b = KernelBuilder::new("deep");
    let x = b.read("x", Elem::F32, &[4]);
    let (zero, one) = (b.index(0), b.index(1));
    let last = nest(&mut b, 40, [zero, one], zero);
    b.load(x, &[last], &[4]);
    b.load(ViewId(0), &[zero], &[4]);
    let mut kernel = b.finish().expect("valid");
    prove_in_bounds(&mut kernel);
    assert_eq!(promises(&kernel)[0], [false]);
}
