//! Products of the sizes of language models, and of odd ones: they fit, and compute what the tile program says.

mod backend;

use backend::BACKEND;
use dma_testing::{Program, lower, random_case, told};
use mlir_to_aie::limits::{MEMORY_BYTES, TARGET};
use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Index, Kernel, KernelBuilder, Own, Predicate, ReduceOp, UnaryOp,
};

/// `output += input * transpose(weight)`, `block` columns per program, elements of the output of type `elem`.
fn residual(n: u64, k: u64, block: u64, elem: Elem) -> Kernel {
    let mut t = KernelBuilder::new("residual");
    t.at("residual.rs", 1, 1);
    t.grid([n.div_ceil(block), 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: block }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let y = t.write("hidden", elem, &[1, n], &own);
    let (zero, size, id) = (t.index(0), t.index(block as i64), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, size);
    let left = t.load(x, &[zero, zero], &[1, k]);
    let right = t.load(w, &[row, zero], &[block, k]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let before = t.load(y, &[zero, row], &[1, block]);
    let before = if elem == Elem::F32 { before } else { t.cast(CastOp::ExtF, before, Elem::F32) };
    let result = t.contract(left, right, before, ContractSpec::matmul(true));
    let result = if elem == Elem::F32 { result } else { t.cast(CastOp::TruncF, result, elem) };
    t.store(y, result, &[zero, row]);
    t.finish().expect("valid")
}

/// Lowers, prints and runs a kernel on random inputs.
fn check(kernel: &Kernel, what: &str, seeds: &[u64]) {
    let core = lower(kernel, &TARGET).unwrap_or_else(|error| panic!("{what}: {}", error.report()));
    let source = mlir_to_aie::print(&core).unwrap_or_else(|error| panic!("{what}: {}", error.report()));
    assert!(source.kernel.budgets["data_memory"] <= MEMORY_BYTES);
    let program = Program::new(&core, &BACKEND).unwrap_or_else(|error| panic!("{what}: {error}"));
    for &seed in seeds {
        let checked = program.check(kernel, &random_case(kernel, seed));
        checked.unwrap_or_else(|error| panic!("{what}: {error}\n{}\n{}", told(kernel, &core), program.text()));
    }
}

#[test]
fn products_of_real_sizes() {
    let shapes = [
        (64, 1536, 8, Elem::F32),
        (64, 8960, 4, Elem::F32),
        (192, 576, 16, Elem::F32),
        (93, 171, 7, Elem::F32),
        (120, 93, 5, Elem::Bf16),
        (171, 93, 3, Elem::Bf16),
        (31, 1009, 31, Elem::Bf16),
    ];
    for (n, k, block, elem) in shapes {
        let kernel = residual(n, k, block, elem);
        check(&kernel, &format!("{n}x{k}"), &[3]);
    }
}

/// Attention of the heads of one group per program over the rows of a cache up to a position, `chunk` rows at a time.
fn attention([groups, heads, width, slots, chunk]: [u64; 5], elem: Elem) -> Kernel {
    let mut t = KernelBuilder::new("attention");
    t.at("attention.rs", 1, 1);
    t.grid([groups, 1, 1]);
    let q = t.read("q", Elem::F32, &[groups * heads, width]);
    let [k, v] = ["k_cache", "v_cache"].map(|name| t.read(name, elem, &[slots, groups * width]));
    let own = [Own::Block { axis: Axis::X, size: heads }, Own::Whole];
    let y = t.write("output", Elem::F32, &[groups * heads, width], &own);
    let position = t.scalar("position", Elem::I32, Some(slots));
    let at = t.cast(CastOp::IndexU, position, Elem::Index);
    let (zero, one, step) = (t.index(0), t.index(1), t.index(chunk as i64));
    let (by_heads, by_width) = (t.index(heads as i64), t.index(width as i64));
    let id = t.program_id(Axis::X);
    let (head, column) = (t.binary(BinaryOp::Mul, id, by_heads), t.binary(BinaryOp::Mul, id, by_width));
    let upper = t.binary(BinaryOp::Add, at, one);
    let queries = t.load(q, &[head, zero], &[heads, width]);
    let scale = t.splat(Elem::F32, &[heads, width], (width as f32).sqrt().recip());
    let queries = t.mul(queries, scale);
    let numbers = t.iota(Elem::I32, &[heads, chunk], 1);
    let length = t.cast(CastOp::IndexU, upper, Elem::I32);
    let length = t.broadcast(length, &[heads, chunk]);
    let start = [
        t.splat(Elem::F32, &[heads, 1], f32::MIN),
        t.splat(Elem::F32, &[heads, 1], 0.0),
        t.splat(Elem::F32, &[heads, width], 0.0),
    ];
    let results = t.for_loop(zero, upper, step, &start, |t, row, carried| {
        let left = t.binary(BinaryOp::Sub, upper, row);
        let left = t.binary(BinaryOp::MinU, left, step);
        let mask = t.create_mask(&[chunk, width], &[Index::Dynamic(left), Index::Dynamic(by_width)]);
        let [keys, values] = [k, v].map(|view| {
            let pad = t.float(elem, 0.0);
            let rows = t.load_masked(view, &[row, column], &[chunk, width], pad, Some(mask));
            if elem == Elem::F32 { rows } else { t.cast(CastOp::ExtF, rows, Elem::F32) }
        });
        let first = t.cast(CastOp::IndexU, row, Elem::I32);
        let first = t.broadcast(first, &[heads, chunk]);
        let index = t.add(numbers, first);
        let seen = t.compare(Predicate::ULt, index, length);
        let none = t.splat(Elem::F32, &[heads, chunk], 0.0);
        let product = t.contract(queries, keys, none, ContractSpec::matmul(true));
        let low = t.splat(Elem::F32, &[heads, chunk], f32::MIN);
        let scores = t.select(seen, product, low);
        let lowest = t.splat(Elem::F32, &[heads], f32::NEG_INFINITY);
        let largest = t.reduce(ReduceOp::MaxF, scores, lowest, &[1]);
        let largest = t.reshape(largest, &[heads, 1]);
        let larger = t.binary(BinaryOp::MaxF, carried[0], largest);
        let apart = t.broadcast(larger, &[heads, chunk]);
        let apart = t.sub(scores, apart);
        let weights = t.unary(UnaryOp::Exp, apart);
        let keep = t.sub(carried[0], larger);
        let keep = t.unary(UnaryOp::Exp, keep);
        let total = t.mul(carried[1], keep);
        let sum = t.sum(weights, &[1]);
        let sum = t.reshape(sum, &[heads, 1]);
        let total = t.add(total, sum);
        let keep = t.broadcast(keep, &[heads, width]);
        let kept = t.mul(carried[2], keep);
        let sum = t.contract(weights, values, kept, ContractSpec::matmul(false));
        vec![larger, total, sum]
    });
    let total = t.broadcast(results[1], &[heads, width]);
    let result = t.binary(BinaryOp::DivF, results[2], total);
    t.store(y, result, &[head, zero]);
    t.finish().expect("valid")
}

#[test]
fn attention_over_a_cache() {
    let shapes = [
        ([3, 3, 64, 200, 32], Elem::F32),
        ([2, 6, 128, 160, 128], Elem::Bf16),
        ([2, 1, 10, 75, 13], Elem::Bf16),
        ([3, 2, 5, 40, 7], Elem::Bf16),
    ];
    for (shape, elem) in shapes {
        check(&attention(shape, elem), &format!("{shape:?}"), &[1, 2]);
    }
}
