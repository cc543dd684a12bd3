//! Loads, stores and gathers at the edges of views.

use tile_ir::interp::Buffer;
use tile_ir::{Axis, CastOp, Elem, Index, Kernel, KernelBuilder, Own, Predicate, UnaryOp};

use crate::harness::{Case, Value, check};

const ELEMS: &[Elem] = &[Elem::F32, Elem::Bf16, Elem::F16, Elem::I8, Elem::I32, Elem::I64, Elem::I1];

/// Loads a tile at a run-time place, with a pad, and stores it whole.
fn window(elem: Elem, view: &[u64], tile: &[u64]) -> Kernel {
    let mut b = KernelBuilder::new(&format!("window_{elem}_{}x{}", view[1], tile[1]));
    let (row, col) = (b.scalar("row", Elem::I64, None), b.scalar("col", Elem::I64, None));
    let x = b.read("x", elem, view);
    let out = b.write("out", elem, tile, &[Own::Whole, Own::Whole]);
    let row = b.cast(CastOp::IndexS, row, Elem::Index);
    let col = b.cast(CastOp::IndexS, col, Elem::Index);
    let pad = b.number(elem, 1);
    let zero = b.index(0);
    let x = b.load_masked(x, &[row, col], tile, pad, None);
    b.store(out, x, &[zero, zero]);
    b.finish().expect("valid")
}

#[test]
fn loads_across_every_edge() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        for (view, tile) in [([5, 40], [3, 17]), ([6, 7], [4, 12]), ([3, 3], [5, 24])] {
            let kernel = window(elem, &view, &tile);
            for (row, col) in
                [(0, 0), (2, 5), (3, 30), (-1, -3), (-2, 1), (4, 39), (5, 0), (0, 40), (-9, 2), (100, -100)]
            {
                cases.push(Case::random(kernel.clone(), 3).with("row", Value::I64(row)).with("col", Value::I64(col)));
            }
        }
    }
    check(&cases);
}

#[test]
fn stores_across_every_edge() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        let mut b = KernelBuilder::new(&format!("put_{elem}"));
        let (row, col) = (b.scalar("row", Elem::I64, None), b.scalar("col", Elem::I64, None));
        let x = b.read("x", elem, &[4, 21]);
        let out = b.write("out", elem, &[6, 30], &[Own::Whole, Own::Whole]);
        let row = b.cast(CastOp::IndexS, row, Elem::Index);
        let col = b.cast(CastOp::IndexS, col, Elem::Index);
        let zero = b.index(0);
        let x = b.load(x, &[zero, zero], &[4, 21]);
        b.store(out, x, &[row, col]);
        let kernel = b.finish().expect("valid");
        for (row, col) in [(0, 0), (2, 9), (3, 10), (5, 29), (-1, -3), (-3, 5), (6, 0), (0, 30), (-4, 0), (0, -21)] {
            cases.push(Case::random(kernel.clone(), 3).with("row", Value::I64(row)).with("col", Value::I64(col)));
        }
    }
    check(&cases);
}

#[test]
fn edge_programs() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        for (rows, cols, block) in [(7_u64, 33_u64, 8_u64), (4, 16, 16), (1, 5, 16)] {
            let mut b = KernelBuilder::new(&format!("blocks_{elem}_{cols}"));
            b.grid([cols.div_ceil(block), rows.div_ceil(4), 1]);
            let x = b.read("x", elem, &[rows, cols]);
            let own = [Own::Block { axis: Axis::Y, size: 4 }, Own::Block { axis: Axis::X, size: block }];
            let out = b.write("out", elem, &[rows, cols], &own);
            let (i, j) = (b.program_id(Axis::Y), b.program_id(Axis::X));
            let (four, width) = (b.index(4), b.index(block as i64));
            let (i, j) = (b.mul(i, four), b.mul(j, width));
            let x = b.load(x, &[i, j], &[4, block]);
            b.store(out, x, &[i, j]);
            cases.push(Case::random(b.finish().expect("valid"), 9));
        }
    }
    check(&cases);
}

