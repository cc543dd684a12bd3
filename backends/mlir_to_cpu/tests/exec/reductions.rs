//! Reductions.

use tile_ir::interp::Buffer;
use tile_ir::{Elem, Predicate, ReduceOp};

use crate::elementwise::map;
use crate::harness::{Case, Value, check};

const SHAPES: &[(&[u64], &[usize])] = &[
    (&[1], &[0]),
    (&[3], &[0]),
    (&[53], &[0]),
    (&[5, 9], &[0]),
    (&[5, 9], &[1]),
    (&[5, 9], &[0, 1]),
    (&[4, 33], &[1]),
    (&[33, 1], &[0]),
    (&[33, 1], &[1]),
    (&[2, 3, 5], &[1]),
    (&[2, 3, 20], &[0, 2]),
    (&[3, 2, 2, 13], &[1, 2]),
    (&[3, 2, 2, 13], &[0, 3]),
];

#[test]
fn every_reduction() {
    let mut cases = Vec::new();
    for &(op, keyword) in ReduceOp::ALL {
        for &elem in &[Elem::F32, Elem::Bf16, Elem::F16, Elem::I8, Elem::I32, Elem::I64] {
            let float = matches!(op, ReduceOp::MinF | ReduceOp::MaxF);
            if op != ReduceOp::Add && float != elem.is_float() {
                continue;
            }
            for (s, &(dims, reduced)) in SHAPES.iter().enumerate() {
                let kernel = map(&format!("{keyword}_{op:?}_{elem}_{s}"), &[elem], dims, |b, v| {
                    let kept: Vec<u64> = (0..dims.len()).filter(|d| !reduced.contains(d)).map(|d| dims[d]).collect();
                    let start = b.number(elem, 3);
                    let start = if kept.is_empty() { start } else { b.broadcast(start, &kept) };
                    let sum = b.reduce(op, v[0], start, reduced);
                    if kept.is_empty() { b.broadcast(sum, &[1]) } else { sum }
                });
                cases.push(Case::random(kernel, s as u64));
            }
        }
    }
    check(&cases);
}

#[test]
fn extremes_ignore_nan() {
    let mut cases = Vec::new();
    for op in [ReduceOp::MinF, ReduceOp::MaxF] {
        for (i, start) in [f32::NAN, 2.0].into_iter().enumerate() {
            for len in [2, 9, 40] {
                let kernel = map(&format!("{op:?}_{i}_{len}"), &[Elem::F32], &[len], |b, v| {
                    let start = b.float(Elem::F32, start);
                    let best = b.reduce(op, v[0], start, &[0]);
                    b.broadcast(best, &[1])
                });
                let mut values: Vec<f32> = (0..len).map(|i| i as f32 - 4.0).collect();
                values[0] = f32::NAN;
                values[len as usize - 1] = f32::NAN;
                let some = Buffer::from_floats(Elem::F32, &[len], &values).expect("floats");
                let all = Buffer::from_floats(Elem::F32, &[len], &vec![f32::NAN; len as usize]).expect("floats");
                cases.push(Case::random(kernel.clone(), 0).with("in0", Value::Buffer(some)));
                cases.push(Case::random(kernel, 0).with("in0", Value::Buffer(all)));
            }
        }
    }
    check(&cases);
}

#[test]
fn lowest_index_of_the_largest() {
    let mut cases = Vec::new();
    for len in [1, 7, 64, 1003] {
        let kernel = map(&format!("argmax_{len}"), &[Elem::F32], &[1, len], |b, v| {
            let least = b.splat(Elem::F32, &[1], f32::NEG_INFINITY);
            let best = b.reduce(ReduceOp::MaxF, v[0], least, &[1]);
            let best = b.reshape(best, &[1, 1]);
            let best = b.broadcast(best, &[1, len]);
            let is_best = b.compare(Predicate::FEq, v[0], best);
            let index = b.iota(Elem::I32, &[1, len], 1);
            let none = b.splat_int(Elem::I32, &[1, len], i64::from(i32::MAX));
            let index = b.select(is_best, index, none);
            let most = b.splat_int(Elem::I32, &[1], i64::from(i32::MAX));
            b.reduce(ReduceOp::MinU, index, most, &[1])
        });
        for seed in 0..4 {
            let mut rng = tile_ir::testing::Rng::new(seed);
            let values: Vec<f32> = (0..len).map(|_| (rng.below(9) as f32) / 2.0).collect();
            let buffer = Buffer::from_floats(Elem::F32, &[1, len], &values).expect("floats");
            cases.push(Case::random(kernel.clone(), 0).with("in0", Value::Buffer(buffer)));
        }
    }
    check(&cases);
}

#[test]
fn softmax_and_norm() {
    let mut cases = Vec::new();
    for dims in [[1, 576], [3, 17], [8, 64]] {
        let kernel = map(&format!("softmax_{}", dims[0]), &[Elem::F32], &dims, |b, v| {
            let least = b.splat(Elem::F32, &[dims[0]], f32::NEG_INFINITY);
            let best = b.reduce(ReduceOp::MaxF, v[0], least, &[1]);
            let best = b.reshape(best, &[dims[0], 1]);
            let best = b.broadcast(best, &dims);
            let shifted = b.sub(v[0], best);
            let e = b.unary(tile_ir::UnaryOp::Exp, shifted);
            let sum = b.sum(e, &[1]);
            let sum = b.reshape(sum, &[dims[0], 1]);
            let sum = b.broadcast(sum, &dims);
            b.binary(tile_ir::BinaryOp::DivF, e, sum)
        });
        cases.push(Case::random(kernel, dims[1]));
        let kernel = map(&format!("norm_{}", dims[0]), &[Elem::F32, Elem::F32], &dims, |b, v| {
            let squares = b.mul(v[0], v[0]);
            let sum = b.sum(squares, &[1]);
            let scale = b.splat(Elem::F32, &[dims[0]], 1.0 / dims[1] as f32);
            let mean = b.mul(sum, scale);
            let small = b.splat(Elem::F32, &[dims[0]], 1e-5);
            let mean = b.add(mean, small);
            let root = b.unary(tile_ir::UnaryOp::Rsqrt, mean);
            let root = b.reshape(root, &[dims[0], 1]);
            let root = b.broadcast(root, &dims);
            let x = b.mul(v[0], root);
            b.mul(x, v[1])
        });
        cases.push(Case::random(kernel, dims[1]));
    }
    check(&cases);
}
