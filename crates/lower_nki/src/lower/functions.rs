//! Functions of floats: those of the Scalar Engine where they are documented for all numbers, and compositions elsewhere.

use std::f32::consts::{FRAC_1_PI, LN_2};

use tile_ir::UnaryOp;

use super::calc::{Arg, Size};
use super::state::{Lower, Result};
use crate::ir::{Alu, Dtype, Function, Instr, Span};

/// From here on every `f32` is an integer.
const INTEGRAL: f32 = 8_388_608.0;

/// Numbers whose logarithm is documented (source: aws-neuron-sdk, nki/api/nki.api.shared.rst, valid input ranges), and the factor
/// that brings others there.
const LOG_RANGE: [f32; 2] = [5.421_011e-20, 18_446_744_073_709_551_616.0];
const LOG_SCALE: f32 = 7.922_816_3e28;
const LOG_SHIFT: f32 = 96.0 * LN_2;

/// Largest angle: multiples of parts of pi are exact up to there.
pub(super) const LARGEST_ANGLE: f32 = 200_000.0;
/// Parts of pi that add up to it; the first three have 7 bits, so that their product with up to 17 bits is exact.
const PI_PARTS: [f32; 4] = [3.125, 0.016_357_422, 0.000_234_603_88, 6.278_329_5e-7];