#[test]
fn masked_loads_and_stores() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        for bounds in [true, false] {
            let mut b = KernelBuilder::new(&format!("masked_{elem}_{bounds}"));
            let (m, n) = (b.scalar("m", Elem::I64, None), b.scalar("n", Elem::I64, None));
            let x = b.read("x", elem, &[5, 30]);
            let chosen = b.read("chosen", Elem::I1, &[4, 21]);
            let out = b.write("out", elem, &[4, 40], &[Own::Whole, Own::Whole]);
            let m = b.cast(CastOp::IndexS, m, Elem::Index);
            let n = b.cast(CastOp::IndexS, n, Elem::Index);
            let zero = b.index(0);
            let mask = if bounds {
                b.create_mask(&[4, 21], &[Index::Dynamic(m), Index::Dynamic(n)])
            } else {
                b.load(chosen, &[zero, zero], &[4, 21])
            };
            let pad = b.number(elem, 1);
            let x = b.load_masked(x, &[m, n], &[4, 21], pad, Some(mask));
            b.store_masked(out, x, &[zero, n], Some(mask));
            let kernel = b.finish().expect("valid");
            for (m, n) in [(0, 0), (1, 9), (2, 3), (3, 20), (4, 21), (-1, 5)] {
                cases.push(Case::random(kernel.clone(), 1).with("m", Value::I64(m)).with("n", Value::I64(n)));
            }
            let yes = Buffer::from_ints(Elem::I1, &[4, 21], &[1; 84]).expect("ints");
            cases.push(
                Case::random(kernel.clone(), 1)
                    .with("m", Value::I64(1))
                    .with("n", Value::I64(2))
                    .with("chosen", Value::Buffer(yes)),
            );
        }
    }
    check(&cases);
}

#[test]
fn leading_dimensions() {
    let mut b = KernelBuilder::new("leading");
    let at = b.scalar("at", Elem::I64, None);
    let x = b.read("x", Elem::F32, &[3, 5, 12]);
    let out = b.write("out", Elem::F32, &[5, 12], &[Own::Whole, Own::Whole]);
    let at = b.cast(CastOp::IndexS, at, Elem::Index);
    let zero = b.index(0);
    let one = b.index(1);
    let pad = b.float(Elem::F32, -7.0);
    let plane = b.load_masked(x, &[at, one, zero], &[5, 12], pad, None);
    b.store(out, plane, &[zero, zero]);
    let kernel = b.finish().expect("valid");
    let cases: Vec<Case> =
        [0, 2, 3, -1, i64::MIN].iter().map(|&at| Case::random(kernel.clone(), 2).with("at", Value::I64(at))).collect();
    check(&cases);
}

#[test]
fn loads_see_the_stores_before_them() {
    // A view updated in place, and read again after.
    let mut b = KernelBuilder::new("in_place");
    let x = b.write("x", Elem::F32, &[2, 13], &[Own::Whole, Own::Whole]);
    let old = b.write("old", Elem::F32, &[2, 13], &[Own::Whole, Own::Whole]);
    let zero = b.index(0);
    let before = b.load(x, &[zero, zero], &[2, 13]);
    let doubled = b.add(before, before);
    b.store(x, doubled, &[zero, zero]);
    let after = b.load(x, &[zero, zero], &[2, 13]);
    let sum = b.add(before, after);
    b.store(old, sum, &[zero, zero]);
    let squared = b.mul(after, after);
    b.store(x, squared, &[zero, zero]);
    let kernel = b.finish().expect("valid");
    let given = tile_ir::testing::random_buffer(&mut tile_ir::testing::Rng::new(4), Elem::F32, &[2, 13]);
    check(&[Case::random(kernel, 0).with("x", Value::Buffer(given))]);
}

