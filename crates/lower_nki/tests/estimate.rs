//! What a program moves is known without running it: weights once, and what programs share once as well.

use lower_nki::estimate::{Moved, estimate};
use tile_ir::{Axis, CastOp, ContractSpec, Elem, KernelBuilder, Module, Own};

/// Rows of a matrix times a vector, 16 a program.
fn product(rows: u64, terms: u64) -> Module {
    let mut t = KernelBuilder::new("product");
    let x = t.read("x", Elem::F32, &[1, terms]);
    let w = t.weights("w", Elem::Bf16, &[rows, terms]);
    let y = t.write("y", Elem::F32, &[1, rows], &[Own::Whole, Own::Block { axis: Axis::X, size: 16 }]);
    t.grid([rows.div_ceil(16), 1, 1]);
    let (zero, program, size) = (t.index(0), t.program_id(Axis::X), t.index(16));
    let at = t.mul(program, size);
    let vector = t.load(x, &[zero, zero], &[1, terms]);
    let tile = t.load(w, &[at, zero], &[16, terms]);
    let tile = t.cast(CastOp::ExtF, tile, Elem::F32);
    let start = t.splat(Elem::F32, &[1, 16], 0.0);
    let sums = t.contract(vector, tile, start, ContractSpec::matmul(true));
    t.store(y, sums, &[zero, at]);
    Module { name: "one".to_owned(), kernels: vec![t.finish().expect("valid")] }
}

/// Few programs are a loop of the compiler, many one of the run; ragged ends are cut.
#[test]
fn every_weight_is_read_once() {
    for (rows, terms) in [(64, 256), (93, 171), (4096 * 16 + 5, 128), (40, 1009)] {
        let programs = lower_nki::lower(&product(rows, terms)).unwrap_or_else(|errors| panic!("{errors:?}"));
        let moved = estimate(&programs[0]);
        assert!(moved.exact);
        assert_eq!(moved.params["w"], Moved { read: 2 * rows * terms, written: 0 }, "{rows}x{terms}");
        assert_eq!(moved.params["x"], Moved { read: 4 * terms, written: 0 }, "{rows}x{terms}");
        assert_eq!(moved.params["y"], Moved { read: 0, written: 4 * rows }, "{rows}x{terms}");
        assert_eq!(moved.private, Moved::default(), "{rows}x{terms}");
    }
}

/// Loops of the run stand for many programs, so that a text stays small.
#[test]
fn many_programs_are_a_loop_of_the_run() {
    let programs = lower_nki::lower(&product(65_536, 256)).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert!(lower_nki::verify::instructions(&programs[0]) < 100);
}
