//! Sums of products.

use tile_ir::{Axis, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own};

use crate::harness::{Case, check};

/// `out = acc + lhs . rhs` with operands of these types, computed in f32.
fn product(name: &str, elems: [Elem; 2], spec: &ContractSpec, extents: &[u64]) -> Kernel {
    let dims = |iterators: &[usize]| -> Vec<u64> { iterators.iter().map(|&i| extents[i]).collect() };
    let mut b = KernelBuilder::new(name);
    let (l, r, a) = (dims(&spec.lhs), dims(&spec.rhs), dims(&spec.acc));
    let zero = b.index(0);
    let operand = |b: &mut KernelBuilder, name: &str, elem: Elem, dims: &[u64]| {
        let view = b.read(name, elem, dims);
        let start = vec![zero; dims.len()];
        let tile = b.load(view, &start, dims);
        if elem == Elem::F32 {
            tile
        } else if elem.is_float() {
            b.cast(CastOp::ExtF, tile, Elem::F32)
        } else {
            b.cast(CastOp::SIntToFp, tile, Elem::F32)
        }
    };
    let lhs = operand(&mut b, "lhs", elems[0], &l);
    let rhs = operand(&mut b, "rhs", elems[1], &r);
    let acc = operand(&mut b, "acc", Elem::F32, &a);
    let out = b.write("out", Elem::F32, &a, &vec![Own::Whole; a.len()]);
    let sum = b.contract(lhs, rhs, acc, spec.clone());
    b.store(out, sum, &vec![zero; a.len()]);
    b.finish().expect("valid")
}

fn spec(reduced: &[bool], lhs: &[usize], rhs: &[usize], acc: &[usize]) -> ContractSpec {
    ContractSpec { reduced: reduced.to_vec(), lhs: lhs.to_vec(), rhs: rhs.to_vec(), acc: acc.to_vec() }
}

#[test]
fn matrix_products() {
    let mut cases = Vec::new();
    let orders = [
        ("nn", spec(&[false, false, true], &[0, 2], &[2, 1], &[0, 1])),
        ("nt", spec(&[false, false, true], &[0, 2], &[1, 2], &[0, 1])),
        ("tn", spec(&[false, false, true], &[2, 0], &[2, 1], &[0, 1])),
        ("tt", spec(&[false, false, true], &[2, 0], &[1, 2], &[0, 1])),
        ("out_t", spec(&[false, false, true], &[0, 2], &[1, 2], &[1, 0])),
    ];
    for (order, spec) in &orders {
        for (s, extents) in
            [[1, 1, 1], [1, 16, 64], [1, 5, 37], [3, 7, 9], [4, 8, 16], [5, 33, 1], [2, 3, 130], [9, 1, 6]]
                .iter()
                .enumerate()
        {
            for (e, elems) in
                [[Elem::F32, Elem::F32], [Elem::F32, Elem::Bf16], [Elem::F16, Elem::I8]].into_iter().enumerate()
            {
                let kernel = product(&format!("{order}_{s}_{e}"), elems, spec, extents);
                cases.push(Case::random(kernel, s as u64));
            }
        }
    }
    check(&cases);
}

#[test]
fn other_products() {
    let mut cases = Vec::new();
    let shapes: Vec<(&str, ContractSpec, Vec<u64>)> = vec![
        ("batched_nn", spec(&[false, false, false, true], &[0, 1, 3], &[0, 3, 2], &[0, 1, 2]), vec![3, 2, 9, 5]),
        ("batched_nt", spec(&[false, false, false, true], &[0, 1, 3], &[0, 2, 3], &[0, 1, 2]), vec![2, 5, 6, 21]),
        ("two_sums", spec(&[false, false, true, true], &[0, 2, 3], &[1, 2, 3], &[0, 1]), vec![3, 5, 4, 13]),
        ("two_sums_n", spec(&[false, false, true, true], &[0, 2, 3], &[2, 3, 1], &[0, 1]), vec![3, 13, 2, 5]),
        ("dot", spec(&[false, true], &[0, 1], &[0, 1], &[0]), vec![4, 19]),
        ("matvec", spec(&[false, true], &[1], &[0, 1], &[0]), vec![11, 40]),
        ("vecmat", spec(&[false, true], &[1], &[1, 0], &[0]), vec![11, 40]),
        ("outer", spec(&[false, false, true], &[0, 2], &[1, 2], &[0, 1]), vec![7, 9, 1]),
        ("four", spec(&[false, false, false, true], &[0, 1, 3], &[2, 3], &[0, 1, 2]), vec![2, 3, 10, 12]),
    ];
    for (name, spec, extents) in &shapes {
        cases.push(Case::random(product(name, [Elem::F32, Elem::F32], spec, extents), 6));
        cases.push(Case::random(product(&format!("{name}_bf16"), [Elem::F32, Elem::Bf16], spec, extents), 7));
    }
    check(&cases);
}