#[test]
fn a_reversal_in_place() {
    let mut b = KernelBuilder::new("swap");
    let x = b.write("x", Elem::F32, &[1, 16], &[Own::Whole, Own::Whole]);
    let zero = b.index(0);
    let all = b.load(x, &[zero, zero], &[1, 16]);
    let (low, high) = (b.slice(all, &[0, 0], &[1, 8]), b.slice(all, &[0, 8], &[1, 8]));
    let negated = b.unary(UnaryOp::Neg, high);
    let eight = b.index(8);
    b.store(x, negated, &[zero, zero]);
    b.store(x, low, &[zero, eight]);
    let kernel = b.finish().expect("valid");
    let given = tile_ir::testing::random_buffer(&mut tile_ir::testing::Rng::new(4), Elem::F32, &[1, 16]);
    check(&[Case::random(kernel, 0).with("x", Value::Buffer(given))]);
}

#[test]
fn gathers() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        for offsets in [Elem::I32, Elem::Index] {
            let mut b = KernelBuilder::new(&format!("gather_{elem}_{offsets}"));
            let table = b.read("table", elem, &[7, 5]);
            let at = b.read("at", Elem::I32, &[3, 9]);
            let out = b.write("out", elem, &[3, 9], &[Own::Whole, Own::Whole]);
            let zero = b.index(0);
            let at = b.load(at, &[zero, zero], &[3, 9]);
            let at = if offsets == Elem::Index { b.cast(CastOp::IndexU, at, Elem::Index) } else { at };
            let end = if offsets == Elem::Index { b.index(35) } else { b.int(Elem::I32, 35) };
            let end = b.broadcast(end, &[3, 9]);
            let inside = b.compare(Predicate::ULt, at, end);
            let none = b.number(elem, 1);
            let none = b.broadcast(none, &[3, 9]);
            let found = b.gather(table, at, inside, none);
            b.store(out, found, &[zero, zero]);
            let kernel = b.finish().expect("valid");
            let at: Vec<i64> = (0..27).map(|i| [0, 34, 35, 3, 1000, -1, 17][i % 7] + i as i64 % 2).collect();
            let at = Buffer::from_ints(Elem::I32, &[3, 9], &at).expect("ints");
            cases.push(Case::random(kernel, 2).with("at", Value::Buffer(at)));
        }
    }
    check(&cases);
}

#[test]
fn scalars_in_memory() {
    let mut cases = Vec::new();
    for &elem in ELEMS {
        let mut b = KernelBuilder::new(&format!("scalars_{elem}"));
        b.grid([6, 1, 1]);
        let x = b.read("x", elem, &[6]);
        let out = b.write("out", elem, &[6], &[Own::Block { axis: Axis::X, size: 1 }]);
        let id = b.program_id(Axis::X);
        let five = b.index(5);
        let from = b.sub(five, id);
        let value = b.load_scalar(x, &[from]);
        b.store_scalar(out, value, &[id]);
        cases.push(Case::random(b.finish().expect("valid"), 8));
    }
    check(&cases);
}

/// A tile far outside is never touched, not even by a load that the code generator could move to where it would run
/// earlier: here, out of the loop over columns, which do not change its address.
#[test]
fn loads_far_outside() {
    let mut b = KernelBuilder::new("far");
    let far = b.scalar("far", Elem::I64, None);
    let x = b.read("x", Elem::F32, &[4, 8]);
    let out = b.write("out", Elem::F32, &[3, 64], &[Own::Whole, Own::Whole]);
    let far = b.cast(CastOp::IndexS, far, Elem::Index);
    let zero = b.index(0);
    let pad = b.float(Elem::F32, 3.0);
    let column = b.load_masked(x, &[far, zero], &[3, 1], pad, None);
    let wide = b.broadcast(column, &[3, 64]);
    b.store(out, wide, &[zero, zero]);
    let kernel = b.finish().expect("valid");
    let cases: Vec<Case> =
        [1 << 40, 2].iter().map(|&far| Case::random(kernel.clone(), 1).with("far", Value::I64(far))).collect();
    check(&cases);
}
