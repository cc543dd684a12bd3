//! Locks the text of core programs that together use every construct.

use dma_testing::programs::{Maker, all, span};
use lower_dma::ir::{Copy, CoreKernel, Expr, Operand, Scalar, StmtKind, VectorOp};
use lower_dma::testing::Build;
use mlir_to_cpp::limits::TARGET;
use tile_ir::{Access, CastOp, Elem, KernelBuilder, Module, Own, ReduceOp, UnaryOp, Value};

fn programs() -> Vec<CoreKernel> {
    all(&TARGET).into_iter().map(|hand| hand.core).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in programs() {
        let source = mlir_to_cpp::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

/// clang reads every text against headers that declare what the language has.
#[test]
fn texts_are_valid() {
    for kernel in programs() {
        let source = mlir_to_cpp::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        if let Err(error) = emulator::check(emulator::Language::AscendC, &source.text) {
            panic!("{}: {error:?}", kernel.name);
        }
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs() {
        let source = mlir_to_cpp::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        dma_testing::lines_follow_comments(&source, "//");
    }
}

#[test]
fn the_manifest_tells_what_a_launch_needs() {
    let kernel = programs().remove(0);
    let source = mlir_to_cpp::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(source.file, "unary.asc");
    assert_eq!(source.kernel.workgroups, Some([1, 1, 1]));
    assert!(source.kernel.budgets["ub"] <= TARGET.local_bytes, "{:?}", source.kernel.budgets);
    let first = source.text.lines().next().unwrap_or_default();
    assert!(first.contains("language AscendC (Ascend 910B, CANN 8.5); target ascendc; kernel unary"), "{first}");
}

#[test]
fn a_makefile_builds_every_kernel() {
    let sources: Vec<_> = programs()
        .iter()
        .map(|kernel| mlir_to_cpp::print(kernel).unwrap_or_else(|error| panic!("{error:?}")))
        .collect();
    let companions = mlir_to_cpp::companions(&sources);
    assert_eq!(companions.iter().map(|companion| companion.file.as_str()).collect::<Vec<_>>(), ["Makefile"]);
    insta::assert_snapshot!("makefile", companions[0].text);
}

/// What the tables of the target promise to the lowering, the printer has.
#[test]
fn every_listed_operation_is_printed() {
    let printed = |op, elem, args: &dyn Fn(&mut Maker) -> Vec<Operand>| {
        let mut m = Maker::new("listed", &TARGET);
        let args = args(&mut m);
        let d = m.empty("d", elem, 2, 64);
        m.vector(op, &d, &args);
        let core = m.finish().core;
        lower_dma::verify::verify(&core, &TARGET).unwrap_or_else(|errors| panic!("{op:?} {elem}: {errors:?}"));
        let source = mlir_to_cpp::print(&core).unwrap_or_else(|error| panic!("{op:?} {elem}: {error:?}"));
        emulator::check(emulator::Language::AscendC, &source.text)
            .unwrap_or_else(|error| panic!("{op:?} {elem}: {error:?}"));
    };
    let input = |elem| {
        move |m: &mut Maker| {
            let x = m.dense("x", elem, 2, 64);
            vec![span(&x)]
        }
    };
    for &op in TARGET.unary {
        printed(VectorOp::Unary(op), Elem::F32, &input(Elem::F32));
    }
    for (list, elem) in [(TARGET.binary, Elem::F32), (TARGET.binary_i32, Elem::I32)] {
        for &op in list {
            printed(VectorOp::Binary(op), elem, &|m| [input(elem)(m), input(elem)(m)].concat());
        }
    }
    for &(from, to) in TARGET.casts {
        printed(VectorOp::Cast, to, &input(from));
    }
    for &elem in TARGET.fills {
        let value = match Scalar::of(elem) {
            Scalar::F32 => Expr::Float(1.5),
            scalar @ (Scalar::Bool | Scalar::I32 | Scalar::I64) => Expr::Int(scalar, 3),
        };
        printed(VectorOp::Copy, elem, &|_| vec![Operand::Scalar(value.clone())]);
    }
}

#[test]
fn modules_are_lowered_and_printed() {
    let kernel = |name: &str, [from, to]: [Elem; 2], op: &dyn Fn(&mut KernelBuilder, Value) -> Value| {
        let mut t = KernelBuilder::new(name);
        t.at("module.rs", 3, 1);
        let x = t.read("x", from, &[2, 64]);
        let y = t.write("y", to, &[2, 64], &[Own::Whole, Own::Whole]);
        let zero = t.index(0);
        let value = t.load(x, &[zero, zero], &[2, 64]);
        let value = op(&mut t, value);
        t.store(y, value, &[zero, zero]);
        t.finish().expect("valid")
    };
    let unary = |name, op| kernel(name, [Elem::F32, Elem::F32], &|t, x| t.unary(op, x));
    let module = |kernels| Module { name: "module".to_owned(), kernels };
    let options = mlir_to_cpp::Options::default();
    let good = module(vec![unary("exponent", UnaryOp::Exp), unary("root", UnaryOp::Sqrt)]);
    let sources = mlir_to_cpp::emit(&good, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(sources.iter().map(|source| source.file.as_str()).collect::<Vec<_>>(), ["exponent.asc", "root.asc"]);
    let twice = kernel("twice", [Elem::I32, Elem::F16], &|t, x| t.cast(CastOp::SIntToFp, x, Elem::F16));
    let bad = module(vec![unary("exponent", UnaryOp::Exp), twice]);
    let errors = mlir_to_cpp::emit(&bad, &options).expect_err("it rounds twice");
    let told: Vec<String> = errors.iter().map(|error| error.report().to_string()).collect();
    assert_eq!(errors.len(), 1, "{told:?}");
    assert!(told[0].contains("module.rs:3") && told[0].contains("cast to f32 first: it rounds twice"), "{}", told[0]);
}

/// Distances in global memory have 32 bits: rows that are further apart are copied one by one.
#[test]
fn rows_far_apart_are_copied_one_by_one() {
    for (rows, guarded) in [(Expr::int(3), false), (Expr::Core, true)] {
        let mut b = Build::new("apart", &TARGET);
        let x = b.view("x", Elem::F32, &[4, 1 << 30], Access::Read);
        let a = b.buffer("a", Elem::F32, 3, 8);
        let copy = Copy { view_pitch: 1 << 30, rows, ..b.copy(a, x, Expr::int(5)) };
        b.put(StmtKind::CopyIn(copy));
        let source = mlir_to_cpp::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"));
        let call = "DataCopy(a[row * 8], x[(int64_t)row * 1073741824 + 5], 8);";
        let line = if guarded { format!("if (row < core) {{ {call} }}") } else { call.to_owned() };
        let expected = format!("    for (uint32_t row = 0; row < 3; ++row) {{\n        {line}\n    }}\n");
        assert!(source.text.contains(&expected), "{}", source.text);
        emulator::check(emulator::Language::AscendC, &source.text)
            .unwrap_or_else(|error| panic!("{error} {:?}\n{}", error.diagnostics(), source.text));
    }
}

/// Operands start at blocks, results of reductions too.
#[test]
fn results_of_many_rows_start_at_blocks() {
    let mut m = Maker::new("many", &TARGET);
    let (x, d) = (m.dense("x", Elem::F32, 600, 16), m.empty("d", Elem::F32, 1, 600));
    m.vector(VectorOp::ReduceRows(ReduceOp::Add), &d, &[span(&x)]);
    let source = mlir_to_cpp::print(&m.finish().core).unwrap_or_else(|error| panic!("{error:?}"));
    let calls: Vec<&str> = source.text.lines().map(str::trim).filter(|line| line.starts_with("Whole")).collect();
    assert_eq!(
        calls,
        [
            "WholeReduceSum(d, x, 16, 248, 1, 1, 2);",
            "WholeReduceSum(d[248], x[3968], 16, 248, 1, 1, 2);",
            "WholeReduceSum(d[496], x[7936], 16, 104, 1, 1, 2);"
        ]
    );
}

/// What is one piece on both sides is one transfer.
#[test]
fn dense_rows_are_one_transfer() {
    let mut m = Maker::new("dense", &TARGET);
    let x = m.dense("x", Elem::Bf16, 4, 32);
    m.store(&x);
    let source = mlir_to_cpp::print(&m.finish().core).unwrap_or_else(|error| panic!("{error:?}"));
    for line in ["DataCopy(x, x_bf16, 128);", "DataCopy(y_bf16, x, 128);"] {
        assert!(source.text.contains(line), "{line}\n{}", source.text);
    }
}
