//! Lane programs side by side against the two by themselves.

mod common;

use common::TARGET;
use lower_simt::beside::{Beside, BesideError, beside};
use lower_simt::interp::{self, Arg, Options};
use lower_simt::ir::{
    Builtin, Early, EarlyCopy, Expr, LaneKernel, Scalar, Shared, SharedData, Stmt, StmtKind, Unroll, WeightRange,
};
use lower_simt::target::{Ahead, CopyAhead, Target};
use lower_simt::testing::Build;
use lower_simt::testing::exprs::*;
use lower_simt::verify::verify;
use tile_ir::{Access, Axis, Elem, ParamKind, ReduceOp, ViewId};

/// `output[row] = factor * max(input[row])` over rows of 300, a row per program; lanes, then shared memory.
fn row_max(rows: u64) -> LaneKernel {
    let mut b = Build::new("row_max", 128);
    b.grid([rows, 1, 1]);
    let x = b.read("input", Elem::F32, &[rows, 300]);
    let y = b.write("output", Elem::F32, &[rows, 1]);
    let factor = b.scalar("factor", Elem::F32);
    let parts = b.shared("parts", Elem::F32, 4);
    let largest = b.declare("largest", Scalar::F32, None, Some(float(-1e30)));
    b.for_loop("i", [thread(), int(300), int(128)], Unroll::No, |b, i| {
        let value = load(global(x, add(mul(program(), int(300)), var(i))));
        b.assign(largest, binary(tile_ir::BinaryOp::MaxF, var(largest), value));
    });
    b.lane_reduce(largest, ReduceOp::MaxF, 32);
    b.when(eq(lane(), int(0)), |b| b.store(shared(parts, subgroup()), var(largest)));
    b.barrier();
    b.when(eq(thread(), int(0)), |b| {
        b.for_loop("j", [int(1), int(4), int(1)], Unroll::No, |b, j| {
            b.assign(largest, binary(tile_ir::BinaryOp::MaxF, var(largest), load(shared(parts, var(j)))));
        });
        b.store(global(y, program()), mul(var(largest), factor));
    });
    b.finish()
}

/// `output = factor * input` over 64 elements per program, in place of its own threads.
fn scale(blocks: u64, threads: u32) -> LaneKernel {
    let mut b = Build::new("scale", threads);
    b.grid([blocks, 1, 1]);
    let x = b.read("input", Elem::F32, &[64 * blocks]);
    let y = b.write("output", Elem::F32, &[64 * blocks]);
    let factor = b.scalar("factor", Elem::F32);
    let base = b.define("base", mul(program(), int(64)));
    b.for_loop("i", [thread(), int(64), int(threads)], Unroll::No, |b, i| {
        let at = b.define("at", add(var(base), var(i)));
        b.store(global(y, var(at)), mul(load(global(x, var(at))), factor.clone()));
    });
    b.finish()
}

fn numbers(count: u64, seed: u32) -> Vec<u8> {
    let value = |i: u64| ((i * 37 + u64::from(seed) * 101) % 251) as f32 - 125.0;
    (0..count).flat_map(|i| value(i).to_le_bytes()).collect()
}

/// Outputs of a kernel of `input`, `output`, `factor`.
fn alone(kernel: &LaneKernel, input: &[u8], outputs: u64, factor: f32) -> Vec<u8> {
    let mut output = vec![0; outputs as usize * 4];
    let mut args = [Arg::In(input), Arg::Out(&mut output), Arg::F32(factor)];
    interp::run(kernel, &TARGET, &mut args, &Options::default()).expect("runs");
    output
}

