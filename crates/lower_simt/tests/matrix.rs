//! Products on the matrix unit: they are there where they should be, keep every rule and compute the same.

mod common;

use common::{TARGET, check};
use lower_simt::ir::{LaneKernel, MatrixOp, StmtKind};
use lower_simt::target::Target;
use lower_simt::verify::verify;
use tile_ir::{CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Module, Own};

fn spec(lhs: &[usize], rhs: &[usize]) -> ContractSpec {
    ContractSpec { reduced: vec![false, false, true], lhs: lhs.to_vec(), rhs: rhs.to_vec(), acc: vec![0, 1] }
}

/// One product of whole views, widened where they are narrow, added to `start`.
fn product(elem: Elem, [m, n, k]: [u64; 3], lhs: [usize; 2], rhs: [usize; 2], start: f32) -> Kernel {
    let size = |map: [usize; 2]| map.map(|iterator| [m, n, k][iterator]);
    let mut t = KernelBuilder::new("product");
    let a = t.read("a", elem, &size(lhs));
    let b = t.read("b", elem, &size(rhs));
    let c = t.write("c", Elem::F32, &[m, n], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let mut load = |view, dims: [u64; 2]| {
        let tile = t.load(view, &[zero, zero], &dims);
        if elem == Elem::F32 { tile } else { t.cast(CastOp::ExtF, tile, Elem::F32) }
    };
    let (left, right) = (load(a, size(lhs)), load(b, size(rhs)));
    let acc = t.splat(Elem::F32, &[m, n], start);
    let sums = t.contract(left, right, acc, spec(&lhs, &rhs));
    t.store(c, sums, &[zero, zero]);
    t.finish().expect("valid")
}

fn products(lane: &LaneKernel) -> usize {
    let mut count = 0;
    for stmt in &lane.body {
        stmt.for_each(&mut |stmt| {
            count += usize::from(matches!(stmt.kind, StmtKind::Matrix(MatrixOp::Multiply { .. })));
        });
    }
    count
}

fn lowered(kernel: &Kernel, target: &Target) -> LaneKernel {
    let module = Module { name: "test".into(), kernels: vec![kernel.clone()] };
    let lane = lower_simt::lower(&module, target).expect("supported").kernels.remove(0);
    let text = lower_simt::text::print(&lane);
    assert_eq!(verify(&lane, target), Ok(()), "{text}");
    check(kernel, &lane, target, &[1, 2, 3]).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    lane
}

#[test]
fn every_orientation_and_ragged_sizes() {
    for elem in [Elem::Bf16, Elem::F32] {
        for sizes in [[32, 32, 32], [16, 8, 16], [33, 21, 19], [9, 40, 50], [8, 8, 8]] {
            for (lhs, rhs) in [([0, 2], [2, 1]), ([0, 2], [1, 2]), ([2, 0], [2, 1]), ([2, 0], [1, 2])] {
                let lane = lowered(&product(elem, sizes, lhs, rhs, 0.0), &TARGET);
                assert!(products(&lane) > 0, "{elem} {sizes:?}");
            }
        }
    }
}

#[test]
fn sums_start_from_a_number_and_long_products_come_in_chunks() {
    assert!(products(&lowered(&product(Elem::Bf16, [20, 24, 40], [0, 2], [2, 1], 1.5), &TARGET)) > 0);
    assert!(products(&lowered(&product(Elem::F32, [32, 24, 300], [0, 2], [2, 1], 0.0), &TARGET)) > 0);
    assert!(products(&lowered(&product(Elem::F32, [32, 24, 300], [0, 2], [1, 2], 0.0), &TARGET)) > 0);
}

#[test]
fn carried_sums() {
    for elem in [Elem::Bf16, Elem::F32] {
        let mut t = KernelBuilder::new("carried");
        let a = t.read("a", elem, &[20, 50]);
        let b = t.read("b", elem, &[50, 24]);
        let c = t.write("c", Elem::F32, &[20, 24], &[Own::Whole, Own::Whole]);
        let (zero, end, step) = (t.index(0), t.index(50), t.index(16));
        let acc = t.splat(Elem::F32, &[20, 24], 0.0);
        let sums = t.for_loop(zero, end, step, &[acc], |t, k, carried| {
            let mut tiles = [t.load(a, &[zero, k], &[20, 16]), t.load(b, &[k, zero], &[16, 24])];
            if elem != Elem::F32 {
                tiles = tiles.map(|tile| t.cast(CastOp::ExtF, tile, Elem::F32));
            }
            vec![t.contract(tiles[0], tiles[1], carried[0], ContractSpec::matmul(false))]
        });
        t.store(c, sums[0], &[zero, zero]);
        assert!(products(&lowered(&t.finish().expect("valid"), &TARGET)) > 0);
    }
}

#[test]
fn not_where_there_is_no_unit_or_no_second_row() {
    let none = Target { matrix: &[], ..TARGET };
    assert_eq!(products(&lowered(&product(Elem::Bf16, [16, 16, 16], [0, 2], [2, 1], 0.0), &none)), 0);
    let narrow = Target { matrix: &TARGET.matrix[..1], ..TARGET };
    assert_eq!(products(&lowered(&product(Elem::F32, [16, 16, 16], [0, 2], [2, 1], 0.0), &narrow)), 0);
    assert_eq!(products(&lowered(&product(Elem::Bf16, [1, 16, 64], [0, 2], [1, 2], 0.0), &TARGET)), 0);
}
