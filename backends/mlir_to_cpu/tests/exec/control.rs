//! Loops and branches.

use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Index, Kernel, KernelBuilder, Own, Predicate, ReduceOp, UnaryOp,
};

use crate::harness::{Case, Value, check};

#[test]
fn counted_loops_carry_tiles_and_numbers() {
    let mut b = KernelBuilder::new("fibonacci");
    let trips = b.scalar("trips", Elem::I64, None);
    let x = b.read("x", Elem::F32, &[2, 11]);
    let (first, second) = (
        b.write("first", Elem::F32, &[2, 11], &[Own::Whole; 2]),
        b.write("second", Elem::F32, &[2, 11], &[Own::Whole; 2]),
    );
    let count_out = b.write("count", Elem::I32, &[1], &[Own::Whole]);
    let (zero, one) = (b.index(0), b.index(1));
    let trips = b.cast(CastOp::IndexS, trips, Elem::Index);
    let x = b.load(x, &[zero, zero], &[2, 11]);
    let ones = b.splat(Elem::F32, &[2, 11], 0.5);
    let start = b.int(Elem::I32, 0);
    // Tiles change places, so each must keep its old value until both are computed.
    let results = b.for_loop(zero, trips, one, &[x, ones, start], |b, _, carried| {
        let sum = b.add(carried[0], carried[1]);
        let step = b.int(Elem::I32, 3);
        let count = b.add(carried[2], step);
        vec![carried[1], sum, count]
    });
    b.store(first, results[0], &[zero, zero]);
    b.store(second, results[1], &[zero, zero]);
    b.store_scalar(count_out, results[2], &[zero]);
    let kernel = b.finish().expect("valid");
    let cases: Vec<Case> =
        [0, 1, 2, 5, -3].iter().map(|&n| Case::random(kernel.clone(), 1).with("trips", Value::I64(n))).collect();
    check(&cases);
}

#[test]
fn loops_swap_tiles() {
    let mut b = KernelBuilder::new("swap");
    let (x, y) = (b.read("x", Elem::F32, &[9]), b.read("y", Elem::F32, &[9]));
    let (p, q) = (b.write("p", Elem::F32, &[9], &[Own::Whole]), b.write("q", Elem::F32, &[9], &[Own::Whole]));
    let (zero, one, three) = (b.index(0), b.index(1), b.index(3));
    let (x, y) = (b.load(x, &[zero], &[9]), b.load(y, &[zero], &[9]));
    let results = b.for_loop(zero, three, one, &[x, y], |_, _, carried| vec![carried[1], carried[0]]);
    b.store(p, results[0], &[zero]);
    b.store(q, results[1], &[zero]);
    check(&[Case::random(b.finish().expect("valid"), 3)]);
}

/// A product whose summed dimension is split over iterations, with a run-time step.
#[test]
fn products_accumulate_over_a_loop() {
    let mut cases = Vec::new();
    for (n, k, block) in [(16, 96, 32), (5, 70, 16), (4, 16, 16)] {
        let mut b = KernelBuilder::new(&format!("split_{k}"));
        let x = b.read("x", Elem::F32, &[1, k]);
        let w = b.weights("w", Elem::Bf16, &[n, k]);
        let y = b.write("y", Elem::F32, &[1, n], &[Own::Whole; 2]);
        let (zero, end, step) = (b.index(0), b.index(k as i64), b.index(block as i64));
        let acc = b.splat(Elem::F32, &[1, n], 0.0);
        let sums = b.for_loop(zero, end, step, &[acc], |b, at, carried| {
            let x = b.load(x, &[zero, at], &[1, block]);
            let w = b.load(w, &[zero, at], &[n, block]);
            let w = b.cast(CastOp::ExtF, w, Elem::F32);
            vec![b.contract(x, w, carried[0], ContractSpec::matmul(true))]
        });
        b.store(y, sums[0], &[zero, zero]);
        cases.push(Case::random(b.finish().expect("valid"), k));
    }
    check(&cases);
}

