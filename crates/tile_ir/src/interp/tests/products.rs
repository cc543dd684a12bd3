//! Reductions and products.

use super::*;
use crate::op::{ContractSpec, ReduceOp};
use crate::testing::{Rng, random_buffer};

/// Sum of `value` along the dims, by the definition: in `f64`, every element added to where its kept index says.
fn sums(x: &Buffer, start: f64, dims: &[usize]) -> Vec<f64> {
    let shape = x.shape.dims();
    let kept: Vec<usize> = (0..shape.len()).filter(|d| !dims.contains(d)).collect();
    let count: u64 = kept.iter().map(|&d| shape[d]).product();
    let mut out = vec![start; count as usize];
    let strides = x.shape.strides();
    for (i, x) in x.to_floats().expect("floats").into_iter().enumerate() {
        let at = kept.iter().fold(0, |at, &d| at * shape[d] + i as u64 / strides[d] % shape[d]);
        out[at as usize] += f64::from(x);
    }
    out
}

#[test]
fn float_sums_are_exact_sums_rounded_once() {
    for seed in 0..4 {
        let mut rng = Rng::new(seed);
        for (dims, reduced) in [
            (&[17][..], &[0][..]),
            (&[5, 9], &[0]),
            (&[5, 9], &[1]),
            (&[5, 9], &[0, 1]),
            (&[2, 3, 5], &[1]),
            (&[2, 3, 5], &[0, 2]),
            (&[3, 2, 2, 3], &[1, 2]),
        ] {
            for elem in [Elem::F32, Elem::Bf16] {
                let x = random_buffer(&mut rng, elem, dims);
                let found = eval(&[&x], |b, v| b.sum(v[0], reduced)).expect("runs").to_floats().expect("floats");
                let expected: Vec<f32> = sums(&x, 0.0, reduced).iter().map(|&sum| sum as f32).collect();
                let expected = floats(elem, &[expected.len() as u64], &expected).to_floats().expect("floats");
                assert_eq!(found, expected);
            }
        }
    }
    // In f32 alone, every 1 added to 2^24 would be lost.
    let ones = floats(Elem::F32, &[1000], &[1.0; 1000]);
    let sum = eval(&[&ones], |b, v| {
        let start = b.float(Elem::F32, 16_777_216.0);
        b.reduce(ReduceOp::Add, v[0], start, &[0])
    });
    assert_eq!(sum.expect("runs").to_floats().expect("floats"), [16_778_216.0]);
}

#[test]
fn extremes_skip_nan_and_count_the_start_value() {
    let x = floats(Elem::F32, &[2, 3], &[1.0, f32::NAN, -4.0, f32::NAN, f32::NAN, f32::NAN]);
    let reduce = |op, start: f32| {
        let found = eval(&[&x], |b, v| {
            let start = b.splat(Elem::F32, &[2], start);
            b.reduce(op, v[0], start, &[1])
        });
        found.expect("runs").to_floats().expect("floats")
    };
    assert_eq!(reduce(ReduceOp::MaxF, f32::NEG_INFINITY), [1.0, f32::NEG_INFINITY]);
    assert_eq!(reduce(ReduceOp::MinF, 0.5), [-4.0, 0.5]);
    assert!(reduce(ReduceOp::MinF, f32::NAN)[1].is_nan());
}

#[test]
fn integer_reductions() {
    let x = ints(Elem::I8, &[2, 3], &[100, 100, -1, -128, 5, 7]);
    let reduce = |op, start: i64| {
        let found = eval(&[&x], |b, v| {
            let start = b.splat_int(Elem::I8, &[2], start);
            b.reduce(op, v[0], start, &[1])
        });
        found.expect("runs").to_ints().expect("ints")
    };
    assert_eq!(reduce(ReduceOp::Add, 0), [-57, -116]);
    assert_eq!(reduce(ReduceOp::MinS, 0), [-1, -128]);
    assert_eq!(reduce(ReduceOp::MaxS, 6), [100, 7]);
    assert_eq!(reduce(ReduceOp::MinU, -1), [100, 5]);
    assert_eq!(reduce(ReduceOp::MaxU, 0), [-1, -128]);
}

