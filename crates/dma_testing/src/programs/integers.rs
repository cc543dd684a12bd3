//! Integer operations.

use lower_dma::ir::{Expr, Operand, Scalar, VectorOp};
use lower_dma::target::Target;
use tile_ir::Elem;

use super::Hand;
use super::elementwise::with_number;
use super::maker::{Maker, span};

/// Of spans, rows, columns and numbers, as far as the target has any. Nothing leaves the range of the type.
pub(super) fn integers(target: &'static Target) -> Hand {
    let mut m = Maker::new("integers", target);
    for &op in target.binary_i32 {
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