#[test]
fn nested_loops() {
    let mut b = KernelBuilder::new("nested");
    let x = b.read("x", Elem::I32, &[6, 10]);
    let out = b.write("out", Elem::I32, &[10], &[Own::Whole]);
    let (zero, one, six, three) = (b.index(0), b.index(1), b.index(6), b.index(3));
    let start = b.splat_int(Elem::I32, &[10], 1);
    let results = b.for_loop(zero, six, one, &[start], |b, i, outer| {
        let row = b.load(x, &[i, zero], &[1, 10]);
        let row = b.reshape(row, &[10]);
        let inner = b.for_loop(zero, three, one, &[outer[0]], |b, j, inner| {
            let scale = b.cast(CastOp::IndexS, j, Elem::I32);
            let scale = b.broadcast(scale, &[10]);
            let scaled = b.mul(row, scale);
            let mixed = b.binary(BinaryOp::Xor, inner[0], scaled);
            vec![b.add(mixed, outer[0])]
        });
        vec![b.sub(inner[0], row)]
    });
    b.store(out, results[0], &[zero]);
    check(&[Case::random(b.finish().expect("valid"), 3)]);
}

#[test]
fn general_loops() {
    let mut b = KernelBuilder::new("collatz");
    let start = b.scalar("start", Elem::I32, None);
    let x = b.read("x", Elem::F32, &[13]);
    let out = b.write("out", Elem::F32, &[13], &[Own::Whole]);
    let steps_out = b.write("steps", Elem::I32, &[1], &[Own::Whole]);
    let zero = b.index(0);
    let x = b.load(x, &[zero], &[13]);
    let none = b.int(Elem::I32, 0);
    let results = b.while_loop(
        &[start, none, x],
        |b, args| {
            let one = b.int(Elem::I32, 1);
            let more = b.compare(Predicate::INe, args[0], one);
            let half = b.splat(Elem::F32, &[13], 0.5);
            let halved = b.mul(args[2], half);
            (more, vec![args[0], args[1], halved])
        },
        |b, args| {
            let (one, two, three) = (b.int(Elem::I32, 1), b.int(Elem::I32, 2), b.int(Elem::I32, 3));
            let rest = b.binary(BinaryOp::RemS, args[0], two);
            let odd = b.compare(Predicate::IEq, rest, one);
            let next = b.if_else(
                odd,
                |b| {
                    let tripled = b.mul(args[0], three);
                    vec![b.add(tripled, one)]
                },
                |b| vec![b.binary(BinaryOp::DivS, args[0], two)],
            );
            let steps = b.add(args[1], one);
            let ones = b.splat(Elem::F32, &[13], 1.0);
            let moved = b.add(args[2], ones);
            vec![next[0], steps, moved]
        },
    );
    b.store(out, results[2], &[zero]);
    b.store_scalar(steps_out, results[1], &[zero]);
    let kernel = b.finish().expect("valid");
    let cases: Vec<Case> =
        [1, 2, 6, 27].iter().map(|&n| Case::random(kernel.clone(), 1).with("start", Value::I32(n))).collect();
    check(&cases);
}