fn check(first: &LaneKernel, second: &LaneKernel, sizes: [(u64, u64); 2]) -> Beside {
    let both = beside("both", first, second, &[(2, 2)], &TARGET).expect("they fit");
    assert_eq!(verify(&both.kernel, &TARGET), Ok(()));
    let names: Vec<&str> = both.kernel.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["input", "output", "factor", "input_2", "output_2"]);
    assert_eq!(both.second, [3, 4, 2]);
    assert_eq!(both.kernel.grid, [first.grid[0] + second.grid[0], 1, 1]);
    let inputs = [numbers(sizes[0].0, 1), numbers(sizes[1].0, 2)];
    for reverse in [false, true] {
        let (mut one, mut other) = (vec![0; sizes[0].1 as usize * 4], vec![0; sizes[1].1 as usize * 4]);
        let mut args =
            [Arg::In(&inputs[0]), Arg::Out(&mut one), Arg::F32(3.0), Arg::In(&inputs[1]), Arg::Out(&mut other)];
        interp::run(&both.kernel, &TARGET, &mut args, &Options { reverse, ..Options::default() }).expect("runs");
        assert_eq!(one, alone(first, &inputs[0], sizes[0].1, 3.0));
        assert_eq!(other, alone(second, &inputs[1], sizes[1].1, 3.0));
    }
    both
}

#[test]
fn both_compute_what_they_do_alone() {
    let both = check(&row_max(5), &scale(3, 128), [(1500, 5), (192, 192)]);
    assert_eq!(both.kernel.threads, 128);
    check(&scale(3, 128), &row_max(5), [(192, 192), (1500, 5)]);
    check(&row_max(2), &row_max(4), [(600, 2), (1200, 4)]);
}

/// `output = factor * input` over 8 elements per program, of a grid of three axes.
fn scale_blocks(grid: [u64; 3]) -> LaneKernel {
    let mut b = Build::new("scale_blocks", 32);
    b.grid(grid);
    let all = grid.iter().product::<u64>() * 8;
    let x = b.read("input", Elem::F32, &[all]);
    let y = b.write("output", Elem::F32, &[all]);
    let factor = b.scalar("factor", Elem::F32);
    let along = |axis| Expr::Builtin(Builtin::Program(axis));
    // Neither order nor steps are those of the fold.
    let row = add(mul(along(Axis::Z), int(grid[0] as u32)), along(Axis::X));
    let base = b.define("base", mul(add(mul(row, int(grid[1] as u32)), along(Axis::Y)), int(8)));
    b.when(lt(thread(), int(8)), |b| {
        let at = b.define("at", add(var(base), thread()));
        b.store(global(y, var(at)), mul(load(global(x, var(at))), factor.clone()));
    });
    b.finish()
}

#[test]
fn programs_of_several_axes_are_counted_along_one() {
    for grid in [[3, 2, 1], [2, 3, 2], [1, 4, 1], [1, 1, 5], [4, 1, 2]] {
        let all = grid.iter().product::<u64>() * 8;
        let tall = scale_blocks(grid);
        let inputs = [numbers(all, 1), numbers(192, 2)];
        for (first, second) in [(0, 1), (1, 0)] {
            let kernels = [tall.clone(), scale(3, 32)];
            let outputs = [all, 192];
            let both = beside("both", &kernels[first], &kernels[second], &[(2, 2)], &TARGET).expect("they fit").kernel;
            assert_eq!((both.grid, verify(&both, &TARGET)), ([all / 8 + 3, 1, 1], Ok(())));
            let mut one = vec![0; outputs[first] as usize * 4];
            let mut other = vec![0; outputs[second] as usize * 4];
            let mut args = [
                Arg::In(&inputs[first]),
                Arg::Out(&mut one),
                Arg::F32(3.0),
                Arg::In(&inputs[second]),
                Arg::Out(&mut other),
            ];
            interp::run(&both, &TARGET, &mut args, &Options::default()).expect("runs");
            assert_eq!(one, alone(&kernels[first], &inputs[first], outputs[first], 3.0));
            assert_eq!(other, alone(&kernels[second], &inputs[second], outputs[second], 3.0));
        }
    }
}

