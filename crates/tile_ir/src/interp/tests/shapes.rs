//! Operations that move elements.

use super::*;
use crate::op::Index;
use crate::testing::{Rng, random_buffer};

/// Index in each dimension of every element, in row-major order.
fn all_indices(dims: &[u64]) -> Vec<Vec<u64>> {
    let mut all = vec![Vec::new()];
    for &dim in dims {
        all = all.into_iter().flat_map(|at| (0..dim).map(move |i| [at.clone(), vec![i]].concat())).collect();
    }
    all
}

fn linear(dims: &[u64], index: &[u64]) -> usize {
    dims.iter().zip(index).fold(0, |at, (dim, i)| at * dim + i) as usize
}

/// Checks every element of `found` against the element of `from` that `source` names by its index.
fn check(found: &Buffer, from: &Buffer, source: impl Fn(&[u64]) -> Vec<u64>) {
    let (found_values, values) = (found.to_floats().expect("floats"), from.to_floats().expect("floats"));
    let dims = found.shape.dims();
    for index in all_indices(dims) {
        let expected = values[linear(from.shape.dims(), &source(&index))];
        assert_eq!(found_values[linear(dims, &index)], expected, "at {index:?}");
    }
}

const SHAPES: [&[u64]; 5] = [&[7], &[3, 5], &[1, 13], &[2, 3, 5], &[2, 1, 3, 4]];

#[test]
fn broadcast_repeats() {
    let mut rng = Rng::new(1);
    for (from, to) in
        [(&[5][..], &[3, 5][..]), (&[1], &[4]), (&[3, 1], &[3, 7]), (&[1, 7], &[2, 3, 7]), (&[2, 1, 3], &[4, 2, 5, 3])]
    {
        let x = random_buffer(&mut rng, Elem::F32, from);
        let found = eval(&[&x], |b, v| b.broadcast(v[0], to)).expect("runs");
        check(&found, &x, |index| {
            let tail = &index[to.len() - from.len()..];
            tail.iter().zip(from).map(|(&i, &dim)| if dim == 1 { 0 } else { i }).collect()
        });
    }
    let scalar = eval(&[], |b, _| {
        let x = b.float(Elem::F32, 2.5);
        b.broadcast(x, &[2, 2])
    });
    assert_eq!(scalar.expect("runs").to_floats().expect("floats"), [2.5; 4]);
}

#[test]
fn reshape_keeps_row_major_order() {
    let x = random_buffer(&mut Rng::new(2), Elem::F16, &[4, 6]);
    for to in [&[24][..], &[6, 4], &[2, 12, 1], &[3, 2, 2, 2]] {
        let found = eval(&[&x], |b, v| b.reshape(v[0], to)).expect("runs");
        assert_eq!(found.bytes, x.bytes);
    }
}

#[test]
fn transpose_permutes_dimensions() {
    let mut rng = Rng::new(3);
    for dims in SHAPES {
        let x = random_buffer(&mut rng, Elem::F32, dims);
        let mut perm: Vec<usize> = (0..dims.len()).collect();
        for _ in 0..4 {
            let (i, j) = (rng.below(dims.len() as u64) as usize, rng.below(dims.len() as u64) as usize);
            perm.swap(i, j);
            let found = eval(&[&x], |b, v| b.transpose(v[0], &perm)).expect("runs");
            check(&found, &x, |index| {
                let mut source = vec![0; dims.len()];
                perm.iter().zip(index).for_each(|(&d, &i)| source[d] = i);
                source
            });
        }
    }
}

