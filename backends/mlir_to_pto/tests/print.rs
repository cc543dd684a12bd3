//! Locks the text of core programs that together use every construct.

mod programs;

use lower_dma::Error;
use lower_dma::ir::{Expr, Operand, VectorOp};
use mlir_to_pto::limits::TARGET;
use tile_ir::{Elem, UnaryOp};

#[test]
fn texts_are_locked() {
    for kernel in programs::all() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

/// clang reads every text against headers that declare what the language has.
#[test]
fn texts_are_valid() {
    for kernel in programs::all() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        if let Err(error) = emulator::check(emulator::Language::Pto, &source.text) {
            panic!("{}: {error:?}", kernel.name);
        }
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs::all() {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        let lines: Vec<&str> = source.text.lines().collect();
        assert!(!source.kernel.lines.is_empty(), "{}", kernel.name);
        for origin in &source.kernel.lines {
            let comment = lines[origin.emitted as usize - 2].trim_start();
            assert_eq!(comment, format!("// {}:{}", origin.file, origin.line));
        }
    }
}

#[test]
fn the_manifest_tells_what_a_launch_needs() {
    let kernel = programs::all().remove(0);
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
    let sources: Vec<_> = programs::all()
        .iter()
        .map(|kernel| mlir_to_pto::print(kernel).unwrap_or_else(|error| panic!("{error:?}")))
        .collect();
    let companions = mlir_to_pto::companions(&sources);
    assert_eq!(companions.iter().map(|companion| companion.file.as_str()).collect::<Vec<_>>(), ["pto.mk"]);
    insta::assert_snapshot!("makefile", companions[0].text);
}

/// A program with one operation on 2 x 64 elements.
fn with(op: VectorOp, args: impl FnOnce(Operand) -> Vec<Operand>) -> Result<emit::Source, Error> {
    let mut program = programs::Program::new("broken");
    let x = program.input("x", Elem::F32, 2, 64);
    let args = args(program.span(x));
    program.stored(op, Elem::F32, [2, 64], &args);
    mlir_to_pto::print(&program.finish())
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
