//! Conversions between f32 and the bits of 16-bit floats, held in a word; to nearest even.

use spirv::Op;
use tile_ir::Elem;

use super::Printer;
use crate::asm::{Id, Ty};

impl Printer<'_> {
    /// What an element of type `f16` or `bf16` is as f32.
    pub(super) fn widen(&mut self, elem: Elem, bits: Id) -> Id {
        if elem == Elem::F16 {
            return self
                .call("from_f16", (Ty::Float, &[Ty::Uint]), &[bits], |printer, args| printer.widen_half(args[0]));
        }
        let high = self.shifted_left(bits, 16);
        self.op(Op::Bitcast, Ty::Float, &[high])
    }

    /// f32 to an element of type `f16` or `bf16`.
    pub(super) fn narrow(&mut self, elem: Elem, x: Id) -> Id {
        if elem == Elem::F16 {
            self.call("to_f16", (Ty::Uint, &[Ty::Float]), &[x], |printer, args| printer.narrow_half(args[0]))
        } else {
            self.call("to_bf16", (Ty::Uint, &[Ty::Float]), &[x], |printer, args| printer.narrow_bfloat(args[0]))
        }
    }

    /// Adding just below half of the last place carries into the result where it must; NaN stays one.
    fn narrow_bfloat(&mut self, x: Id) -> Id {
        let bits = self.op(Op::Bitcast, Ty::Uint, &[x]);
        let last = self.bit_field(bits, 16, 1);
        let half = self.module.uint(0x7fff);
        let sum = self.op(Op::IAdd, Ty::Uint, &[bits, half]);
        let rounded = self.op(Op::IAdd, Ty::Uint, &[sum, last]);
        let quiet = self.module.uint(0x40_0000);
        let nan = self.op(Op::BitwiseOr, Ty::Uint, &[bits, quiet]);
        let is_nan = self.op(Op::IsNan, Ty::Bool, &[x]);
        let chosen = self.choose(Ty::Uint, is_nan, nan, rounded);
        self.shifted_right(chosen, 16)
    }

    /// The exponent gets f32's bias; numbers below 2^-14 count units of 2^-24.
    fn widen_half(&mut self, bits: Id) -> Id {
        let (exponent, fraction) = (self.bit_field(bits, 10, 5), self.bit_field(bits, 0, 10));
        let (most, zero) = (self.module.uint(31), self.module.uint(0));
        let special = self.op(Op::IEqual, Ty::Bool, &[exponent, most]);
        let (bias, all) = (self.module.uint(112), self.module.uint(255));
        let wide = self.op(Op::IAdd, Ty::Uint, &[exponent, bias]);
        let wide = self.choose(Ty::Uint, special, all, wide);
        let wide = self.shifted_left(wide, 23);
        let low = self.shifted_left(fraction, 13);
        let normal = self.op(Op::BitwiseOr, Ty::Uint, &[wide, low]);
        let unit = self.module.float(f32::from_bits(0x3380_0000));
        let count = self.op(Op::ConvertUToF, Ty::Float, &[fraction]);
        let small = self.float_op(Op::FMul, &[count, unit]);
        let small = self.op(Op::Bitcast, Ty::Uint, &[small]);
        let is_small = self.op(Op::IEqual, Ty::Bool, &[exponent, zero]);
        let magnitude = self.choose(Ty::Uint, is_small, small, normal);
        let sign = self.bit_field(bits, 15, 1);
        let sign = self.shifted_left(sign, 31);
        let whole = self.op(Op::BitwiseOr, Ty::Uint, &[sign, magnitude]);
        self.op(Op::Bitcast, Ty::Float, &[whole])
    }

    /// Three ranges: numbers that count units of 2^-24, which adding 0.5 rounds to; normal ones; infinity and NaN.
    fn narrow_half(&mut self, x: Id) -> Id {
        let bits = self.op(Op::Bitcast, Ty::Uint, &[x]);
        let mask = self.module.uint(0x7fff_ffff);
        let magnitude = self.op(Op::BitwiseAnd, Ty::Uint, &[bits, mask]);
        // Normal.
        let last = self.bit_field(magnitude, 13, 1);
        let (half, bias) = (self.module.uint(0xfff), self.module.uint(112 << 23));
        let sum = self.op(Op::IAdd, Ty::Uint, &[magnitude, half]);
        let sum = self.op(Op::IAdd, Ty::Uint, &[sum, last]);
        let normal = self.op(Op::ISub, Ty::Uint, &[sum, bias]);
        let normal = self.shifted_right(normal, 13);
        // Small.
        let (point, units) = (self.module.float(0.5), self.module.uint(0x3f00_0000));
        let number = self.op(Op::Bitcast, Ty::Float, &[magnitude]);
        let shifted = self.float_op(Op::FAdd, &[number, point]);
        let shifted = self.op(Op::Bitcast, Ty::Uint, &[shifted]);
        let small = self.op(Op::ISub, Ty::Uint, &[shifted, units]);
        let (least, most, infinite) =
            (self.module.uint(0x3880_0000), self.module.uint(0x477f_f000), self.module.uint(0x7f80_0000));
        let is_small = self.op(Op::ULessThan, Ty::Bool, &[magnitude, least]);
        let result = self.choose(Ty::Uint, is_small, small, normal);
        // Too large, and no number.
        let (infinity, nan) = (self.module.uint(0x7c00), self.module.uint(0x7e00));
        let is_large = self.op(Op::UGreaterThanEqual, Ty::Bool, &[magnitude, most]);
        let result = self.choose(Ty::Uint, is_large, infinity, result);
        let is_nan = self.op(Op::UGreaterThan, Ty::Bool, &[magnitude, infinite]);
        let result = self.choose(Ty::Uint, is_nan, nan, result);
        let sign = self.bit_field(bits, 31, 1);
        let sign = self.shifted_left(sign, 15);
        self.op(Op::BitwiseOr, Ty::Uint, &[sign, result])
    }

    pub(super) fn shifted_left(&mut self, x: Id, by: u32) -> Id {
        let by = self.module.uint(by);
        self.op(Op::ShiftLeftLogical, Ty::Uint, &[x, by])
    }

    pub(super) fn shifted_right(&mut self, x: Id, by: u32) -> Id {
        let by = self.module.uint(by);
        self.op(Op::ShiftRightLogical, Ty::Uint, &[x, by])
    }

    /// Bits `first` to `first + count - 1`.
    pub(super) fn bit_field(&mut self, x: Id, first: u32, count: u32) -> Id {
        let low = if first == 0 { x } else { self.shifted_right(x, first) };
        if first + count == 32 {
            return low;
        }
        let mask = self.module.uint((1 << count) - 1);
        self.op(Op::BitwiseAnd, Ty::Uint, &[low, mask])
    }
}
