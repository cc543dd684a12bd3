//! 16-bit floats. In registers they are the `f32` of equal value; these conversions work on a scalar or on a vector.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F32X4, I32, I32X4};
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::Elem;

use super::Lower;
use super::chunk::Chunk;

/// The integer type of equal shape.
fn ints(ty: ir::Type) -> ir::Type {
    if ty == F32X4 || ty == I32X4 { I32X4 } else { I32 }
}

/// The float type of equal shape.
fn floats(ty: ir::Type) -> ir::Type {
    if ty == F32X4 || ty == I32X4 { F32X4 } else { F32 }
}

impl Lower<'_, '_> {
    /// `cond ? x : y` lane by lane; `cond` is what a comparison gives.
    pub(crate) fn choose(&mut self, cond: ir::Value, x: ir::Value, y: ir::Value) -> ir::Value {
        let ty = self.b.func.dfg.value_type(x);
        if ty.is_vector() {
            let mask = self.recast(ty, cond);
            self.b.ins().bitselect(mask, x, y)
        } else {
            self.b.ins().select(cond, x, y)
        }
    }

    fn shift_left(&mut self, x: ir::Value, by: i64) -> ir::Value {
        let by = self.b.ins().iconst(I32, by);
        self.b.ins().ishl(x, by)
    }

    fn shift_right(&mut self, x: ir::Value, by: i64) -> ir::Value {
        let by = self.b.ins().iconst(I32, by);
        self.b.ins().ushr(x, by)
    }

