//! The interpreter on generated cases, against the references: right kernels pass, wrong ones are caught.

use judge::{Comparison, Expected, Fault, compare, generate, reference, run_interpreter};
use tile_ir::{Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own, Value};

fn judged(kernel: &Kernel, seed: u64) -> Comparison {
    let case = generate(kernel, seed).expect("case");
    let want = reference(&case).expect("reference");
    let outputs = run_interpreter(kernel, &case).expect("the kernel runs");
    let comparison = compare(&case, &want, &outputs);
    let own = compare(&case, &Expected::from_outputs(&case, &outputs), &outputs);
    assert!(own.passed() || !comparison.passed(), "a run agrees with itself: {own}");
    comparison
}

/// The first element of this program's block of `size` columns.
fn block_start(b: &mut KernelBuilder, size: i64) -> Value {
    let (program, size) = (b.program_id(Axis::X), b.index(size));
    b.mul(program, size)
}

/// Adds 10 elements in blocks of 4.
fn residual_add(programs: u64, op: BinaryOp) -> Kernel {
    let mut b = KernelBuilder::new("residual_add");
    b.grid([programs, 1, 1]);
    let left = b.read("a", Elem::F32, &[1, 10]);
    let right = b.read("b", Elem::F32, &[1, 10]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: 4 }];
    let output = b.write("output", Elem::F32, &[1, 10], &own);
    let (row, col) = (b.index(0), block_start(&mut b, 4));
    let x = b.load(left, &[row, col], &[1, 4]);
    let y = b.load(right, &[row, col], &[1, 4]);
    let sum = b.binary(op, x, y);
    b.store(output, sum, &[row, col]);
    b.finish().expect("valid")
}

#[test]
fn a_right_kernel_passes() {
    for seed in 0..4 {
        let comparison = judged(&residual_add(3, BinaryOp::Add), seed);
        assert!(comparison.passed(), "seed {seed}: {comparison}");
    }
}

#[test]
fn a_missing_program_leaves_unwritten_elements() {
    let comparison = judged(&residual_add(2, BinaryOp::Add), 0);
    let [Fault::Unwritten { count: 2, first }] = comparison.outputs[0].faults.as_slice() else {
        panic!("{comparison}")
    };
    assert_eq!(*first, [0, 8]);
}

#[test]
fn a_wrong_operation_is_caught() {
    let comparison = judged(&residual_add(3, BinaryOp::Sub), 0);
    assert!(!comparison.passed() && comparison.relative() > 0.1, "{comparison}");
}

/// `x · weightᵀ` for this program's two rows.
fn rows_times(b: &mut KernelBuilder, input: tile_ir::ViewId, weight: tile_ir::ViewId, at: Value) -> Value {
    let zero = b.index(0);
    let x = b.load(input, &[zero, zero], &[1, 8]);
    let w = b.load(weight, &[at, zero], &[2, 8]);
    let w = b.cast(CastOp::ExtF, w, Elem::F32);
    let acc = b.splat(Elem::F32, &[1, 2], 0.0);
    b.contract(x, w, acc, ContractSpec::matmul(true))
}

#[test]
fn an_output_that_is_also_read_starts_with_data() {
    let mut b = KernelBuilder::new("o_proj_residual");
    b.grid([3, 1, 1]);
    let input = b.read("input", Elem::F32, &[1, 8]);
    let weight = b.weights("weight", Elem::Bf16, &[6, 8]);
    let hidden = b.write("hidden", Elem::F32, &[1, 6], &[Own::Whole, Own::Block { axis: Axis::X, size: 2 }]);
    let (row, col) = (b.index(0), block_start(&mut b, 2));
    let product = rows_times(&mut b, input, weight, col);
    let before = b.load(hidden, &[row, col], &[1, 2]);
    let sum = b.add(before, product);
    b.store(hidden, sum, &[row, col]);
    let kernel = b.finish().expect("valid");
    for seed in 0..4 {
        let comparison = judged(&kernel, seed);
        assert!(comparison.passed(), "seed {seed}: {comparison}");
    }
}

/// Appends a row to both caches of 5 rows; `shift` moves the row off its place.
fn kv_proj(shift: i64) -> Kernel {
    let mut b = KernelBuilder::new("kv_proj_matvec");
    b.grid([2, 1, 1]);
    let input = b.read("input", Elem::F32, &[1, 8]);
    let k_weight = b.weights("k_weight", Elem::Bf16, &[4, 8]);
    let v_weight = b.weights("v_weight", Elem::Bf16, &[4, 8]);
    let own = [Own::At { param: 5 }, Own::Block { axis: Axis::X, size: 2 }];
    let k_cache = b.write("k_cache", Elem::Bf16, &[5, 4], &own);
    let v_cache = b.write("v_cache", Elem::Bf16, &[5, 4], &own);
    let position = b.scalar("position", Elem::I32, Some(5));
    let row = b.cast(CastOp::IndexU, position, Elem::Index);
    let shift = b.index(shift);
    let (row, col) = (b.add(row, shift), block_start(&mut b, 2));
    for (weight, cache) in [(k_weight, k_cache), (v_weight, v_cache)] {
        let y = rows_times(&mut b, input, weight, col);
        let y = b.cast(CastOp::TruncF, y, Elem::Bf16);
        b.store(cache, y, &[row, col]);
    }
    b.finish().expect("valid")
}

#[test]
fn a_cache_row_is_compared_by_itself() {
    for seed in 0..8 {
        let comparison = judged(&kv_proj(0), seed);
        assert!(comparison.passed(), "seed {seed}: {comparison}");
        assert!(comparison.outputs.iter().all(|output| output.compared == 4));
    }
}

#[test]
fn a_row_beside_its_place_traps() {
    let kernel = kv_proj(-1);
    let case = generate(&kernel, 2).expect("case");
    let trap = run_interpreter(&kernel, &case).expect_err("not its row");
    assert!(trap.to_string().contains("`k_cache`"), "{trap}");
}

#[test]
fn a_case_for_another_kernel_is_refused() {
    let case = generate(&residual_add(3, BinaryOp::Add), 0).expect("case");
    assert!(run_interpreter(&kv_proj(0), &case).is_err());
}
