//! What the language lacks is an error that says so, never another text.

use dma_testing::programs::{Maker, number, span};
use lower_dma::Error;
use lower_dma::ir::{Operand, Pipe, StmtKind, VectorOp};
use mlir_to_cpp::limits::TARGET;
use tile_ir::{BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

/// A program with one operation on 2 x 64 elements.
fn with(op: VectorOp, args: impl FnOnce(Operand) -> Vec<Operand>) -> Result<emit::Source, Error> {
    let mut m = Maker::new("broken", &TARGET);
    let (x, d) = (m.dense("x", Elem::F32, 2, 64), m.empty("d", Elem::F32, 2, 64));
    m.vector(op, &d, &args(span(&x)));
    mlir_to_cpp::print(&m.ordered().core)
}

#[test]
fn broken_programs_are_errors() {
    assert!(with(VectorOp::Unary(UnaryOp::Exp), |x| vec![x]).is_ok());
    let broken = |result: Result<emit::Source, Error>| match result {
        Err(Error::Broken { target: "ascendc", detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    let tanh = with(VectorOp::Unary(UnaryOp::Tanh), |x| vec![x]);
    assert_eq!(broken(tanh), "pipe V has no Tanh");
    let and = with(VectorOp::Binary(BinaryOp::And), |x| vec![x.clone(), x]);
    assert_eq!(broken(and), "pipe V has no Binary(And)");
    let from = with(VectorOp::Binary(BinaryOp::DivF), |x| vec![x, number(2.0)]);
    assert_eq!(broken(from), "pipe V has no Binary(DivF)");
    let two = with(VectorOp::Unary(UnaryOp::Exp), |x| vec![x.clone(), x]);
    assert_eq!(broken(two), "the vector unit has no Unary(Exp) of such operands");
    let same = with(VectorOp::Cast, |x| vec![x]);
    assert_eq!(broken(same), "no conversion from f32 to f32");
    let smallest = with(VectorOp::ReduceRows(ReduceOp::MinS), |x| vec![x]);
    assert_eq!(broken(smallest), "no reduction MinS");
    let iota = with(VectorOp::Iota, |_| vec![number(0.0)]);
    assert_eq!(broken(iota), "the vector unit has no Iota of such operands");
}

/// Masks are of f32; elements of a byte are no columns.
#[test]
fn broken_operands_are_errors() {
    let refused = |build: &dyn Fn(&mut Maker)| {
        let mut m = Maker::new("broken", &TARGET);
        build(&mut m);
        match mlir_to_cpp::print(&m.ordered().core) {
            Err(Error::Broken { target: "ascendc", detail, .. }) => detail,
            other => panic!("{other:?}"),
        }
    };
    let integers = refused(&|m| {
        let (x, mask) = (m.dense("x", Elem::I32, 2, 64), m.empty("mask", Elem::I1, 2, 64));
        m.put(VectorOp::Compare(Predicate::SLt), &mask, &[span(&x), span(&x)]);
    });
    assert_eq!(integers, "masks of f32 only, not SLt");
    let row = refused(&|m| {
        let (x, mask) = (m.dense("x", Elem::F32, 1, 64), m.empty("mask", Elem::I1, 1, 64));
        m.put(VectorOp::Compare(Predicate::FLt), &mask, &[span(&x), Operand::Row(x.clone())]);
    });
    assert_eq!(row, "comparisons with a row or column");
    let column = refused(&|m| {
        let (x, d) = (m.dense("x", Elem::I8, 1, 4), m.empty("d", Elem::I8, 4, 32));
        m.put(VectorOp::Copy, &d, &[Operand::Column(x)]);
    });
    assert_eq!(column, "no column of i8");
}

/// A core that waits for one pipe is another target's.
#[test]
fn waits_for_pipes_are_errors() {
    for pipe in Pipe::ALL {
        let mut m = Maker::new("broken", &TARGET);
        m.b.put(StmtKind::Drain(pipe));
        let printed = mlir_to_cpp::print(&m.ordered().core);
        assert!(matches!(printed, Err(Error::Broken { target: "ascendc", .. })), "{printed:?}");
    }
}
