//! Functions of one `f32` by vector operations.

use tile_ir::{BinaryOp, Elem, Op, Predicate, UnaryOp};

use super::state::{Lower, Result};
use crate::ir::{Expr, Operand, Span, VectorOp};

/// Below this, `tanh` is its series; above, it is made of `exp`. The series' first missing term is 6e-8 of the result there.
const TANH_SERIES: f32 = 0.2;

impl Lower<'_> {
    /// A function of a span of `f32`.
    pub(super) fn unary(
        &mut self,
        op: &Op,
        kind: UnaryOp,
        x: Operand,
        rows: u64,
        cols: u64,
        into: Option<&Span>,
    ) -> Result<Operand> {
        let x = self.spread(x, Elem::F32, rows, cols)?;
        let span = Operand::Span(x.clone());
        let (scalar, multiply) = (|x| Operand::Scalar(Expr::Float(x)), VectorOp::Binary(BinaryOp::Mul));
        let add = VectorOp::Binary(BinaryOp::Add);
        let dst = self.target_of(into, Elem::F32, rows, cols);
        let native = self.facts.target.unary.contains(&kind);
        match kind {
            UnaryOp::Neg => self.vector(multiply, &dst, vec![span, scalar(-1.0)]),
            UnaryOp::Abs | UnaryOp::Exp | UnaryOp::Log | UnaryOp::Sqrt | UnaryOp::Floor if native => {
                self.vector(VectorOp::Unary(kind), &dst, vec![span]);
            }
            UnaryOp::Rsqrt | UnaryOp::Tanh if native => self.vector(VectorOp::Unary(kind), &dst, vec![span]),
            UnaryOp::Rsqrt => {
                let root = self.temp(Elem::F32, rows, cols);
                self.vector(VectorOp::Unary(UnaryOp::Sqrt), &root, vec![span]);
                let one = self.temp(Elem::F32, rows, cols);
                self.vector(VectorOp::Copy, &one, vec![scalar(1.0)]);
                let parts = vec![Operand::Span(one), Operand::Span(root)];
                self.vector(VectorOp::Binary(BinaryOp::DivF), &dst, parts);
            }
            UnaryOp::Tanh => {
                // 1 - 2 / (exp(2 x) + 1), whose error near 0 is that of the 1.
                let large = self.temp(Elem::F32, rows, cols);
                let [power, below, two, part] = [(); 4].map(|()| self.temp(Elem::F32, rows, cols));
                self.vector(multiply, &power, vec![span.clone(), scalar(2.0)]);
                self.vector(VectorOp::Unary(UnaryOp::Exp), &below, vec![Operand::Span(power.clone())]);
                self.vector(add, &power, vec![Operand::Span(below), scalar(1.0)]);
                self.vector(VectorOp::Copy, &two, vec![scalar(-2.0)]);
                let parts = vec![Operand::Span(two), Operand::Span(power)];
                self.vector(VectorOp::Binary(BinaryOp::DivF), &part, parts);
                self.vector(add, &large, vec![Operand::Span(part), scalar(1.0)]);
                // x - x^3 / 3 + 2 x^5 / 15 - 17 x^7 / 315.
                let [square, sum, next, small] = [(); 4].map(|()| self.temp(Elem::F32, rows, cols));
                self.vector(multiply, &square, vec![span.clone(), span.clone()]);
                self.vector(multiply, &sum, vec![Operand::Span(square.clone()), scalar(-17.0 / 315.0)]);
                for term in [2.0 / 15.0, -1.0 / 3.0, 1.0] {
                    self.vector(add, &next, vec![Operand::Span(sum.clone()), scalar(term)]);
                    let by = if term == 1.0 { span.clone() } else { Operand::Span(square.clone()) };
                    let to = if term == 1.0 { &small } else { &sum };
                    self.vector(multiply, to, vec![Operand::Span(next.clone()), by]);
                }
                let size = self.temp(Elem::F32, rows, cols);
                self.vector(VectorOp::Unary(UnaryOp::Abs), &size, vec![span]);
                let mask = self.temp(Elem::I1, rows, cols);
                let parts = vec![Operand::Span(size), scalar(TANH_SERIES)];
                self.vector(VectorOp::Compare(Predicate::FLt), &mask, parts);
                let parts = [mask, small, large].map(Operand::Span).to_vec();
                self.vector(VectorOp::Select, &dst, parts);
            }
            UnaryOp::Abs
            | UnaryOp::Exp
            | UnaryOp::Log
            | UnaryOp::Sqrt
            | UnaryOp::Sin
            | UnaryOp::Cos
            | UnaryOp::Floor => {
                return self.refuse(op, Elem::F32, "compute it on the host and pass a table");
            }
        }
        Ok(Operand::Span(dst))
    }

    /// Where a result goes: where it is wanted, or a temporary.
    pub(super) fn target_of(&mut self, into: Option<&Span>, held: Elem, rows: u64, cols: u64) -> Span {
        match into {
            Some(span) if self.elem(span) == held => span.clone(),
            Some(_) | None => self.temp(held, rows, cols),
        }
    }

    /// An operand as a span.
    pub(super) fn spread(&mut self, operand: Operand, held: Elem, rows: u64, cols: u64) -> Result<Span> {
        match operand {
            Operand::Span(span) => Ok(span),
            operand @ (Operand::Row(_) | Operand::Column(_) | Operand::Scalar(_)) => {
                let span = self.temp(held, rows, cols);
                self.copy_into(&span, operand)?;
                Ok(span)
            }
        }
    }
}
