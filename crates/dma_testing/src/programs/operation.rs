//! A program of one vector operation.

use lower_dma::ir::{CoreKernel, Expr, Operand, VectorOp};
use lower_dma::target::Target;
use lower_dma::testing::Build;
use tile_ir::Elem;

/// One vector operation on buffers of 8 elements of these types, the result's first, then the operands', and on these numbers.
pub fn operation(target: &Target, op: VectorOp, elems: &[Elem], numbers: &[Expr]) -> CoreKernel {
    let mut b = Build::new("refused", target);
    let buffers: Vec<_> = elems.iter().map(|&elem| b.buffer("tile", elem, 1, 8)).collect();
    let mut args: Vec<Operand> = buffers[1..].iter().map(|&buffer| b.span(buffer)).collect();
    args.extend(numbers.iter().cloned().map(Operand::Scalar));
    b.vector(op, buffers[0], &args);
    b.finish()
}
