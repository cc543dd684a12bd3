//! What the target lacks is an error that says where and what to write instead; names that Python has are no names of a kernel's.

mod backend;

use lower_nki::Error;
use tile_ir::{BinaryOp, CastOp, Elem, Kernel, KernelBuilder, Own, ReduceOp};

/// The error of a kernel that must not be lowered, as the user sees it.
fn refused(kernel: &Kernel) -> String {
    match backend::lower(kernel) {
        Err(error @ (Error::Unsupported { .. } | Error::Limit { .. })) => {
            let report = error.report();
            assert!(report.help.is_some(), "{report:?}");
            assert!(report.span.is_some(), "{report:?}");
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

/// A kernel that stores a tile made from an `i32` one of `[1, 64]`.
fn made(f: impl FnOnce(&mut KernelBuilder, tile_ir::Value) -> tile_ir::Value) -> Kernel {
    let mut t = KernelBuilder::new("refused");
    t.at("refused.rs", 3, 7);
    let x = t.read("x", Elem::I32, &[1, 64]);
    let zero = t.index(0);
    let tile = t.load(x, &[zero, zero], &[1, 64]);
    let value = f(&mut t, tile);
    let y = t.write("y", t.ty(value).elem, t.ty(value).shape.dims(), &[Own::Whole, Own::Whole]);
    t.store(y, value, &[zero, zero]);
    t.finish().expect("valid")
}

#[test]
fn views_and_scalars_of_64_bits() {
    let mut t = KernelBuilder::new("longs");
    t.at("refused.rs", 1, 1);
    let y = t.write("y", Elem::I64, &[1, 8], &[Own::Whole, Own::Whole]);
    let (zero, value) = (t.index(0), t.splat_int(Elem::I64, &[1, 8], 3));
    t.store(y, value, &[zero, zero]);
    let kernel = t.finish().expect("valid");
    assert_eq!(refused(&kernel), "kernel `longs`: `view `y`` on `i64` is not supported by target `nki`");

    let mut t = KernelBuilder::new("long");
    t.at("refused.rs", 1, 1);
    let n = t.scalar("n", Elem::I64, None);
    let y = t.write("y", Elem::I32, &[1, 1], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let narrow = t.cast(CastOp::TruncI, n, Elem::I32);
    t.store_scalar(y, narrow, &[zero, zero]);
    let kernel = t.finish().expect("valid");
    assert_eq!(refused(&kernel), "kernel `long`: `scalar `n`` on `i64` is not supported by target `nki`");
}

#[test]
fn numbers_that_leave_32_bits() {
    let kernel = made(|t, x| {
        let wide = t.cast(CastOp::ExtS, x, Elem::I64);
        let square = t.mul(wide, wide);
        t.cast(CastOp::TruncI, square, Elem::I32)
    });
    assert_eq!(refused(&kernel), "kernel `refused`: `arith.muli` on `i64` is not supported by target `nki`");
    // A constant that a tile would have to hold.
    let kernel = made(|t, x| {
        let wide = t.cast(CastOp::ExtS, x, Elem::I64);
        let large = t.splat_int(Elem::I64, &[1, 64], 1 << 40);
        let least = t.binary(BinaryOp::MinS, wide, large);
        t.cast(CastOp::TruncI, least, Elem::I32)
    });
    assert_eq!(refused(&kernel), "kernel `refused`: `arith.constant` on `i64` is not supported by target `nki`");
    let kernel = made(|t, x| {
        let wide = t.cast(CastOp::ExtS, x, Elem::I64);
        let start = t.splat_int(Elem::I64, &[1], 0);
        let sum = t.reduce(ReduceOp::Add, wide, start, &[1]);
        let sum = t.reshape(sum, &[1, 1]);
        t.cast(CastOp::TruncI, sum, Elem::I32)
    });
    assert_eq!(
        refused(&kernel),
        "kernel `refused`: `vector.multi_reduction` on `i64` is not supported by target `nki`"
    );
}

#[test]
fn bits_of_floats() {
    let kernel = made(|t, x| t.cast(CastOp::Bitcast, x, Elem::F32));
    assert_eq!(refused(&kernel), "kernel `refused`: `arith.bitcast` on `i32` is not supported by target `nki`");
}

/// Tiles that no partition holds are named with what they need.
#[test]
fn tiles_that_do_not_fit() {
    let mut t = KernelBuilder::new("large");
    t.at("refused.rs", 9, 1);
    // A prime number of rows is on one partition as a whole.
    let dims = [1009, 512];
    let x = t.read("x", Elem::F32, &dims);
    let y = t.write("y", Elem::F32, &dims, &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let tile = t.load(x, &[zero, zero], &dims);
    let double = t.add(tile, tile);
    t.store(y, double, &[zero, zero]);
    let said = refused(&t.finish().expect("valid"));
    assert!(said.contains("in bytes of a partition of SBUF needs"), "{said}");
}

/// Keywords and names that texts use are renamed, and the text is right.
#[test]
fn words_of_the_language() {
    let mut t = KernelBuilder::new("lambda");
    let x = t.read("nisa", Elem::F32, &[1, 64]);
    let y = t.write("None", Elem::F32, &[1, 64], &[Own::Whole, Own::Whole]);
    let scale = t.scalar("range", Elem::F32, None);
    let zero = t.index(0);
    let tile = t.load(x, &[zero, zero], &[1, 64]);
    t.name(tile, "for");
    let scale = t.broadcast(scale, &[1, 64]);
    let value = t.binary(BinaryOp::Mul, tile, scale);
    t.name(value, "nl");
    t.store(y, value, &[zero, zero]);
    let kernel = t.finish().expect("valid");
    let source = backend::text(&kernel).unwrap_or_else(|error| panic!("{error}")).expect("lowered");
    for line in ["def lambda_1(nisa_1, None_1, range_1):", "    return None_1"] {
        assert!(source.text.lines().any(|other| other == line), "{line}\n{}", source.text);
    }
    let case = &kernel_testing::judged_cases(&kernel, &[1])[0];
    backend::check(&kernel, &source, case).unwrap_or_else(|error| panic!("{error}"));
}
