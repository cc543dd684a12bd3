//! Shape operations.

use tile_ir::{Elem, Index, KernelBuilder, Own};

use crate::elementwise::map;
use crate::harness::{Case, Value, check};

const ELEMS: &[Elem] = &[Elem::F32, Elem::Bf16, Elem::I8, Elem::I64, Elem::I1];

#[test]
fn reshapes() {
    let shapes: &[(&[u64], &[u64])] = &[
        (&[1, 72], &[9, 8]),
        (&[9, 8], &[1, 72]),
        (&[9, 8], &[72]),
        (&[4, 6], &[4, 2, 3]),
        (&[4, 6], &[8, 3]),
        (&[8, 3], &[2, 12]),
        (&[5, 16], &[5, 2, 8]),
        (&[5, 2, 8], &[10, 8]),
        (&[3, 1, 7], &[21]),
        (&[21], &[1, 21, 1]),
        (&[2, 3, 4, 5], &[6, 20]),
        (&[7, 11], &[11, 7]),
        (&[1, 1], &[1]),
    ];
    let mut cases = Vec::new();
    for &elem in ELEMS {
        for (s, &(from, to)) in shapes.iter().enumerate() {
            let kernel = map(&format!("reshape_{elem}_{s}"), &[elem], from, |b, v| b.reshape(v[0], to));
            cases.push(Case::random(kernel, s as u64));
        }
    }
    check(&cases);
}

#[test]
fn transposes() {
    let mut cases = Vec::new();
    let perms: &[(&[u64], &[usize])] = &[
        (&[5, 9], &[1, 0]),
        (&[1, 9], &[1, 0]),
        (&[2, 3, 8], &[0, 2, 1]),
        (&[2, 3, 8], &[2, 0, 1]),
        (&[2, 3, 4, 5], &[3, 1, 2, 0]),
    ];
    for &elem in ELEMS {
        for (s, &(dims, perm)) in perms.iter().enumerate() {
            let kernel = map(&format!("transpose_{elem}_{s}"), &[elem], dims, |b, v| b.transpose(v[0], perm));
            cases.push(Case::random(kernel, s as u64));
        }
    }
    check(&cases);
}

#[test]
fn reshape_of_transpose() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        let kernel = map(&format!("mixed_{elem}"), &[elem], &[6, 8], |b, v| {
            let t = b.transpose(v[0], &[1, 0]);
            let r = b.reshape(t, &[3, 16]);
            let t = b.transpose(r, &[1, 0]);
            b.reshape(t, &[4, 12])
        });
        cases.push(Case::random(kernel, 5));
    }
    check(&cases);
}

#[test]
fn broadcasts() {
    let mut cases = Vec::new();
    let shapes: &[(&[u64], &[u64])] = &[
        (&[1, 9], &[5, 9]),
        (&[5, 1], &[5, 9]),
        (&[9], &[4, 9]),
        (&[1, 1], &[3, 10]),
        (&[3, 1], &[2, 3, 8]),
        (&[1], &[1]),
    ];
    for &elem in ELEMS {
        for (s, &(from, to)) in shapes.iter().enumerate() {
            let kernel = map(&format!("broadcast_{elem}_{s}"), &[elem], from, |b, v| b.broadcast(v[0], to));
            cases.push(Case::random(kernel, s as u64));
        }
    }
    check(&cases);
}

#[test]
fn slices_and_concatenation() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        // The rotation of halves that position embeddings use.
        for half in [4_u64, 5, 32] {
            let kernel = map(&format!("rotate_{elem}_{half}"), &[elem], &[3, 2 * half], |b, v| {
                let low = b.slice(v[0], &[0, 0], &[3, half]);
                let high = b.slice(v[0], &[0, half], &[3, half]);
                let swapped = b.insert_slice(high, v[0], &[0, 0]);
                b.insert_slice(low, swapped, &[0, half])
            });
            cases.push(Case::random(kernel, half));
        }
        let kernel = map(&format!("part_{elem}"), &[elem], &[4, 5, 6], |b, v| {
            let part = b.slice(v[0], &[1, 2, 3], &[2, 3, 2]);
            b.insert_slice(part, v[0], &[0, 1, 0])
        });
        cases.push(Case::random(kernel, 1));
    }
    check(&cases);
}

#[test]
fn a_tile_read_after_an_insertion_is_unchanged() {
    let kernel = map("both", &[Elem::F32], &[2, 8], |b, v| {
        let twice = b.add(v[0], v[0]);
        let start = b.splat(Elem::F32, &[2], 0.0);
        let sums = b.reduce(tile_ir::ReduceOp::Add, twice, start, &[1]);
        let one = b.float(Elem::F32, 1.0);
        let changed = b.insert(one, sums, &[Index::Static(1)]);
        b.mul(sums, changed)
    });
    check(&[Case::random(kernel, 2)]);
}

#[test]
fn extracts_and_inserts() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        let mut b = KernelBuilder::new(&format!("extract_{elem}"));
        let at = b.scalar("at", Elem::I64, Some(5));
        let x = b.read("x", elem, &[5, 9]);
        let out = b.write("out", elem, &[5, 9], &[Own::Whole, Own::Whole]);
        let row_out = b.write("row", elem, &[9], &[Own::Whole]);
        let one_out = b.write("one", elem, &[1], &[Own::Whole]);
        let zero = b.index(0);
        let at = b.cast(tile_ir::CastOp::IndexU, at, Elem::Index);
        let x = b.load(x, &[zero, zero], &[5, 9]);
        let row = b.extract(x, &[Index::Dynamic(at)]);
        b.store(row_out, row, &[zero]);
        let one = b.extract(x, &[Index::Static(2), Index::Dynamic(at)]);
        b.store_scalar(one_out, one, &[zero]);
        let changed = b.insert(row, x, &[Index::Static(1)]);
        let changed = b.insert(one, changed, &[Index::Dynamic(at), Index::Static(8)]);
        b.store(out, changed, &[zero, zero]);
        let kernel = b.finish().expect("valid");
        for at in 0..5 {
            cases.push(Case::random(kernel.clone(), 7).with("at", Value::I64(at)));
        }
    }
    check(&cases);
}

#[test]
fn masks_from_bounds() {
    let mut cases = Vec::new();
    let mut b = KernelBuilder::new("bounds");
    let (m, n) = (b.scalar("m", Elem::I64, None), b.scalar("n", Elem::I64, None));
    let out = b.write("out", Elem::I1, &[3, 21], &[Own::Whole, Own::Whole]);
    let zero = b.index(0);
    let m = b.cast(tile_ir::CastOp::IndexS, m, Elem::Index);
    let n = b.cast(tile_ir::CastOp::IndexS, n, Elem::Index);
    let mask = b.create_mask(&[3, 21], &[Index::Dynamic(m), Index::Dynamic(n)]);
    b.store(out, mask, &[zero, zero]);
    let kernel = b.finish().expect("valid");
    for (m, n) in [(0, 0), (3, 21), (2, 13), (1, 100), (9, 1), (-3, 8), (2, -1), (i64::MAX, i64::MAX)] {
        cases.push(Case::random(kernel.clone(), 0).with("m", Value::I64(m)).with("n", Value::I64(n)));
    }
    check(&cases);
}