#[test]
fn products_of_transposed_tiles() {
    let mut b = KernelBuilder::new("attention_scores");
    let (q, k) = (b.read("q", Elem::F32, &[3, 24]), b.read("k", Elem::Bf16, &[10, 24]));
    let out = b.write("out", Elem::F32, &[3, 10], &[Own::Whole, Own::Whole]);
    let zero = b.index(0);
    let (q, k) = (b.load(q, &[zero, zero], &[3, 24]), b.load(k, &[zero, zero], &[10, 24]));
    let k = b.transpose(k, &[1, 0]);
    let k = b.cast(CastOp::ExtF, k, Elem::F32);
    let acc = b.splat(Elem::F32, &[3, 10], 0.0);
    let scores = b.contract(q, k, acc, ContractSpec::matmul(false));
    b.store(out, scores, &[zero, zero]);
    check(&[Case::random(b.finish().expect("valid"), 1)]);
}

#[test]
fn products_of_16_bit_floats() {
    let mut cases = Vec::new();
    for elem in [Elem::Bf16, Elem::F16] {
        let mut b = KernelBuilder::new(&format!("narrow_{elem}"));
        let (x, y) = (b.read("x", elem, &[3, 40]), b.read("y", elem, &[40, 9]));
        let out = b.write("out", elem, &[3, 9], &[Own::Whole, Own::Whole]);
        let zero = b.index(0);
        let (x, y) = (b.load(x, &[zero, zero], &[3, 40]), b.load(y, &[zero, zero], &[40, 9]));
        let acc = b.splat(elem, &[3, 9], 1.0);
        let sum = b.contract(x, y, acc, ContractSpec::matmul(false));
        b.store(out, sum, &[zero, zero]);
        cases.push(Case::random(b.finish().expect("valid"), 1));
    }
    check(&cases);
}

/// Matrix times vector, rows split over programs; the last program may be cut.
#[test]
fn matrix_times_vector() {
    let mut cases = Vec::new();
    for (n, k, block) in [(48_u64, 576_u64, 16_u64), (37, 100, 16), (5, 7, 8), (64, 64, 64)] {
        for elem in [Elem::Bf16, Elem::F32, Elem::I8] {
            let mut b = KernelBuilder::new(&format!("matvec_{elem}_{n}x{k}"));
            b.grid([n.div_ceil(block), 1, 1]);
            let x = b.read("x", Elem::F32, &[1, k]);
            let w = b.weights("w", elem, &[n, k]);
            let y = b.write("y", Elem::F32, &[1, n], &[Own::Whole, Own::Block { axis: Axis::X, size: block }]);
            let id = b.program_id(Axis::X);
            let (zero, size) = (b.index(0), b.index(block as i64));
            let row = b.mul(id, size);
            let x = b.load(x, &[zero, zero], &[1, k]);
            let w = b.load(w, &[row, zero], &[block, k]);
            let w = match elem {
                Elem::F32 => w,
                Elem::Bf16 => b.cast(CastOp::ExtF, w, Elem::F32),
                _ => b.cast(CastOp::SIntToFp, w, Elem::F32),
            };
            let acc = b.splat(Elem::F32, &[1, block], 0.0);
            let sum = b.contract(x, w, acc, ContractSpec::matmul(true));
            b.store(y, sum, &[zero, row]);
            cases.push(Case::random(b.finish().expect("valid"), n));
        }
    }
    check(&cases);
}
