//! What the language lacks is an error that says so, never another text; names that it has are no names of a kernel's.

use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Expr, Pipe, Scalar, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_bang::limits::TARGET;
use tile_ir::{Access, BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

/// What is said of a kernel with one vector operation on buffers of these element types, the result's first.
fn refused(op: VectorOp, elems: &[Elem], numbers: &[Expr]) -> String {
    broken(&dma_testing::programs::operation(&TARGET, op, elems, numbers))
}

fn broken(kernel: &CoreKernel) -> String {
    match mlir_to_bang::print(kernel) {
        Err(Error::Broken { target: "bang", detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vector_operations() {
    let (f32, i32, f16, bf16, i64, mask) = (Elem::F32, Elem::I32, Elem::F16, Elem::Bf16, Elem::I64, Elem::I1);
    let zero = || [Expr::Int(Scalar::I32, 0)];
    assert_eq!(refused(VectorOp::Iota, &[i32], &zero()), "the language has no vector function that counts");
    assert_eq!(refused(VectorOp::Unary(UnaryOp::Sin), &[f32, f32], &[]), "no vector function is math.sin");
    let and = VectorOp::Binary(BinaryOp::And);
    assert_eq!(refused(and, &[f32, f32, f32], &[]), "no vector function is arith.andi");
    let add = VectorOp::Binary(BinaryOp::Add);
    assert_eq!(refused(add, &[i32, i32, i32], &[]), "no arithmetic on vectors of i32");
    assert_eq!(refused(add, &[bf16, bf16, bf16], &[]), "no arithmetic on vectors of bf16");
    assert_eq!(refused(VectorOp::Fma, &[f16, f16, f16, f16], &[]), "no arithmetic on vectors of f16");
    let less = VectorOp::Compare(Predicate::SLt);
    assert_eq!(refused(less, &[mask, i32, i32], &[]), "no vector function compares integers");
    assert_eq!(refused(VectorOp::Select, &[bf16, mask, bf16, bf16], &[]), "no choice between elements of bf16");
    assert_eq!(refused(VectorOp::Cast, &[i32, f32], &[]), "no vector function converts f32 to i32");
    assert_eq!(refused(VectorOp::Copy, &[i64], &[Expr::int(3)]), "nothing is filled with numbers of i64");
    let smallest = VectorOp::ReduceRows(ReduceOp::MinS);
    assert_eq!(refused(smallest, &[i32, i32], &[]), "no vector function reduces i32 by MinS");
    assert!(refused(VectorOp::Fma, &[f32, f32], &[]).starts_with("Fma of operands"));
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

#[test]
fn scalar_functions() {
    let mut b = Build::new("refused", &TARGET);
    let var = b.var("value", Scalar::F32);
    b.put(StmtKind::Let { var, value: Expr::Unary(UnaryOp::Log, Box::new(Expr::Float(2.0))) });
    assert_eq!(broken(&b.finish()), "scalar code has no `logf`");
}

/// Keywords, functions of the headers and of the text itself are renamed, and the text is right.
#[test]
fn words_of_the_language() {
    let mut b = Build::new("taskDim", &TARGET);
    let x = b.view("taskId", Elem::F32, &[64], Access::Read);
    let y = b.view("nram", Elem::F32, &[64], Access::Write);
    let (a, c) = (b.buffer("scratch", Elem::F32, 1, 64), b.buffer("exponential", Elem::F32, 1, 64));
    b.load(a, x, Expr::int(0));
    b.put(StmtKind::Fence);
    let operand = b.span(a);
    b.vector(VectorOp::Unary(UnaryOp::Exp), c, &[operand]);
    b.put(StmtKind::Fence);
    b.store(c, y, Expr::int(0));
    let source = mlir_to_bang::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"));
    for line in [
        "__mlu_entry__ void taskDim_1(const float *taskId_1, float *nram_1) {",
        "NPTR(float) scratch_1 = (NPTR(float))nram;",
        "exponential(exponential_1, scratch_1, 64);",
    ] {
        assert!(source.text.contains(line), "{line}\n{}", source.text);
    }
    emulator::bang::check(&source.text)
        .unwrap_or_else(|error| panic!("{error} {:?}\n{}", error.diagnostics(), source.text));
    let launch = &mlir_to_bang::companions(&[source])[0].text;
    assert!(
        launch.contains("void call_taskDim_1(unsigned tasks, cnrtQueue_t queue, const void *taskId_1, void *nram_1) {"),
        "{launch}"
    );
}

/// Strides of copies are `int`: rows that are further apart are copied one by one.
#[test]
fn rows_far_apart() {
    for (rows, guarded) in [(Expr::int(3), false), (Expr::Core, true)] {
        let mut b = Build::new("apart", &TARGET);
        let x = b.view("x", Elem::F32, &[4, 1 << 30], Access::Read);
        let a = b.buffer("a", Elem::F32, 3, 8);
        let mut copy = b.copy(a, x, Expr::int(5));
        (copy.view_pitch, copy.rows) = (1 << 30, rows);
        b.put(StmtKind::CopyIn(copy));
        let source = mlir_to_bang::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"));
        let call = "__memcpy_async(a + row * 8, x + (int64_t)row * 1073741824 + 5, 32, GDRAM2NRAM);";
        let line = if guarded { format!("if (row < core) {{ {call} }}") } else { call.to_owned() };
        let expected = format!("    for (uint32_t row = 0; row < 3; ++row) {{\n        {line}\n    }}\n");
        assert!(source.text.contains(&expected), "{}", source.text);
        emulator::bang::check(&source.text)
            .unwrap_or_else(|error| panic!("{error} {:?}\n{}", error.diagnostics(), source.text));
    }
}