#[test]
fn slices_are_cut_out_and_put_in() {
    let mut rng = Rng::new(4);
    for dims in SHAPES {
        for _ in 0..4 {
            let size: Vec<u64> = dims.iter().map(|&dim| 1 + rng.below(dim)).collect();
            let offsets: Vec<u64> = dims.iter().zip(&size).map(|(dim, size)| rng.below(dim - size + 1)).collect();
            let x = random_buffer(&mut rng, Elem::F32, dims);
            let cut = eval(&[&x], |b, v| b.slice(v[0], &offsets, &size)).expect("runs");
            check(&cut, &x, |index| index.iter().zip(&offsets).map(|(i, o)| i + o).collect());

            let part = random_buffer(&mut rng, Elem::F32, &size);
            let put = eval(&[&part, &x], |b, v| b.insert_slice(v[0], v[1], &offsets)).expect("runs");
            let (found, whole) = (put.to_floats().expect("floats"), x.to_floats().expect("floats"));
            for index in all_indices(dims) {
                let inner: Option<Vec<u64>> =
                    (0..dims.len()).map(|d| index[d].checked_sub(offsets[d]).filter(|&i| i < size[d])).collect();
                let expected = match inner {
                    Some(inner) => part.to_floats().expect("floats")[linear(&size, &inner)],
                    None => whole[linear(dims, &index)],
                };
                assert_eq!(found[linear(dims, &index)], expected);
            }
        }
    }
}

#[test]
fn elements_and_sub_tiles_are_extracted_and_inserted() {
    let x = random_buffer(&mut Rng::new(5), Elem::F32, &[3, 4]);
    let values = x.to_floats().expect("floats");
    let element = eval(&[&x], |b, v| {
        let row = b.index(2);
        b.extract(v[0], &[Index::Dynamic(row), Index::Static(1)])
    });
    assert_eq!(element.expect("runs").to_floats().expect("floats"), [values[9]]);
    let row = eval(&[&x], |b, v| b.extract(v[0], &[Index::Static(1)])).expect("runs");
    assert_eq!(row.to_floats().expect("floats"), values[4..8]);
    let moved = eval(&[&x], |b, v| {
        let row = b.extract(v[0], &[Index::Static(1)]);
        let element = b.extract(row, &[Index::Static(3)]);
        let at = b.index(0);
        let tile = b.insert(row, v[0], &[Index::Dynamic(at)]);
        b.insert(element, tile, &[Index::Static(2), Index::Dynamic(at)])
    });
    let mut expected = values.clone();
    expected.copy_within(4..8, 0);
    expected[8] = values[7];
    assert_eq!(moved.expect("runs").to_floats().expect("floats"), expected);
}

#[test]
fn tile_indices_out_of_range_trap() {
    let x = floats(Elem::F32, &[3, 4], &[0.0; 12]);
    for index in [-1, 3, i64::MAX] {
        let found = eval(&[&x], |b, v| {
            let index = b.index(index);
            b.extract(v[0], &[Index::Dynamic(index), Index::Static(0)])
        });
        assert_eq!(trap_kind(found), TrapKind::TileIndex { index, extent: 3 });
        let found = eval(&[&x], |b, v| {
            let index = b.index(index);
            let value = b.float(Elem::F32, 1.0);
            b.insert(value, v[0], &[Index::Dynamic(index), Index::Static(0)])
        });
        assert_eq!(trap_kind(found), TrapKind::TileIndex { index, extent: 3 });
    }
}

#[test]
fn masks_are_true_below_their_bounds() {
    for (rows, cols) in [(0, 0), (2, 3), (3, 5), (9, 1), (-4, 2), (i64::MAX, i64::MIN)] {
        let found = eval(&[], |b, _| {
            let rows = b.index(rows);
            let cols = b.index(cols);
            b.create_mask(&[3, 5], &[Index::Dynamic(rows), Index::Dynamic(cols)])
        });
        let expected: Vec<i64> = (0..3).flat_map(|r| (0..5).map(move |c| i64::from(r < rows && c < cols))).collect();
        assert_eq!(found.expect("runs").to_ints().expect("bits"), expected);
    }
    let fixed = eval(&[], |b, _| b.create_mask(&[4], &[Index::Static(2)])).expect("runs");
    assert_eq!(fixed.to_ints().expect("bits"), [1, 1, 0, 0]);
}
