//! What the target lacks is an error that says so, never another text; names that it has are no names of a kernel's.

use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Expr, Operand, Scalar, Stmt, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_aie::limits::TARGET;
use tile_ir::{Access, BinaryOp, Elem, Loc, Predicate, ReduceOp, UnaryOp};

/// What is said of a kernel with one vector operation on buffers of these element types, the result's first.
fn refused(op: VectorOp, elems: &[Elem], numbers: &[Expr]) -> String {
    broken(&dma_testing::programs::operation(&TARGET, op, elems, numbers))
}

fn broken(kernel: &CoreKernel) -> String {
    match mlir_to_aie::print(kernel) {
        Err(Error::Broken { target: "aie", detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vector_operations() {
    let (f32, i32, f16, bf16, i64, mask) = (Elem::F32, Elem::I32, Elem::F16, Elem::Bf16, Elem::I64, Elem::I1);
    let zero = || [Expr::Int(Scalar::I32, 0)];
    assert_eq!(refused(VectorOp::Iota, &[i32], &zero()), "the API has no vector that counts");
    assert_eq!(refused(VectorOp::Unary(UnaryOp::Sin), &[f32, f32], &[]), "no vector function is math.sin");
    let and = VectorOp::Binary(BinaryOp::And);
    assert_eq!(refused(and, &[f32, f32, f32], &[]), "no vector function is arith.andi of f32");
    let add = VectorOp::Binary(BinaryOp::Add);
    assert_eq!(refused(add, &[bf16, bf16, bf16], &[]), "no vector function is arith.addf of bf16");
    assert_eq!(refused(VectorOp::Fma, &[f16, f16, f16, f16], &[]), "no arithmetic on vectors of f16");
    let less = VectorOp::Compare(Predicate::SLt);
    assert_eq!(refused(less, &[mask, i32, i32], &[]), "no comparison of integers gives a mask of numbers");
    assert_eq!(refused(VectorOp::Select, &[bf16, mask, bf16, bf16], &[]), "no choice between elements of bf16");
    assert_eq!(refused(VectorOp::Cast, &[i32, f32], &[]), "no vector function converts f32 to i32");
    assert_eq!(refused(VectorOp::Copy, &[i64], &[Expr::int(3)]), "nothing is filled with numbers of i64");
    let smallest = VectorOp::ReduceRows(ReduceOp::MinS);
    assert_eq!(refused(smallest, &[i32, i32], &[]), "no vector function reduces i32 by MinS");
    assert!(refused(VectorOp::Fma, &[f32, f32], &[]).starts_with("Fma of operands"));
}

#[test]
fn scalar_functions() {
    let mut b = Build::new("refused", &TARGET);
    let var = b.var("value", Scalar::F32);
    b.put(StmtKind::Let { var, value: Expr::Unary(UnaryOp::Log, Box::new(Expr::Float(2.0))) });
    // What nothing reads is left out.
    let tile = b.buffer("tile", Elem::F32, 1, 16);
    b.put(StmtKind::Write { buffer: tile, offset: Expr::int(0), value: Expr::Var(var) });
    assert_eq!(broken(&b.finish()), "scalar code has no `logf`");
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, loc: Loc::File { file: "core.rs".into(), line: 77, column: 1 } }
}

/// A kernel whose statements, in the place of `statements`, depend on an element that only the core has.
fn dependent(statements: impl FnOnce(&mut Build<'_>, Expr, StmtKind)) -> Error {
    let mut b = Build::new("dependent", &TARGET);
    let x = b.view("x", Elem::I32, &[2, 64], Access::Read);
    let (a, c) = (b.buffer("a", Elem::I32, 1, 64), b.buffer("c", Elem::I32, 1, 64));
    b.load(a, x, Expr::int(0));
    let operand = b.span(a);
    b.vector(VectorOp::Binary(BinaryOp::Add), a, &[operand.clone(), operand]);
    let var = b.var("which", Scalar::I32);
    b.put(StmtKind::Read { var, buffer: a, offset: Expr::int(3) });
    let load = StmtKind::CopyIn(b.copy(c, x, Expr::int(0)));
    statements(&mut b, Expr::Var(var), load);
    mlir_to_aie::print(&b.finish()).expect_err("it is refused")
}

/// What is moved follows from what the host knows.
#[test]
fn what_only_a_core_knows() {
    let positive = |which| Expr::Compare(Predicate::SGt, Box::new(which), Box::new(Expr::Int(Scalar::I32, 0)));
    let errors = [
        dependent(|b, which, load| {
            let StmtKind::CopyIn(mut copy) = load else { return };
            copy.view_offset = Expr::Convert(lower_dma::ir::Convert::Signed(Scalar::I64, 32), Box::new(which));
            b.put(StmtKind::CopyIn(copy));
        }),
        dependent(|b, which, load| {
            b.put(StmtKind::If { condition: positive(which), then: vec![stmt(load)], otherwise: vec![] });
        }),
        dependent(|b, which, load| {
            let condition = positive(which);
            b.put(StmtKind::While { before: vec![], condition, body: vec![stmt(load)] });
        }),
        dependent(|b, which, load| {
            let var = b.var("i", Scalar::I64);
            let upper = Expr::Convert(lower_dma::ir::Convert::Signed(Scalar::I64, 32), Box::new(which));
            let (lower, step) = (Expr::int(0), Expr::int(1));
            b.put(StmtKind::For { var, lower, upper, step, body: vec![stmt(load)] });
        }),
    ];
    let told: Vec<String> = errors.iter().map(|error| error.report().to_string()).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// An element that is gathered comes with all of its view, unless that is large.
#[test]
fn gathers_from_large_views() {
    let mut b = Build::new("gather", &TARGET);
    let x = b.view("table", Elem::F32, &[1 << 17], Access::Read);
    let a = b.buffer("a", Elem::I32, 1, 16);
    b.vector(VectorOp::Copy, a, &[Operand::Scalar(Expr::Int(Scalar::I32, 5))]);
    let (which, value) = (b.var("which", Scalar::I32), b.var("value", Scalar::F32));
    b.put(StmtKind::Read { var: which, buffer: a, offset: Expr::int(3) });
    let offset = Expr::Convert(lower_dma::ir::Convert::Signed(Scalar::I64, 32), Box::new(Expr::Var(which)));
    b.put(StmtKind::ReadGlobal { var: value, view: x, offset });
    let error = mlir_to_aie::print(&b.finish()).expect_err("it is refused");
    insta::assert_snapshot!(error.report().to_string());
}

/// Keywords, functions of the headers and of the texts themselves are renamed, and the texts are right.
#[test]
fn words_of_the_languages() {
    let mut b = Build::new("sequence", &TARGET);
    let x = b.view("lambda", Elem::F32, &[64], Access::Read);
    let y = b.view("start", Elem::F32, &[64], Access::Write);
    let (a, c) = (b.buffer("object", Elem::F32, 1, 64), b.buffer("exponential", Elem::F32, 1, 64));
    b.load(a, x, Expr::int(0));
    let operand = b.span(a);
    b.vector(VectorOp::Unary(UnaryOp::Exp), c, &[operand]);
    b.store(c, y, Expr::int(0));
    let source = mlir_to_aie::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"));
    for line in ["def moves(core, few, out, lambda_1, start_1):", "def sequence(lambda_1, start_1, *ends):"] {
        assert!(source.text.contains(line), "{line}\n{}", source.text);
    }
    assert!(source.parts[0].text.contains("float *object_1 = (float *)local;"), "{}", source.parts[0].text);
    emulator::aie::check(emulator::aie::Texts { design: &source.text, kernels: &source.parts[0].text })
        .unwrap_or_else(|error| panic!("{error} {:?}\n{}", error.diagnostics(), source.text));
}
