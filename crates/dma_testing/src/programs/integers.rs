//! Integer operations.

use lower_dma::ir::{Expr, Operand, Scalar, VectorOp};
use lower_dma::target::Target;
use tile_ir::{BinaryOp, Elem};

use super::Hand;
use super::elementwise::with_number;
use super::maker::{Maker, span};

/// Whether an operation has a result for all numbers.
const fn takes_all(op: BinaryOp) -> bool {
    match op {
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor => true,
        BinaryOp::DivF
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinF
        | BinaryOp::MaxF
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => false,
    }
}

/// Quotients, remainders and shifts of dense and strided spans, of signs and sizes of all kinds.
pub(super) fn partial(target: &'static Target) -> Hand {
    const LARGE: [i64; 12] =
        [i32::MIN as i64, i32::MAX as i64, -1, 0, 1, 7, -7, 1_000_000_007, -1_000_000_007, 65_536, -123_456_789, 40];
    const DIVISORS: [i64; 12] = [3, -3, 7, 1, i32::MAX as i64, 2, 2, -65_537, 65_537, 10, -11, i32::MIN as i64];
    const AMOUNTS: [i64; 12] = [0, 31, 1, 7, 30, 15, 16, 4, 5, 8, 27, 3];
    let mut m = Maker::new("partial", target);
    for &op in target.binary_i32.iter().filter(|op| !takes_all(**op)) {
        let shifts = matches!(op, BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU);
        let [x, y] = ["x", "y"].map(|name| format!("{name}_{op:?}"));
        let views = [(x, LARGE), (y, if shifts { AMOUNTS } else { DIVISORS })]
            .map(|(name, list)| m.numbers(&name, Elem::I32, &list));
        for (rows, cols) in [(1, 12), (3, 4)] {
            let [x, y] = views.map(|view| {
                let buffer = m.b.buffer("numbers", Elem::I32, rows, cols);
                m.b.load(buffer, view, Expr::int(0));
                m.b.all(buffer)
            });
            let d = m.empty("d", Elem::I32, rows, cols);
            m.vector(VectorOp::Binary(op), &d, &[span(&x), span(&y)]);
            m.vector(VectorOp::Binary(op), &x, &[span(&x), span(&y)]);
        }
    }
    m.finish()
}

/// Of spans, rows, columns and numbers, as far as the target has any. Nothing leaves the range of the type.
pub(super) fn integers(target: &'static Target) -> Hand {
    let mut m = Maker::new("integers", target);
    for &op in target.binary_i32.iter().filter(|op| takes_all(**op)) {
        let number = with_number(op);
        let op = VectorOp::Binary(op);
        let (x, y) = (m.dense("x", Elem::I32, 4, 24), m.dense("y", Elem::I32, 4, 24));
        let (row, column) = (m.dense("row", Elem::I32, 1, 24), m.dense("column", Elem::I32, 1, 4));
        for other in [span(&y), Operand::Row(row), Operand::Column(column)] {
            let d = m.empty("d", Elem::I32, 4, 24);
            m.vector(op, &d, &[span(&x), other]);
        }
        if number {
            m.vector(op, &x, &[span(&x), Operand::Scalar(Expr::Int(Scalar::I32, -3))]);
        }
        let (a, d) = (m.part("strided", Elem::I32, 3, 9), m.part("d", Elem::I32, 3, 9));
        m.vector(op, &d, &[span(&a), span(&d)]);
    }
    m.finish()
}
