//! Exponential function and logarithm of f32.

use spirv::{GlslStd450Op as GLOp, Op};

use super::Printer;
use crate::asm::{Id, Ty};

/// ln 2 in two parts, the first of 9 bits, so that its products with small integers are exact.
const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// Bits of sqrt(1/2).
const HALF_ROOT: u32 = 0x3f35_04f3;

/// Bits of infinity.
const INFINITY: u32 = 0x7f80_0000;

impl Printer<'_> {
    /// `e^x = 2^n * e^r` with `n` the nearest integer to `x / ln 2`.
    pub(super) fn exp(&mut self, x: Id) -> Id {
        self.call("exp", (Ty::Float, &[Ty::Float]), &[x], |printer, args| printer.exp_body(args[0]))
    }

    fn exp_body(&mut self, x: Id) -> Id {
        // Outside, the result is infinite or zero.
        let (least, most) = (self.module.float(-104.0), self.module.float(89.0));
        let held = self.glsl(GLOp::NMin, Ty::Float, &[x, most]);
        let held = self.glsl(GLOp::NMax, Ty::Float, &[held, least]);
        let per_power = self.module.float(std::f32::consts::LOG2_E);
        let powers = self.float_op(Op::FMul, &[held, per_power]);
        let powers = self.glsl(GLOp::RoundEven, Ty::Float, &[powers]);
        let mut rest = held;
        for part in LN2 {
            let part = self.module.float(-part);
            rest = self.fma(powers, part, rest);
        }
        let series =
            self.horner(rest, &[1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5]);
        let square = self.float_op(Op::FMul, &[rest, rest]);
        let above = self.fma(series, square, rest);
        let one = self.module.float(1.0);
        let mut result = self.float_op(Op::FAdd, &[above, one]);
        // In two steps, since 2^n may be no normal number.
        let count = self.op(Op::ConvertFToS, Ty::Uint, &[powers]);
        let (bit, bias) = (self.module.uint(1), self.module.uint(127));
        let half = self.op(Op::ShiftRightArithmetic, Ty::Uint, &[count, bit]);
        let other = self.op(Op::ISub, Ty::Uint, &[count, half]);
        for power in [half, other] {
            let exponent = self.op(Op::IAdd, Ty::Uint, &[power, bias]);
            let bits = self.shifted_left(exponent, 23);
            let factor = self.op(Op::Bitcast, Ty::Float, &[bits]);
            result = self.float_op(Op::FMul, &[result, factor]);
        }
        let is_nan = self.op(Op::IsNan, Ty::Bool, &[x]);
        self.choose(Ty::Float, is_nan, x, result)
    }

    /// `ln x = e * ln 2 + ln(1 + f)` with `1 + f` between the roots of 1/2 and 2.
    pub(super) fn log(&mut self, x: Id) -> Id {
        self.call("log", (Ty::Float, &[Ty::Float]), &[x], |printer, args| printer.log_body(args[0]))
    }

    fn log_body(&mut self, x: Id) -> Id {
        let bits = self.op(Op::Bitcast, Ty::Uint, &[x]);
        // Denormal numbers count units of 2^-149.
        let (normal, unit) = (self.module.uint(0x0080_0000), self.module.uint(149));
        let zero = self.module.uint(0);
        let tiny = self.op(Op::ULessThan, Ty::Bool, &[bits, normal]);
        let count = self.op(Op::ConvertUToF, Ty::Float, &[bits]);
        let count = self.op(Op::Bitcast, Ty::Uint, &[count]);
        let scaled = self.choose(Ty::Uint, tiny, count, bits);
        let scale = self.choose(Ty::Uint, tiny, unit, zero);
        let root = self.module.uint(HALF_ROOT);
        let above = self.op(Op::ISub, Ty::Uint, &[scaled, root]);
        let places = self.module.uint(23);
        let exponent = self.op(Op::ShiftRightArithmetic, Ty::Uint, &[above, places]);
        let exponent = self.op(Op::ISub, Ty::Uint, &[exponent, scale]);
        let exponent = self.op(Op::ConvertSToF, Ty::Float, &[exponent]);
        let fraction = self.bit_field(above, 0, 23);
        let fraction = self.op(Op::IAdd, Ty::Uint, &[fraction, root]);
        let fraction = self.op(Op::Bitcast, Ty::Float, &[fraction]);
        let one = self.module.float(1.0);
        let f = self.float_op(Op::FSub, &[fraction, one]);
        let square = self.float_op(Op::FMul, &[f, f]);
        let series = self.horner(
            f,
            &[
                7.037_683_6e-2,
                -0.115_146_1,
                0.116_769_98,
                -0.124_201_41,
                0.142_493_23,
                -0.166_680_58,
                0.200_007_15,
                -0.249_999_94,
                0.333_333_3,
            ],
        );
        let cubic = self.float_op(Op::FMul, &[series, f]);
        let [ln2, ln2_low] = LN2.map(|part| self.module.float(part));
        let low = self.float_op(Op::FMul, &[exponent, ln2_low]);
        let half = self.module.float(-0.5);
        let sum = self.fma(cubic, square, low);
        let sum = self.fma(half, square, sum);
        let sum = self.float_op(Op::FAdd, &[sum, f]);
        let result = self.fma(exponent, ln2, sum);
        self.log_special(bits, result)
    }

    /// Infinity stays, zeros give its negative, negative numbers give no number.
    fn log_special(&mut self, bits: Id, result: Id) -> Id {
        let (infinity, minus, nan) =
            (self.module.float(f32::INFINITY), self.module.float(f32::NEG_INFINITY), self.module.float(f32::NAN));
        let (infinite, mask, zero) = (self.module.uint(INFINITY), self.module.uint(0x7fff_ffff), self.module.uint(0));
        let no_number = self.op(Op::UGreaterThan, Ty::Bool, &[bits, infinite]);
        let result = self.choose(Ty::Float, no_number, nan, result);
        let is_infinite = self.op(Op::IEqual, Ty::Bool, &[bits, infinite]);
        let result = self.choose(Ty::Float, is_infinite, infinity, result);
        let magnitude = self.op(Op::BitwiseAnd, Ty::Uint, &[bits, mask]);
        let is_zero = self.op(Op::IEqual, Ty::Bool, &[magnitude, zero]);
        self.choose(Ty::Float, is_zero, minus, result)
    }
}