/// What a program of several axes asks for ahead is its own.
#[test]
fn ranges_of_several_axes_are_counted_along_one() {
    let target = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy: None }), ..TARGET };
    let grid = [2, 3, 2];
    let mut tall = awaiting(scale_blocks(grid));
    if let ParamKind::View(view) = &mut tall.params[0].kind {
        view.access = Access::Weights;
    }
    let view = ViewId(0);
    let own = WeightRange { view, programs: [0, 2], first: 0, folded: None, per_program: [24, 8, 48], bytes: 32 };
    let all = WeightRange { programs: [0, 1], per_program: [0; 3], ..own.clone() };
    tall.early = Some(Early { prefetches: vec![own.clone(), all], copies: vec![] });
    let plain = awaiting(LaneKernel { early: Some(Early::default()), ..scale(3, 32) });
    for (both, edge) in [
        (beside("both", &tall, &plain, &[], &target).expect("fits").kernel, 0),
        (beside("both", &plain, &tall, &[], &target).expect("fits").kernel, 3),
    ] {
        let asked = &both.early.as_ref().expect("both start early").prefetches;
        assert_eq!(asked.iter().map(|one| one.programs).collect::<Vec<_>>(), [[edge, edge + 12], [edge, edge + 1]]);
        let mut program = edge;
        for z in 0..grid[2] {
            for y in 0..grid[1] {
                for x in 0..grid[0] {
                    assert_eq!(asked[0].first_of([program, 0, 0]), own.first_of([x, y, z]));
                    program += 1;
                }
            }
        }
        assert_eq!((asked[0].first_of([program, 0, 0]), asked[0].last_first(both.grid)), (None, 88));
    }
    // Only some along x: they have no numbers in a row.
    let mut some = tall.clone();
    some.early = Some(Early { prefetches: vec![WeightRange { programs: [0, 1], ..own }], copies: vec![] });
    assert!(matches!(beside("both", &some, &plain, &[], &target), Err(BesideError::Grid { .. })));
}

#[test]
fn shared_memory_is_laid_over() {
    let both = check(&row_max(2), &row_max(4), [(600, 2), (1200, 4)]);
    assert_eq!(both.kernel.shared.len(), 1);
    let mut wide = row_max(2);
    wide.shared[0].len = 64;
    assert_eq!(beside("both", &row_max(4), &wide, &[], &TARGET).expect("fits").kernel.shared[0].len, 64);
    let mut other = scale(2, 128);
    other.shared.push(SharedData { name: "ints".into(), elem: Elem::I32, len: 8 });
    assert_eq!(beside("both", &row_max(4), &other, &[], &TARGET).expect("fits").kernel.shared.len(), 2);
}

#[test]
fn fewer_threads_only_without_barriers() {
    // The smaller one has none: its added threads do nothing.
    let both = check(&row_max(5), &scale(3, 64), [(1500, 5), (192, 192)]);
    assert_eq!(both.kernel.threads, 128);
    check(&scale(3, 32), &row_max(5), [(192, 192), (1500, 5)]);
    // The smaller one has some.
    let refused = beside("both", &row_max(5), &scale(3, 256), &[], &TARGET);
    assert_eq!(refused, Err(BesideError::Threads { first: 128, second: 256 }));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut tall = scale(2, 128);
    tall.grid = [1 << 20, 1 << 20, 1];
    let refused = beside("both", &row_max(5), &tall, &[], &TARGET);
    assert_eq!(refused, Err(BesideError::Grid { first: [5, 1, 1], second: tall.grid }));
    let mut long = scale(2, 128);
    long.grid[0] = TARGET.max_grid[0];
    assert!(matches!(beside("both", &row_max(5), &long, &[], &TARGET), Err(BesideError::Rules(_))));
    // A written view is nobody else's, and a view is no number.
    for pair in [(1, 1), (2, 0), (9, 0)] {
        let refused = beside("both", &scale(2, 128), &scale(2, 128), &[pair], &TARGET);
        assert!(matches!(refused, Err(BesideError::Params { .. })), "{pair:?}");
    }
    assert!(beside("both", &scale(2, 128), &scale(2, 128), &[(0, 0)], &TARGET).is_ok());
}

#[test]
fn owners_and_programs_are_told_apart() {
    let in_place = || {
        let mut b = Build::new("twice", 64);
        b.grid([2, 1, 1]);
        let y = b.write("data", Elem::F32, &[128]);
        let at = b.define("at", add(mul(program(), int(64)), thread()));
        let value = b.define("value", load(owned(global(y, var(at)), 0)));
        b.store(owned(global(y, var(at)), 0), add(var(value), var(value)));
        b.finish()
    };
    let both = beside("both", &in_place(), &in_place(), &[], &TARGET).expect("fits").kernel;
    let mut owners = Vec::new();
    let mut programs = 0;
    for stmt in &both.body {
        stmt.for_each(&mut |stmt| {
            owners.extend(stmt.reads().into_iter().chain(stmt.writes()).filter_map(|place| place.owner));
            for expr in stmt.exprs() {
                expr.for_each(&mut |expr| programs += usize::from(matches!(expr, Expr::Builtin(Builtin::Program(_)))));
            }
        });
    }
    assert_eq!(owners, [0, 0, 1, 1]);
    // The condition, the first kernel's own, and the second's first program.
    assert_eq!(programs, 3);
}

