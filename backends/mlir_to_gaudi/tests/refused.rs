//! What the language lacks is an error that says so, never another text; names that it has are no names of a kernel's.

use dma_testing::lower;
use lower_dma::Error;
use lower_dma::ir::{Convert, CoreKernel, Expr, Pipe, Scalar, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_gaudi::limits::TARGET;
use tile_ir::{Access, BinaryOp, CastOp, Elem, KernelBuilder, Own, Predicate, ReduceOp};

/// What is said of a kernel with one vector operation on buffers of these element types, the result's first.
fn refused(op: VectorOp, elems: &[Elem], numbers: &[Expr]) -> String {
    broken(&dma_testing::programs::operation(&TARGET, op, elems, numbers))
}

fn broken(kernel: &CoreKernel) -> String {
    match mlir_to_gaudi::print(kernel) {
        Err(Error::Broken { target: "gaudi", detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vector_operations() {
    let (f32, i32, f16, bf16, i8, mask) = (Elem::F32, Elem::I32, Elem::F16, Elem::Bf16, Elem::I8, Elem::I1);
    let add = VectorOp::Binary(BinaryOp::Add);
    assert_eq!(refused(add, &[i8, i8, i8], &[]), "arithmetic on vectors of i8");
    assert_eq!(refused(add, &[bf16, bf16, bf16], &[]), "arithmetic on vectors of bf16");
    assert_eq!(refused(VectorOp::Binary(BinaryOp::And), &[f32, f32, f32], &[]), "And on floats");
    assert_eq!(refused(VectorOp::Binary(BinaryOp::DivF), &[i32, i32, i32], &[]), "DivF on whole numbers");
    assert_eq!(refused(VectorOp::Fma, &[f16, f16, f16, f16], &[]), "a product and a sum of f16");
    assert_eq!(refused(VectorOp::Compare(Predicate::SLt), &[mask, f32, f32], &[]), "a comparison of f32");
    assert_eq!(refused(VectorOp::Select, &[bf16, mask, bf16, bf16], &[]), "a choice between elements of bf16");
    assert_eq!(refused(VectorOp::Cast, &[i8, f32], &[]), "a conversion of f32 to i8");
    assert_eq!(refused(VectorOp::ReduceRows(ReduceOp::MinS), &[i32, i32], &[]), "i32 reduced by MinS");
    assert!(refused(VectorOp::Fma, &[f32, f32], &[]).starts_with("Fma on f32 of operands"));
}

#[test]
fn flags() {
    for kind in [
        StmtKind::Signal { from: Pipe::In, to: Pipe::Vector, event: 0 },
        StmtKind::Await { from: Pipe::In, to: Pipe::Vector, event: 0 },
        StmtKind::Barrier(Pipe::Vector),
    ] {
        let mut b = Build::new("refused", &TARGET);
        b.put(kind);
        assert!(broken(&b.finish()).starts_with("the language has no "));
    }
}

/// Numbers of 64 bits that nothing keeps within 32, with the user's line.
#[test]
fn numbers_of_64_bits() {
    let mut t = KernelBuilder::new("wide");
    t.at("wide.rs", 1, 1);
    let n = t.read("n", Elem::I32, &[2]);
    let y = t.write("y", Elem::F32, &[1, 8], &[Own::Whole, Own::Whole]);
    let (zero, one) = (t.index(0), t.index(1));
    let (a, b) = (t.load_scalar(n, &[zero]), t.load_scalar(n, &[one]));
    let [a, b] = [a, b].map(|value| t.cast(CastOp::IndexS, value, Elem::Index));
    t.at("wide.rs", 7, 9);
    let product = t.mul(a, b);
    let large = t.compare(Predicate::SGt, product, one);
    let (low, high) = (t.splat(Elem::F32, &[1, 8], 0.0), t.splat(Elem::F32, &[1, 8], 1.0));
    let chosen = t.select(large, high, low);
    t.store(y, chosen, &[zero, zero]);
    let error = lower(&t.finish().expect("valid"), &TARGET).expect_err("it may leave 32 bits");
    assert!(matches!(error, Error::Limit { target: "gaudi", .. }), "{error:?}");
    insta::assert_snapshot!("numbers_of_64_bits", error.report().to_string());

    let mut t = KernelBuilder::new("long_view");
    t.at("long.rs", 3, 5);
    let x = t.read("x", Elem::I64, &[1, 8]);
    let y = t.write("y", Elem::I64, &[1, 8], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let value = t.load(x, &[zero, zero], &[1, 8]);
    t.store(y, value, &[zero, zero]);
    let error = lower(&t.finish().expect("valid"), &TARGET).expect_err("a view of 64 bits");
    assert!(matches!(error, Error::Unsupported { target: "gaudi", elem: Elem::I64, .. }), "{error:?}");
    insta::assert_snapshot!("views_of_64_bits", error.report().to_string());
}

/// A core program by hand that nobody proved.
#[test]
fn unproven_programs() {
    let mut b = Build::new("unproven", &TARGET);
    let n = b.view("n", Elem::I32, &[1], Access::Read);
    let (a, wide) = (b.var("a", Scalar::I32), b.var("wide", Scalar::I64));
    b.put(StmtKind::ReadGlobal { var: a, view: n, offset: Expr::int(0) });
    let long = Expr::Convert(Convert::Signed(Scalar::I64, 32), Box::new(Expr::Var(a)));
    let product = Expr::Binary(BinaryOp::Mul, Box::new(long.clone()), Box::new(long));
    let smaller = Expr::Binary(BinaryOp::MinS, Box::new(product), Box::new(Expr::int(7)));
    b.put(StmtKind::Let { var: wide, value: smaller });
    assert!(matches!(mlir_to_gaudi::print(&b.finish()), Err(Error::Limit { needed: 64, limit: 32, .. })));
}

/// A written view has two tensors where there is room, or none of its old elements.
#[test]
fn tensors() {
    let kernel = |reads: usize, own: Own| {
        let mut b = Build::new("many", &TARGET);
        for number in 0..reads {
            b.view(&format!("x{number}"), Elem::F32, &[64], Access::Read);
        }
        let y = b.view("y", Elem::F32, &[64], Access::Write);
        if let tile_ir::ParamKind::View(view) = &mut b.kernel.params[y.index()].kind {
            view.own = vec![own];
        }
        let a = b.buffer("a", Elem::F32, 1, 64);
        b.load(a, y, Expr::int(0));
        b.store(a, y, Expr::int(0));
        mlir_to_gaudi::print(&b.finish())
    };
    let whole = kernel(13, Own::Whole).expect("15 tensors");
    assert!(whole.text.contains("tensor x12, tensor y_in, tensor y)"), "{}", whole.text);
    // Without an input of its own, the view cannot be read.
    assert!(matches!(kernel(14, Own::Whole), Err(Error::Limit { limit: 16, .. })));
    let at = kernel(14, Own::At { param: 0 }).expect("16 tensors");
    assert!(at.text.contains("tensor x13, tensor y_in, tensor y)"), "{}", at.text);
    assert!(matches!(kernel(15, Own::At { param: 0 }), Err(Error::Limit { needed: 17, limit: 16, .. })));
}

/// Keywords, functions of the headers and of the text itself are renamed, and the text is right.
#[test]
fn words_of_the_language() {
    let mut b = Build::new("main", &TARGET);
    let x = b.view("tensor", Elem::F32, &[64], Access::Read);
    let y = b.view("scratch", Elem::F32, &[64], Access::Write);
    let (a, c) = (b.buffer("float64", Elem::F32, 1, 64), b.buffer("sum_lanes", Elem::F32, 1, 64));
    b.load(a, x, Expr::int(0));
    let operand = b.span(a);
    b.vector(VectorOp::Binary(BinaryOp::Add), c, &[operand.clone(), operand]);
    b.store(c, y, Expr::int(0));
    let source = mlir_to_gaudi::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(source.kernel.entry, "main");
    for line in [
        "void main(tensor tensor_1, tensor scratch_1_in, tensor scratch_1) {",
        "__local__ float64 float64_1[1];",
        "sum_lanes_1[0] = float64_1[0] + float64_1[0];",
    ] {
        assert!(source.text.contains(line), "{line}\n{}", source.text);
    }
    emulator::gaudi::check(&source.text).unwrap_or_else(|error| panic!("{error}\n{}", source.text));
}
