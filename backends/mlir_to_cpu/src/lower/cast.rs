//! Conversions between element types.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F32X4, I32, I32X4, I64};
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{CastOp, Elem};

use super::Lower;
use super::chunk::Chunk;
use crate::caps::int_bits;
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Converts elements.
    pub(crate) fn cast(&mut self, op: CastOp, from: Elem, to: Elem, x: &Chunk) -> Chunk {
        match op {
            // A 16-bit float is already held as the f32 of equal value.
            CastOp::ExtF => x.clone(),
            CastOp::TruncF => self.round_to(to, x),
            CastOp::SIntToFp => self.int_to_float(true, from, to, x),
            CastOp::UIntToFp => self.int_to_float(false, from, to, x),
            CastOp::FpToSInt => self.float_to_int(true, to, x),
            CastOp::FpToUInt => self.float_to_int(false, to, x),
            CastOp::ExtS => self.int_to_int(true, from, to, x),
            CastOp::ExtU => self.int_to_int(false, from, to, x),
            CastOp::TruncI => self.int_to_int(true, from, to, x),
            CastOp::IndexS => self.int_to_int(true, from, to, x),
            CastOp::IndexU => self.int_to_int(false, from, to, x),
            CastOp::Bitcast => self.bitcast(from, to, x),
        }
    }

    /// Bools and bytes as 32-bit integers.
    fn widen(&mut self, signed: bool, from: Elem, x: &Chunk) -> Chunk {
        match from {
            Elem::I1 if x.lanes == 1 => self.map(x, |this, part| {
                let wide = this.b.ins().uextend(I32, part);
                if signed { this.b.ins().ineg(wide) } else { wide }
            }),
            Elem::I1 if signed => x.clone(),
            Elem::I1 => self.map(x, |this, part| {
                let one = this.int_const(I32X4, 1);
                this.b.ins().band(part, one)
            }),
            Elem::I8 if !signed => self.low_byte(x),
            Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => x.clone(),
        }
    }

    fn int_to_float(&mut self, signed: bool, from: Elem, to: Elem, x: &Chunk) -> Chunk {
        let wide = self.widen(signed, from, x);
        let result = if Reg::of(from) == Reg::Long {
            self.per_lane(Reg::Long, Reg::Float, &[&wide], |this, e| this.convert_to_float(signed, F32, e[0]))
        } else {
            let ty = if x.lanes == 1 { F32 } else { F32X4 };
            self.map(&wide, |this, part| this.convert_to_float(signed, ty, part))
        };
        self.round_to(to, &result)
    }

    fn convert_to_float(&mut self, signed: bool, ty: ir::Type, value: ir::Value) -> ir::Value {
        if signed { self.b.ins().fcvt_from_sint(ty, value) } else { self.b.ins().fcvt_from_uint(ty, value) }
    }

    fn float_to_int(&mut self, signed: bool, to: Elem, x: &Chunk) -> Chunk {
        let truncate = |this: &mut Self, ty: ir::Type, value: ir::Value| {
            if signed { this.b.ins().fcvt_to_sint_sat(ty, value) } else { this.b.ins().fcvt_to_uint_sat(ty, value) }
        };
        match to {
            Elem::I64 | Elem::Index => {
                return self.per_lane(Reg::Float, Reg::Long, &[x], |this, e| truncate(this, I64, e[0]));
            }
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::F32 | Elem::F16 | Elem::Bf16 => {}
        }
        let ty = if x.lanes == 1 { I32 } else { I32X4 };
        let ints = self.map(x, |this, part| truncate(this, ty, part));
        let (least, most) = match (to, signed) {
            (Elem::I8, true) => (-128, 127),
            (Elem::I8, false) => (0, 255),
            (_, _) => return ints,
        };
        let kept = self.map(&ints, |this, part| {
            let least = this.int_const(ty, least as u32);
            let most = this.int_const(ty, most as u32);
            // An unsigned result above the signed range must not look negative.
            let (below, above) = if signed {
                (IntCC::SignedLessThan, IntCC::SignedGreaterThan)
            } else {
                (IntCC::UnsignedLessThan, IntCC::UnsignedGreaterThan)
            };
            let low = this.b.ins().icmp(below, part, least);
            let part = this.choose(low, least, part);
            let high = this.b.ins().icmp(above, part, most);
            this.choose(high, most, part)
        });
        self.sign_extend_byte(&kept)
    }

    /// Integers as bools: their lowest bit.
    fn low_bit(&mut self, x: &Chunk) -> Chunk {
        self.map(x, |this, part| {
            let ty = this.b.func.dfg.value_type(part);
            let (one, zero) =
                if ty == I64 { (this.long(1), this.long(0)) } else { (this.int_const(ty, 1), this.int_const(ty, 0)) };
            let bit = this.b.ins().band(part, one);
            this.b.ins().icmp(IntCC::NotEqual, bit, zero)
        })
    }

    fn int_to_int(&mut self, signed: bool, from: Elem, to: Elem, x: &Chunk) -> Chunk {
        if Reg::of(from) == Reg::of(to) && int_bits(from) <= int_bits(to) {
            return self.widen(signed, from, x);
        }
        match (Reg::of(from), Reg::of(to)) {
            (Reg::Long, Reg::Bool) => {
                self.per_lane(Reg::Long, Reg::Bool, &[x], |this, e| this.low_bit(&Chunk::one(e[0])).parts[0])
            }
            (Reg::Long, _) => {
                let ints = self.per_lane(Reg::Long, Reg::Int, &[x], |this, e| this.b.ins().ireduce(I32, e[0]));
                if to == Elem::I8 { self.sign_extend_byte(&ints) } else { ints }
            }
            (_, Reg::Long) => {
                let wide = self.widen(signed, from, x);
                self.per_lane(Reg::Int, Reg::Long, &[&wide], |this, e| {
                    if signed { this.b.ins().sextend(I64, e[0]) } else { this.b.ins().uextend(I64, e[0]) }
                })
            }
            (_, Reg::Bool) => self.low_bit(x),
            (_, _) => {
                let wide = self.widen(signed, from, x);
                if to == Elem::I8 { self.sign_extend_byte(&wide) } else { wide }
            }
        }
    }

    fn bitcast(&mut self, from: Elem, to: Elem, x: &Chunk) -> Chunk {
        if from == to {
            return x.clone();
        }
        match (Reg::of(from), Reg::of(to)) {
            (Reg::Float, Reg::Float) => self.map(x, |this, part| {
                let bits = this.float_to_half(from, part);
                this.half_to_float(to, bits)
            }),
            (Reg::Float, Reg::Int) => {
                let ty = if x.lanes == 1 { I32 } else { I32X4 };
                self.map(x, |this, part| this.recast(ty, part))
            }
            (Reg::Int, Reg::Float) => {
                let ty = if x.lanes == 1 { F32 } else { F32X4 };
                self.map(x, |this, part| this.recast(ty, part))
            }
            (_, _) => x.clone(),
        }
    }
}
