//! Locks the text of core programs that together use every construct.

use dma_testing::programs::{Maker, all, span};
use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Expr, Operand, Scalar, VectorOp};
use mlir_to_pto::limits::TARGET;
use tile_ir::{CastOp, Elem, KernelBuilder, Module, Own, UnaryOp, Value};

fn programs() -> Vec<CoreKernel> {
    all(&TARGET).into_iter().map(|hand| hand.core).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in programs() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

/// clang reads every text against headers that declare what the language has.
#[test]
fn texts_are_valid() {
    for kernel in programs() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        if let Err(error) = emulator::check(emulator::Language::Pto, &source.text) {
            panic!("{}: {error:?}", kernel.name);
        }
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        dma_testing::lines_follow_comments(&source, "//");
    }
}

#[test]
fn the_manifest_tells_what_a_launch_needs() {
    let kernel = programs().remove(0);
    let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(source.file, "unary.cpp");
    assert_eq!(source.kernel.workgroups, Some([1, 1, 1]));
    assert!(source.kernel.budgets["ub"] <= TARGET.local_bytes, "{:?}", source.kernel.budgets);
    let first = source.text.lines().next().unwrap_or_default();
    assert!(
        first.contains("language PTO-ISA C++ (Ascend 910B, CANN 9.0, pto-isa 9.1); target pto; kernel unary"),
        "{first}"
    );
}

#[test]
fn a_makefile_builds_every_kernel() {
    let sources: Vec<_> = programs()
        .iter()
        .map(|kernel| mlir_to_pto::print(kernel).unwrap_or_else(|error| panic!("{error:?}")))
        .collect();
    let companions = mlir_to_pto::companions(&sources);
    assert_eq!(companions.iter().map(|companion| companion.file.as_str()).collect::<Vec<_>>(), ["pto.mk"]);
    insta::assert_snapshot!("makefile", companions[0].text);
}

/// A program with one operation on 2 x 64 elements.
fn with(op: VectorOp, args: impl FnOnce(Operand) -> Vec<Operand>) -> Result<emit::Source, Error> {
    let mut m = Maker::new("broken", &TARGET);
    let (x, d) = (m.dense("x", Elem::F32, 2, 64), m.empty("d", Elem::F32, 2, 64));
    m.vector(op, &d, &args(span(&x)));
    mlir_to_pto::print(&m.ordered().core)
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
        let source = mlir_to_pto::print(&core).unwrap_or_else(|error| panic!("{op:?} {elem}: {error:?}"));
        emulator::check(emulator::Language::Pto, &source.text)
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
    let options = mlir_to_pto::Options::default();
    let good = module(vec![unary("exponent", UnaryOp::Exp), unary("root", UnaryOp::Sqrt)]);
    let sources = mlir_to_pto::emit(&good, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(sources.iter().map(|source| source.file.as_str()).collect::<Vec<_>>(), ["exponent.cpp", "root.cpp"]);
    let twice = kernel("twice", [Elem::I32, Elem::F16], &|t, x| t.cast(CastOp::SIntToFp, x, Elem::F16));
    let bad = module(vec![unary("exponent", UnaryOp::Exp), twice]);
    let errors = mlir_to_pto::emit(&bad, &options).expect_err("it rounds twice");
    let told: Vec<String> = errors.iter().map(|error| error.report().to_string()).collect();
    assert_eq!(errors.len(), 1, "{told:?}");
    assert!(told[0].contains("module.rs:3") && told[0].contains("cast to f32 first: it rounds twice"), "{}", told[0]);
}

#[test]
fn broken_programs_are_errors() {
    assert!(with(VectorOp::Unary(UnaryOp::Exp), |x| vec![x]).is_ok());
    let broken = |result: Result<emit::Source, Error>| match result {
        Err(Error::Broken { target: "pto", detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    let tanh = with(VectorOp::Unary(UnaryOp::Tanh), |x| vec![x]);
    assert_eq!(broken(tanh), "Tanh, which is no instruction");
    let two = with(VectorOp::Unary(UnaryOp::Exp), |x| vec![x.clone(), x]);
    assert_eq!(broken(two), "Unary(Exp) of such operands");
    let same = with(VectorOp::Cast, |x| vec![x]);
    assert_eq!(broken(same), "a conversion from f32 to f32, which is no instruction");
    let iota = with(VectorOp::Iota, |_| vec![Operand::Scalar(Expr::Float(0.0))]);
    assert_eq!(broken(iota), "Iota of such operands");
}