#[test]
fn branches() {
    let mut b = KernelBuilder::new("branches");
    b.grid([4, 1, 1]);
    let x = b.read("x", Elem::Bf16, &[4, 10]);
    let out = b.write("out", Elem::Bf16, &[4, 10], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let id = b.program_id(Axis::X);
    let (zero, two) = (b.index(0), b.index(2));
    let x = b.load(x, &[id, zero], &[1, 10]);
    let low = b.compare(Predicate::ULt, id, two);
    let chosen = b.if_else(
        low,
        |b| vec![b.add(x, x), b.float(Elem::F32, 1.0)],
        |b| vec![b.unary(UnaryOp::Neg, x), b.float(Elem::F32, 2.0)],
    );
    let large = b.float(Elem::F32, 1.5);
    let second = b.compare(Predicate::FGt, chosen[1], large);
    b.when(second, |b| b.store(out, chosen[0], &[id, zero]));
    let first = b.compare(Predicate::FLe, chosen[1], large);
    b.when(first, |b| {
        let twice = b.mul(chosen[0], chosen[0]);
        b.store(out, twice, &[id, zero]);
    });
    check(&[Case::random(b.finish().expect("valid"), 3)]);
}

/// Attention of one token over a cache of run-time length, in blocks, with an online softmax.
fn attention(name: &str, cache: Elem, heads: u64, size: u64, dim: u64, block: u64) -> Kernel {
    let mut b = KernelBuilder::new(name);
    let position = b.scalar("position", Elem::I32, Some(size));
    let q = b.read("q", Elem::F32, &[heads, dim]);
    let (keys, values) = (b.read("keys", cache, &[size, dim]), b.read("values", cache, &[size, dim]));
    let out = b.write("out", Elem::F32, &[heads, dim], &[Own::Whole; 2]);
    let (zero, one, step) = (b.index(0), b.index(1), b.index(block as i64));
    let position = b.cast(CastOp::IndexU, position, Elem::Index);
    let length = b.add(position, one);
    let q = b.load(q, &[zero, zero], &[heads, dim]);
    let best = b.splat(Elem::F32, &[heads, 1], f32::NEG_INFINITY);
    let total = b.splat(Elem::F32, &[heads, 1], 0.0);
    let acc = b.splat(Elem::F32, &[heads, dim], 0.0);
    let results = b.for_loop(zero, length, step, &[best, total, acc], |b, at, carried| {
        let left = b.sub(length, at);
        let rows = b.create_mask(&[block, dim], &[Index::Dynamic(left), Index::Static(dim)]);
        let pad = b.number(cache, 0);
        let k = b.load_masked(keys, &[at, zero], &[block, dim], pad, Some(rows));
        let v = b.load_masked(values, &[at, zero], &[block, dim], pad, Some(rows));
        let (k, v) = if cache == Elem::F32 {
            (k, v)
        } else {
            (b.cast(CastOp::ExtF, k, Elem::F32), b.cast(CastOp::ExtF, v, Elem::F32))
        };
        let none = b.splat(Elem::F32, &[heads, block], 0.0);
        let scores = b.contract(q, k, none, ContractSpec::matmul(true));
        let scale = b.splat(Elem::F32, &[heads, block], 1.0 / (dim as f32).sqrt());
        let scores = b.mul(scores, scale);
        let seen = b.create_mask(&[heads, block], &[Index::Static(heads), Index::Dynamic(left)]);
        let hidden = b.splat(Elem::F32, &[heads, block], f32::NEG_INFINITY);
        let scores = b.select(seen, scores, hidden);
        let least = b.splat(Elem::F32, &[heads], f32::NEG_INFINITY);
        let most = b.reduce(ReduceOp::MaxF, scores, least, &[1]);
        let most = b.reshape(most, &[heads, 1]);
        let best = b.binary(BinaryOp::MaxF, carried[0], most);
        let shift = b.sub(carried[0], best);
        let shrink = b.unary(UnaryOp::Exp, shift);
        let wide = b.broadcast(best, &[heads, block]);
        let shifted = b.sub(scores, wide);
        let p = b.unary(UnaryOp::Exp, shifted);
        let sum = b.sum(p, &[1]);
        let sum = b.reshape(sum, &[heads, 1]);
        let total = b.mul(carried[1], shrink);
        let total = b.add(total, sum);
        let shrink = b.broadcast(shrink, &[heads, dim]);
        let acc = b.mul(carried[2], shrink);
        vec![best, total, b.contract(p, v, acc, ContractSpec::matmul(false))]
    });
    let total = b.broadcast(results[1], &[heads, dim]);
    let out_tile = b.binary(BinaryOp::DivF, results[2], total);
    b.store(out, out_tile, &[zero, zero]);
    b.finish().expect("valid")
}

#[test]
fn attention_with_an_online_softmax() {
    let mut cases = Vec::new();
    for (i, (cache, heads, size, dim, block)) in
        [(Elem::F32, 3, 40, 64, 16), (Elem::Bf16, 3, 40, 64, 16), (Elem::F16, 1, 20, 24, 8), (Elem::F32, 4, 13, 10, 4)]
            .into_iter()
            .enumerate()
    {
        let kernel = attention(&format!("attention{i}"), cache, heads, size, dim, block);
        for position in [0, 1, block as i32 - 1, block as i32, size as i32 - 1] {
            cases.push(Case::random(kernel.clone(), 5).with("position", Value::I32(position)));
        }
    }
    check(&cases);
}