/// The product by its definition, in `f64`.
fn product(spec: &ContractSpec, lhs: &Buffer, rhs: &Buffer, acc: &Buffer, extents: &[u64]) -> Vec<f32> {
    let (l, r) = (lhs.to_floats().expect("floats"), rhs.to_floats().expect("floats"));
    let mut sums: Vec<f64> = acc.to_floats().expect("floats").into_iter().map(f64::from).collect();
    let total: u64 = extents.iter().product();
    for n in 0..total {
        let mut rest = n;
        let mut index = vec![0; extents.len()];
        for (i, extent) in extents.iter().enumerate().rev() {
            index[i] = rest % extent;
            rest /= extent;
        }
        let at = |map: &[usize]| map.iter().fold(0, |at, &it| at * extents[it] + index[it]) as usize;
        sums[at(&spec.acc)] += f64::from(l[at(&spec.lhs)]) * f64::from(r[at(&spec.rhs)]);
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

#[test]
fn products_follow_their_maps() {
    // (m, n, k) matmuls in every layout, a batch, a dot product, a matvec, two summed dimensions, a permuted result.
    let spec = |reduced: &[bool], lhs: &[usize], rhs: &[usize], acc: &[usize]| ContractSpec {
        reduced: reduced.to_vec(),
        lhs: lhs.to_vec(),
        rhs: rhs.to_vec(),
        acc: acc.to_vec(),
    };
    let (p, r) = (false, true);
    let cases = [
        (ContractSpec::matmul(false), vec![5, 7, 11]),
        (ContractSpec::matmul(true), vec![5, 7, 11]),
        (spec(&[p, p, r], &[2, 0], &[2, 1], &[0, 1]), vec![3, 4, 9]),
        (spec(&[p, p, r], &[0, 2], &[2, 1], &[1, 0]), vec![3, 4, 9]),
        (ContractSpec::batch_matmul(false), vec![2, 3, 4, 5]),
        (ContractSpec::batch_matmul(true), vec![2, 1, 4, 13]),
        (spec(&[r], &[0], &[0], &[]), vec![19]),
        (spec(&[p, r], &[0, 1], &[1], &[0]), vec![6, 10]),
        (spec(&[p, r, r], &[0, 1, 2], &[2, 1], &[0]), vec![3, 4, 5]),
        (spec(&[p, r, p], &[0, 1], &[1, 2], &[2, 0]), vec![3, 1, 5]),
    ];
    for seed in 0..3 {
        let mut rng = Rng::new(seed);
        for (spec, extents) in &cases {
            let dims = |map: &[usize]| -> Vec<u64> { map.iter().map(|&it| extents[it]).collect() };
            let lhs = random_buffer(&mut rng, Elem::F32, &dims(&spec.lhs));
            let rhs = random_buffer(&mut rng, Elem::F32, &dims(&spec.rhs));
            let acc_dims = if spec.acc.is_empty() { vec![1] } else { dims(&spec.acc) };
            let acc = random_buffer(&mut rng, Elem::F32, &acc_dims);
            let found = eval(&[&lhs, &rhs, &acc], |b, v| {
                let start = if spec.acc.is_empty() { b.extract(v[2], &[crate::op::Index::Static(0)]) } else { v[2] };
                b.contract(v[0], v[1], start, spec.clone())
            });
            let found = found.expect("runs").to_floats().expect("floats");
            let expected = product(spec, &lhs, &rhs, &acc, extents);
            for (found, expected) in found.iter().zip(&expected) {
                // The order of the f64 sum may differ: at most the last bit of f32.
                assert!((found - expected).abs() <= expected.abs() * f32::EPSILON, "{found} {expected}");
            }
        }
    }
}

#[test]
fn narrow_products_round_once() {
    let mut rng = Rng::new(8);
    let (x, y) = (random_buffer(&mut rng, Elem::Bf16, &[3, 40]), random_buffer(&mut rng, Elem::Bf16, &[2, 40]));
    let found = eval(&[&x, &y], |b, v| {
        let acc = b.splat(Elem::Bf16, &[3, 2], 0.0);
        b.contract(v[0], v[1], acc, ContractSpec::matmul(true))
    });
    let zero = floats(Elem::F32, &[3, 2], &[0.0; 6]);
    let expected = product(&ContractSpec::matmul(true), &x, &y, &zero, &[3, 2, 40]);
    assert_eq!(found.expect("runs"), floats(Elem::Bf16, &[3, 2], &expected));
}
