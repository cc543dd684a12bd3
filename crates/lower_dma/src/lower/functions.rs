//! Functions of one `f32` by vector operations.

use std::f32::consts::FRAC_1_PI;

use tile_ir::{BinaryOp, Elem, Op, Predicate, UnaryOp};

use super::state::{Lower, Result};
use crate::ir::{Expr, Operand, Span, VectorOp};

/// Below this, `tanh` is its series; above, it is made of `exp`. The series' first missing term is 6e-8 of the result there.
const TANH_SERIES: f32 = 0.2;

/// Largest angle of sine and cosine: multiples of parts of pi are exact up to there.
pub(crate) const LARGEST_ANGLE: f32 = 200_000.0;
/// Parts of pi that add up to it; the first three have 7 bits, so that their product with up to 17 bits is exact.
const PI: [f32; 4] = [3.125, 0.016_357_422, 0.000_234_603_88, 6.278_329_5e-7];
/// Coefficients of the series of the sine from the 13th power down; the first missing term is 7e-10 at half of pi.
const SERIES: [f32; 6] =
    [1.0 / 6_227_020_800.0, -1.0 / 39_916_800.0, 1.0 / 362_880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0];

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
            UnaryOp::Sin | UnaryOp::Cos => self.wave(kind == UnaryOp::Cos, &x, &dst),
            UnaryOp::Abs | UnaryOp::Exp | UnaryOp::Log | UnaryOp::Sqrt | UnaryOp::Floor => {
                return self.refuse(op, Elem::F32, "compute it on the host and pass a table");
            }
        }
        Ok(Operand::Span(dst))
    }

    /// Sine or cosine: the angle less a multiple of pi (for the cosine, a multiple and a half), the sine's series, the sign that the
    /// multiple gives. Within 2e-7 up to [`LARGEST_ANGLE`], NaN above.
    fn wave(&mut self, cosine: bool, x: &Span, dst: &Span) {
        let (rows, cols) = (x.rows, x.cols);
        let (number, span) = (|x| Operand::Scalar(Expr::Float(x)), |span: &Span| Operand::Span(span.clone()));
        let [add, sub, mul] = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul].map(VectorOp::Binary);
        let floor = VectorOp::Unary(UnaryOp::Floor);
        let [turns, half, rest, part, square, sum, sign] = [(); 7].map(|()| self.temp(Elem::F32, rows, cols));
        self.vector(mul, &half, vec![span(x), number(FRAC_1_PI)]);
        if !cosine {
            self.vector(add, &half, vec![span(&half), number(0.5)]);
        }
        self.vector(floor, &turns, vec![span(&half)]);
        self.vector(add, &half, vec![span(&turns), number(if cosine { 0.5 } else { 0.0 })]);
        for (which, piece) in PI.into_iter().enumerate() {
            self.vector(mul, &part, vec![span(&half), number(piece)]);
            self.vector(sub, &rest, vec![span(if which == 0 { x } else { &rest }), span(&part)]);
        }
        self.vector(mul, &square, vec![span(&rest), span(&rest)]);
        self.vector(mul, &sum, vec![span(&square), number(SERIES[0])]);
        for coefficient in &SERIES[1..] {
            self.vector(add, &sum, vec![span(&sum), number(*coefficient)]);
            self.vector(mul, &sum, vec![span(&sum), span(&square)]);
        }
        self.vector(mul, &sum, vec![span(&sum), span(&rest)]);
        self.vector(add, &sum, vec![span(&sum), span(&rest)]);
        // 1 for even multiples, -1 for odd ones; the cosine's is the other one.
        self.vector(mul, &part, vec![span(&turns), number(0.5)]);
        self.vector(floor, &sign, vec![span(&part)]);
        self.vector(mul, &sign, vec![span(&sign), number(-2.0)]);
        self.vector(add, &sign, vec![span(&sign), span(&turns)]);
        let (by, from) = if cosine { (2.0, -1.0) } else { (-2.0, 1.0) };
        self.vector(mul, &sign, vec![span(&sign), number(by)]);
        self.vector(add, &sign, vec![span(&sign), number(from)]);
        self.vector(mul, &sum, vec![span(&sum), span(&sign)]);
        self.vector(VectorOp::Unary(UnaryOp::Abs), &part, vec![span(x)]);
        let mask = self.temp(Elem::I1, rows, cols);
        self.vector(VectorOp::Compare(Predicate::FLe), &mask, vec![span(&part), number(LARGEST_ANGLE)]);
        self.vector(VectorOp::Copy, &rest, vec![number(f32::NAN)]);
        self.vector(VectorOp::Select, dst, vec![span(&mask), span(&sum), span(&rest)]);
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
