//! Tiles that are read as streams: where their elements are, that no thread waits for another in their loops, and that the numbers
//! are right at sizes that nothing divides.

mod common;

use common::{TARGET, check};
use lower_simt::ir::{LaneKernel, Memory, Stmt, StmtKind};
use lower_simt::target::{Ahead, Target};
use lower_simt::verify::verify;
use tile_ir::{Axis, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Module, Own, ReduceOp, UnaryOp, ViewId};

fn lowered(kernel: &Kernel, target: &Target) -> LaneKernel {
    let module = Module { name: "test".into(), kernels: vec![kernel.clone()] };
    let lane = lower_simt::lower(&module, target).expect("supported").kernels.remove(0);
    let text = lower_simt::text::print(&lane);
    assert_eq!(verify(&lane, target), Ok(()), "{text}");
    check(kernel, &lane, target, &[1, 2, 3]).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    lane
}

/// Whether some loop that is not unrolled has a barrier.
fn waits_in_loop(stmts: &[Stmt], inside: bool) -> bool {
    stmts.iter().any(|stmt| {
        let inside = inside || matches!(stmt.kind, StmtKind::For { .. } | StmtKind::While { .. });
        (inside && matches!(stmt.kind, StmtKind::Barrier { .. }))
            || stmt.blocks().into_iter().any(|block| waits_in_loop(block, inside))
    })
}

fn barriers(lane: &LaneKernel) -> usize {
    let mut count = 0;
    lane.body.iter().for_each(|stmt| {
        stmt.for_each(&mut |stmt| count += usize::from(matches!(stmt.kind, StmtKind::Barrier { .. })));
    });
    count
}

fn reads(stmt: &Stmt, view: ViewId) -> bool {
    let mut found = false;
    stmt.for_each(&mut |stmt| {
        found |= stmt.reads().into_iter().any(|place| place.memory == Memory::Global(view));
    });
    found
}

/// `output = op over rows of (sum over steps of blocks of `rows` rows of the input)`, the same in each program.
fn columns(op: ReduceOp, elem: Elem, [rows, cols, steps]: [u64; 3], programs: u64) -> Kernel {
    let mut t = KernelBuilder::new("columns");
    t.grid([programs, 1, 1]);
    let input = t.read("input", elem, &[rows * steps, cols]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: cols }];
    let output = t.write("output", Elem::F32, &[1, cols * programs], &own);
    let (program, size) = (t.program_id(Axis::X), t.index(cols as i64));
    let at = t.mul(program, size);
    let (zero, one, end) = (t.index(0), t.index(rows as i64), t.index((rows * steps) as i64));
    let start = t.splat(Elem::F32, &[rows, cols], 0.0);
    let sums = t.for_loop(zero, end, one, &[start], |t, at, carried| {
        let block = t.load(input, &[at, zero], &[rows, cols]);
        let block = if elem == Elem::F32 { block } else { t.cast(CastOp::ExtF, block, Elem::F32) };
        vec![t.add(carried[0], block)]
    });
    let identity = if op == ReduceOp::Add { 0.0 } else { f32::NEG_INFINITY };
    let start = t.splat(Elem::F32, &[cols], identity);
    let over = t.reduce(op, sums[0], start, &[0]);
    let row = t.reshape(over, &[1, cols]);
    t.store(output, row, &[zero, at]);
    t.finish().expect("valid")
}

#[test]
fn rows_that_a_loop_adds_are_summed_where_they_are() {
    for (op, elem) in [(ReduceOp::Add, Elem::Bf16), (ReduceOp::Add, Elem::F32), (ReduceOp::MaxF, Elem::Bf16)] {
        for sizes in [[64, 128, 3], [32, 96, 2], [30, 40, 3], [7, 24, 5], [128, 8, 2]] {
            let lane = lowered(&columns(op, elem, sizes, 1), &TARGET);
            let text = lower_simt::text::print(&lane);
            assert!(!waits_in_loop(&lane.body, false), "{op:?} {elem} {sizes:?}\n{text}");
            // Where vectors do not divide a row, the sums go through shared memory.
            let most = if sizes == [32, 96, 2] { 2 } else { 1 };
            assert!(barriers(&lane) <= most, "{op:?} {elem} {sizes:?}\n{text}");
        }
        // Many programs have few threads each: here one group of them holds all rows.
        lowered(&columns(op, elem, [2, 256, 3], 8), &TARGET);
        lowered(&columns(op, elem, [3, 264, 2], 8), &TARGET);
    }
}