impl Lower<'_> {
    /// A function of a span.
    pub(super) fn unary(&mut self, op: UnaryOp, x: &Span, dtype: Dtype) -> Result<Span> {
        let size = Size { parts: x.parts, free: x.free() };
        let arg = Arg::Span(x.clone());
        let result = match op {
            UnaryOp::Neg => return self.alu(Alu::Multiply, dtype, &arg, &Arg::Float(-1.0), size),
            UnaryOp::Abs => self.activation(Function::Abs, x, 1.0)?,
            UnaryOp::Exp => self.activation(Function::Exp, x, 1.0)?,
            UnaryOp::Tanh => self.activation(Function::Tanh, x, 1.0)?,
            UnaryOp::Log => self.logarithm(x, size)?,
            // The Scalar Engine's root is documented from 2^-116 on only.
            UnaryOp::Sqrt => {
                let wide = if self.dtype(x) == Dtype::F32 { x.clone() } else { self.cast(x, Dtype::F32)? };
                return self.alu(Alu::Power, dtype, &Arg::Span(wide), &Arg::Float(0.5), size);
            }
            UnaryOp::Rsqrt => {
                let dst = self.temp(dtype, size.parts, size.free);
                let mut spans = [dst.clone(), x.clone()];
                self.align(&mut spans)?;
                let [to, data] = spans;
                self.emit(Instr::Rsqrt { dst: to, data });
                return Ok(dst);
            }
            UnaryOp::Sin | UnaryOp::Cos => self.wave(op == UnaryOp::Cos, x, size)?,
            UnaryOp::Floor => self.floor(x, size)?,
        };
        if dtype == Dtype::F32 { Ok(result) } else { self.cast(&result, dtype) }
    }

    /// The largest integer not above: the nearest one, less 1 where that is above. Numbers that are integers anyway stay.
    pub(super) fn floor(&mut self, x: &Span, size: Size) -> Result<Span> {
        let nearest = self.cast(x, Dtype::I32)?;
        let nearest = self.cast(&nearest, Dtype::F32)?;
        let (near, arg) = (Arg::Span(nearest), Arg::Span(x.clone()));
        let above = self.alu(Alu::Greater, Dtype::F32, &near, &arg, size)?;
        let below = self.alu(Alu::Subtract, Dtype::F32, &near, &Arg::Span(above), size)?;
        let magnitude = self.activation(Function::Abs, x, 1.0)?;
        let fraction = self.alu(Alu::Less, Dtype::U8, &Arg::Span(magnitude), &Arg::Float(INTEGRAL), size)?;
        self.choose(&fraction, &Arg::Span(below), &arg, Dtype::F32)
    }

    /// The natural logarithm. Small and large numbers are scaled; 0, infinity, negative numbers and NaN are put in afterwards.
    fn logarithm(&mut self, x: &Span, size: Size) -> Result<Span> {
        let arg = Arg::Span(x.clone());
        let compare = |lower: &mut Self, op, limit| lower.alu(op, Dtype::U8, &arg, &Arg::Float(limit), size);
        let small = compare(self, Alu::Less, LOG_RANGE[0])?;
        let large = compare(self, Alu::Greater, LOG_RANGE[1])?;
        let scaled = |lower: &mut Self, by| lower.alu(Alu::Multiply, Dtype::F32, &arg, &Arg::Float(by), size);
        let (up, down) = (scaled(self, LOG_SCALE)?, scaled(self, 1.0 / LOG_SCALE)?);
        let inside = self.choose(&small, &up.into(), &arg, Dtype::F32)?;
        self.overwrite(&inside, &large, &down.into())?;
        // Where there is no logarithm, that of 1.
        let positive = compare(self, Alu::Greater, 0.0)?;
        let finite = compare(self, Alu::LessEqual, f32::MAX)?;
        let sound = self.alu(Alu::And, Dtype::U8, &positive.into(), &finite.into(), size)?;
        let inside = self.choose(&sound, &inside.into(), &Arg::Float(1.0), Dtype::F32)?;
        let log = self.activation(Function::Log, &inside, 1.0)?;
        let shifted =
            |lower: &mut Self, by| lower.alu(Alu::Add, Dtype::F32, &Arg::Span(log.clone()), &Arg::Float(by), size);
        let (low, high) = (shifted(self, -LOG_SHIFT)?, shifted(self, LOG_SHIFT)?);
        self.overwrite(&log, &small, &low.into())?;
        self.overwrite(&log, &large, &high.into())?;
        // Infinity and NaN are their own.
        let result = self.choose(&sound, &log.into(), &arg, Dtype::F32)?;
        let (negative, zero) = (compare(self, Alu::Less, 0.0)?, compare(self, Alu::Equal, 0.0)?);
        self.overwrite(&result, &negative, &Arg::Float(f32::NAN))?;
        self.overwrite(&result, &zero, &Arg::Float(f32::NEG_INFINITY))?;
        Ok(result)
    }

    /// Sine or cosine: the angle less a multiple of pi (for the cosine, a multiple and a half), the engine's sine of what is left, the
    /// sign that the multiple gives.
    fn wave(&mut self, cosine: bool, x: &Span, size: Size) -> Result<Span> {
        let magnitude = self.activation(Function::Abs, x, 1.0)?;
        let sound = self.alu(Alu::LessEqual, Dtype::U8, &magnitude.into(), &Arg::Float(LARGEST_ANGLE), size)?;
        let x = self.choose(&sound, &Arg::Span(x.clone()), &Arg::Float(0.0), Dtype::F32)?;
        let op = |lower: &mut Self, op, a: &Span, b: Arg| lower.alu(op, Dtype::F32, &Arg::Span(a.clone()), &b, size);
        // The nearest multiple; for the cosine, the one below, and half of pi more.
        let halves = op(self, Alu::Multiply, &x, Arg::Float(FRAC_1_PI))?;
        let halves = if cosine { op(self, Alu::Subtract, &halves, Arg::Float(0.5))? } else { halves };
        let turns = self.cast(&halves, Dtype::I32)?;
        let odd = self.alu(Alu::And, Dtype::I32, &Arg::Span(turns.clone()), &Arg::Int(1), size)?;
        let turns = self.cast(&turns, Dtype::F32)?;
        let multiple = if cosine { op(self, Alu::Add, &turns, Arg::Float(0.5))? } else { turns };
        let mut rest = x;
        for part in PI_PARTS {
            let product = op(self, Alu::Multiply, &multiple, Arg::Float(part))?;
            rest = op(self, Alu::Subtract, &rest, product.into())?;
        }
        let sine = self.activation(Function::Sin, &rest, 1.0)?;
        // 1 for even multiples, -1 for odd ones; the cosine's is the other one.
        let (by, from) = if cosine { (2.0, -1.0) } else { (-2.0, 1.0) };
        let sign = op(self, Alu::Multiply, &odd, Arg::Float(by))?;
        let sign = op(self, Alu::Add, &sign, Arg::Float(from))?;
        let result = op(self, Alu::Multiply, &sine, sign.into())?;
        self.choose(&sound, &result.into(), &Arg::Float(f32::NAN), Dtype::F32)
    }

    /// Toward zero, as floats that are integers, or NaN.
    pub(super) fn truncated(&mut self, x: &Span, size: Size) -> Result<Span> {
        let magnitude = self.activation(Function::Abs, x, 1.0)?;
        let below = self.floor(&magnitude, size)?;
        let negative = self.alu(Alu::Less, Dtype::F32, &Arg::Span(x.clone()), &Arg::Float(0.0), size)?;
        let sign = self.alu(Alu::Multiply, Dtype::F32, &negative.into(), &Arg::Float(-2.0), size)?;
        let sign = self.alu(Alu::Add, Dtype::F32, &sign.into(), &Arg::Float(1.0), size)?;
        self.alu(Alu::Multiply, Dtype::F32, &below.into(), &sign.into(), size)
    }

    /// `left / right`: a product with the reciprocal.
    pub(super) fn quotient(&mut self, left: &Arg, right: &Arg, dtype: Dtype, size: Size) -> Result<Span> {
        let reciprocal = match right {
            Arg::Span(span) => {
                // One number for the row needs one reciprocal.
                let repeats = span.dims.iter().all(|dim| dim.0 == 0 || dim.1 == 1);
                let data = if repeats { Span { dims: vec![(1, 1)], ..span.clone() } } else { span.clone() };
                let dst = self.temp(Dtype::F32, size.parts, data.free());
                let mut spans = [dst.clone(), data];
                self.align(&mut spans)?;
                let [to, data] = spans;
                self.emit(Instr::Reciprocal { dst: to, data });
                Arg::Span(if repeats { Span { dims: vec![(0, size.free)], ..dst } } else { dst })
            }
            Arg::Float(x) => Arg::Float(1.0 / x),
            Arg::Int(_) => return self.broken("a quotient by an integer"),
        };
        match (left, &reciprocal) {
            (Arg::Float(x), Arg::Span(span))
                if *x == 1.0 && dtype == Dtype::F32 && span.dims.iter().all(|dim| dim.0 > 0) =>
            {
                Ok(span.clone())
            }
            (_, _) => self.alu(Alu::Multiply, dtype, left, &reciprocal, size),
        }
    }
}