    /// The value of 16 bits in the low half of each lane.
    pub(crate) fn half_to_float(&mut self, elem: Elem, bits: ir::Value) -> ir::Value {
        let int = self.b.func.dfg.value_type(bits);
        let float = floats(int);
        if elem == Elem::Bf16 {
            let high = self.shift_left(bits, 16);
            return self.recast(float, high);
        }
        // The exponent moves by a multiplication with 2^112, which also makes subnormal numbers right.
        let magnitude_mask = self.int_const(int, 0x7fff);
        let magnitude = self.b.ins().band(bits, magnitude_mask);
        let shifted = self.shift_left(magnitude, 13);
        let small = self.recast(float, shifted);
        let scale = self.float_const(float, f32::from_bits((127 + 112) << 23));
        let scaled = self.b.ins().fmul(small, scale);
        let scaled = self.recast(int, scaled);
        let infinity = self.int_const(int, 0x7c00);
        let special = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, magnitude, infinity);
        let exponent = self.int_const(int, 0x7f80_0000);
        let not_finite = self.b.ins().bor(shifted, exponent);
        let finite_or_not = self.choose(special, not_finite, scaled);
        let sign_mask = self.int_const(int, 0x8000);
        let sign = self.b.ins().band(bits, sign_mask);
        let sign = self.shift_left(sign, 16);
        let all = self.b.ins().bor(finite_or_not, sign);
        self.recast(float, all)
    }

    /// The 16 bits (in the low half of each lane) of a value that the type holds exactly.
    pub(crate) fn float_to_half(&mut self, elem: Elem, value: ir::Value) -> ir::Value {
        let float = self.b.func.dfg.value_type(value);
        let int = ints(float);
        let bits = self.recast(int, value);
        if elem == Elem::Bf16 {
            return self.shift_right(bits, 16);
        }
        let magnitude_mask = self.int_const(int, 0x7fff_ffff);
        let magnitude = self.b.ins().band(bits, magnitude_mask);
        let absolute = self.recast(float, magnitude);
        let scale = self.float_const(float, f32::from_bits((127 - 112) << 23));
        let scaled = self.b.ins().fmul(absolute, scale);
        let scaled = self.recast(int, scaled);
        let finite = self.shift_right(scaled, 13);
        let infinity = self.int_const(int, 0x7f80_0000);
        let special = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, magnitude, infinity);
        let moved = self.shift_right(magnitude, 13);
        let low = self.int_const(int, 0x3ff);
        let payload = self.b.ins().band(moved, low);
        let exponent = self.int_const(int, 0x7c00);
        let not_finite = self.b.ins().bor(payload, exponent);
        let result = self.choose(special, not_finite, finite);
        let sign = self.shift_right(bits, 16);
        let sign_mask = self.int_const(int, 0x8000);
        let sign = self.b.ins().band(sign, sign_mask);
        self.b.ins().bor(result, sign)
    }

    /// Rounds to the precision of `elem`, to nearest even.
    pub(crate) fn round_to(&mut self, elem: Elem, chunk: &Chunk) -> Chunk {
        match elem {
            Elem::Bf16 => self.map(chunk, |this, part| this.round_bf16(part)),
            Elem::F16 => self.map(chunk, |this, part| this.round_f16(part)),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => chunk.clone(),
        }
    }

    /// `bits` rounded to a multiple of `2^drop`, to nearest even.
    fn round_bits(&mut self, bits: ir::Value, drop: u32) -> ir::Value {
        let int = self.b.func.dfg.value_type(bits);
        let shifted = self.shift_right(bits, i64::from(drop));
        let one = self.int_const(int, 1);
        let odd = self.b.ins().band(shifted, one);
        let half = self.int_const(int, (1 << (drop - 1)) - 1);
        let up = self.b.ins().iadd(bits, half);
        let up = self.b.ins().iadd(up, odd);
        let keep = self.int_const(int, u32::MAX << drop);
        self.b.ins().band(up, keep)
    }

    /// NaN with its payload cut to what `drop` bits less hold, and quiet.
    fn cut_nan(&mut self, bits: ir::Value, drop: u32) -> ir::Value {
        let int = self.b.func.dfg.value_type(bits);
        let keep = self.int_const(int, u32::MAX << drop);
        let cut = self.b.ins().band(bits, keep);
        let quiet = self.int_const(int, 0x0040_0000);
        self.b.ins().bor(cut, quiet)
    }

    fn round_bf16(&mut self, value: ir::Value) -> ir::Value {
        let float = self.b.func.dfg.value_type(value);
        let bits = self.recast(ints(float), value);
        let rounded = self.round_bits(bits, 16);
        let nan = self.cut_nan(bits, 16);
        let is_nan = self.b.ins().fcmp(FloatCC::Unordered, value, value);
        let result = self.choose(is_nan, nan, rounded);
        self.recast(float, result)
    }

    fn round_f16(&mut self, value: ir::Value) -> ir::Value {
        let float = self.b.func.dfg.value_type(value);
        let int = ints(float);
        let bits = self.recast(int, value);
        let magnitude_mask = self.int_const(int, 0x7fff_ffff);
        let magnitude = self.b.ins().band(bits, magnitude_mask);
        let sign_mask = self.int_const(int, 0x8000_0000);
        let sign = self.b.ins().band(bits, sign_mask);
        let normal = self.round_bits(magnitude, 13);
        // Below 2^-14 the spacing is 2^-24: adding and subtracting 0.5 rounds to it.
        let absolute = self.recast(float, magnitude);
        let half = self.float_const(float, 0.5);
        let up = self.b.ins().fadd(absolute, half);
        let subnormal = self.b.ins().fsub(up, half);
        let subnormal = self.recast(int, subnormal);
        let least_normal = self.int_const(int, (127 - 14) << 23);
        let is_subnormal = self.b.ins().icmp(IntCC::UnsignedLessThan, magnitude, least_normal);
        let finite = self.choose(is_subnormal, subnormal, normal);
        // 65520 and above round to infinity.
        let overflow = self.int_const(int, 65520.0_f32.to_bits());
        let is_large = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, magnitude, overflow);
        let infinity = self.int_const(int, 0x7f80_0000);
        let result = self.choose(is_large, infinity, finite);
        let nan = self.cut_nan(magnitude, 13);
        let is_nan = self.b.ins().fcmp(FloatCC::Unordered, value, value);
        let result = self.choose(is_nan, nan, result);
        let result = self.b.ins().bor(result, sign);
        self.recast(float, result)
    }
}