/// `output = (input / root of its mean square * gamma) · weightᵀ + bias`, `rows` outputs per program.
fn norm_product([rows, terms, programs]: [u64; 3]) -> Kernel {
    let mut t = KernelBuilder::new("norm_product");
    t.grid([programs, 1, 1]);
    let input = t.read("input", Elem::F32, &[1, terms]);
    let gamma = t.weights("gamma", Elem::Bf16, &[1, terms]);
    let weight = t.weights("weight", Elem::Bf16, &[rows * programs, terms]);
    let bias = t.weights("bias", Elem::F32, &[1, rows * programs]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: rows }];
    let output = t.write("output", Elem::F32, &[1, rows * programs], &own);
    let (zero, program, size) = (t.index(0), t.program_id(Axis::X), t.index(rows as i64));
    let at = t.mul(program, size);
    let x = t.load(input, &[zero, zero], &[1, terms]);
    let squares = t.mul(x, x);
    let sum = t.sum(squares, &[1]);
    let root = t.unary(UnaryOp::Rsqrt, sum);
    let root = t.reshape(root, &[1, 1]);
    let root = t.broadcast(root, &[1, terms]);
    let gamma = t.load(gamma, &[zero, zero], &[1, terms]);
    let gamma = t.cast(CastOp::ExtF, gamma, Elem::F32);
    let x = t.mul(x, root);
    let x = t.mul(x, gamma);
    let block = t.load(weight, &[at, zero], &[rows, terms]);
    let block = t.cast(CastOp::ExtF, block, Elem::F32);
    let start = t.load(bias, &[zero, at], &[1, rows]);
    let spec = ContractSpec { reduced: vec![false, false, true], lhs: vec![0, 2], rhs: vec![1, 2], acc: vec![0, 1] };
    let sums = t.contract(x, block, start, spec);
    t.store(output, sums, &[zero, at]);
    t.finish().expect("valid")
}

#[test]
fn a_row_that_a_product_multiplies_is_held_by_every_group() {
    for sizes in [[8, 256, 3], [16, 1536, 2], [4, 512, 5]] {
        let lane = lowered(&norm_product(sizes), &TARGET);
        let text = lower_simt::text::print(&lane);
        assert_eq!((barriers(&lane), lane.shared.len()), (0, 0), "{sizes:?}\n{text}");
    }
    // Nothing divides these: right, in whatever way.
    for sizes in [[7, 93, 3], [5, 1000, 2], [16, 30, 1], [3, 2049, 2]] {
        lowered(&norm_product(sizes), &TARGET);
    }
}

#[test]
fn small_weights_are_loaded_before_the_wait() {
    let ahead = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy: None }), ..TARGET };
    let kernel = norm_product([8, 256, 3]);
    let lane = lowered(&kernel, &ahead);
    let text = lower_simt::text::print(&lane);
    let wait = lane.body.iter().position(|stmt| stmt.kind == StmtKind::AwaitEarlier).expect("a wait");
    let (before, after) = lane.body.split_at(wait);
    let [input, gamma, bias] = [0, 1, 3].map(ViewId);
    for view in [gamma, bias] {
        assert!(before.iter().any(|stmt| reads(stmt, view)), "{text}");
        assert!(!after.iter().any(|stmt| reads(stmt, view)), "{text}");
    }
    assert!(!before.iter().any(|stmt| reads(stmt, input)), "{text}");
    // A target whose kernels start after the others have ended has nothing to wait for.
    let lane = lowered(&kernel, &TARGET);
    assert!(lane.body.iter().all(|stmt| stmt.kind != StmtKind::AwaitEarlier));
}

/// The largest of each row of the input: with a loop that brings threads together in each step, or only at its end.
fn candidates() -> Module {
    let build = |name: &str, together: bool, size: u64| {
        let mut t = KernelBuilder::new(name);
        t.family("largest", &[(if together { "CHUNK" } else { "SLOTS" }, size)]);
        let input = t.read("input", Elem::F32, &[1, 4096]);
        let output = t.write("output", Elem::F32, &[1, 1], &[Own::Whole, Own::Whole]);
        let (zero, step, end) = (t.index(0), t.index(size as i64), t.index(4096));
        let width = if together { 1 } else { size };
        let start = t.splat(Elem::F32, &[1, width], f32::NEG_INFINITY);
        let largest = t.for_loop(zero, end, step, &[start], |t, at, carried| {
            let mut chunk = t.load(input, &[zero, at], &[1, size]);
            if together {
                let identity = t.splat(Elem::F32, &[1], f32::NEG_INFINITY);
                let one = t.reduce(ReduceOp::MaxF, chunk, identity, &[1]);
                chunk = t.reshape(one, &[1, 1]);
            }
            vec![t.binary(tile_ir::BinaryOp::MaxF, carried[0], chunk)]
        });
        let identity = t.splat(Elem::F32, &[1], f32::NEG_INFINITY);
        let one = t.reduce(ReduceOp::MaxF, largest[0], identity, &[1]);
        let one = t.reshape(one, &[1, 1]);
        t.store(output, one, &[zero, zero]);
        t.finish().expect("valid")
    };
    let kernels = vec![build("largest_chunk1024", true, 1024), build("largest_slots512", false, 512)];
    Module { name: "test".into(), kernels }
}

#[test]
fn of_candidates_alike_one_without_barriers_in_its_loops_is_taken() {
    let module = candidates();
    let chosen = lower_simt::lower(&module, &TARGET).expect("supported").kernels.remove(0);
    assert_eq!(chosen.name, "largest_slots512");
    for kernel in &module.kernels {
        let lane = lowered(kernel, &TARGET);
        assert_eq!(waits_in_loop(&lane.body, false), kernel.name == "largest_chunk1024");
    }
}