/// Waits for earlier kernels at its start.
fn awaiting(mut kernel: LaneKernel) -> LaneKernel {
    kernel.body.insert(0, Stmt { kind: StmtKind::AwaitEarlier, loc: kernel.loc.clone() });
    kernel
}

/// Each side asks for its own weights, and the two start early only together.
#[test]
fn what_is_asked_for_ahead_keeps_its_programs() {
    let target = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy: None }), ..TARGET };
    let asking = |blocks: u64| {
        let mut kernel = scale(blocks, 128);
        if let ParamKind::View(view) = &mut kernel.params[0].kind {
            view.access = Access::Weights;
        }
        let (programs, per_program) = ([0, blocks], [64, 0, 0]);
        let prefetch = WeightRange { view: ViewId(0), programs, first: 0, folded: None, per_program, bytes: 256 };
        kernel.early = Some(Early { prefetches: vec![prefetch], copies: vec![] });
        awaiting(kernel)
    };
    let both = beside("both", &asking(3), &asking(2), &[], &target).expect("fits").kernel;
    let early = both.early.expect("both start early");
    let asked: Vec<(u32, [u64; 2])> = early.prefetches.iter().map(|one| (one.view.0, one.programs)).collect();
    assert_eq!(asked, [(0, [0, 3]), (3, [3, 5])]);
    let late = beside("both", &asking(3), &scale(2, 128), &[], &target).expect("fits").kernel;
    assert_eq!(late.early, None);
}

/// What one side copies to shared memory, the other's copies may share with it, and nothing else.
#[test]
fn what_is_copied_ahead_shares_arrays_with_copies_only() {
    let copy = Some(CopyAhead { least: 16, bytes: 1 << 10, programs: 1, threads: 128 });
    let target = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy }), ..TARGET };
    let copying = |blocks: u64, more: bool| {
        let mut kernel = scale(blocks, 128);
        if let ParamKind::View(view) = &mut kernel.params[0].kind {
            view.access = Access::Weights;
        }
        let tile = |name: &str| SharedData { name: name.to_owned(), elem: Elem::F32, len: 64 };
        kernel.shared = if more { vec![tile("plain"), tile("tile")] } else { vec![tile("tile")] };
        let to = Shared(u32::from(more));
        let from = WeightRange {
            view: ViewId(0),
            programs: [0, blocks],
            first: 0,
            folded: None,
            per_program: [64, 0, 0],
            bytes: 256,
        };
        kernel.early = Some(Early { prefetches: vec![], copies: vec![EarlyCopy { from, to }] });
        let stmt = Stmt { kind: StmtKind::AwaitCopy { array: to }, loc: kernel.loc.clone() };
        kernel.body.insert(0, stmt);
        awaiting(kernel)
    };
    let both = beside("both", &copying(3, false), &copying(2, true), &[], &target).expect("fits").kernel;
    let copies: Vec<(u32, [u64; 2])> =
        both.early.iter().flat_map(|early| &early.copies).map(|copy| (copy.to.0, copy.from.programs)).collect();
    assert_eq!(copies, [(0, [0, 3]), (0, [3, 5])]);
    assert_eq!(both.shared.len(), 2, "the plain one has an array of its own");
    let early = |blocks, threads| awaiting(LaneKernel { early: Some(Early::default()), ..scale(blocks, threads) });
    let few = beside("both", &copying(3, false), &early(2, 64), &[], &target);
    assert!(few.is_ok(), "the smaller one waits for nothing");
    let few = beside("both", &early(2, 256), &copying(3, false), &[], &target);
    assert!(matches!(few, Err(BesideError::Threads { .. })), "its added threads would not wait");
}
