//! Bit tricks for operations that MLIR's arithmetic lacks.

use tile_ir::{BinaryOp, CastOp, OpKind, Type, Value};

use super::{Lifter, types};

impl Lifter<'_, '_> {
    /// Reverses the order of fields of `field` bits: 1 for bits, 8 for bytes. Neighbours of 1, 2, 4, .. bits are
    /// exchanged.
    pub(super) fn reverse(&mut self, value: Value, field: u32) -> Value {
        let ty = self.cfg.ty(value);
        let bits = ty.elem.bits() as u32;
        let mut value = value;
        let mut width = field;
        while width < bits {
            // Every other field of `width` bits.
            let pattern = u64::MAX / ((1_u64 << width) + 1);
            let mask = self.int(ty, types::canonical(pattern, bits));
            let by = self.int(ty, i64::from(width));
            let high = self.binary(BinaryOp::ShrU, value, by);
            let high = self.binary(BinaryOp::And, high, mask);
            let low = self.binary(BinaryOp::And, value, mask);
            let low = self.binary(BinaryOp::Shl, low, by);
            value = self.binary(BinaryOp::Or, high, low);
            width *= 2;
        }
        value
    }

    pub(super) fn copysign(&mut self, magnitude: Value, sign: Value) -> Value {
        let magnitude = self.op(OpKind::Cast(CastOp::Bitcast, magnitude), Type::I32);
        let sign = self.op(OpKind::Cast(CastOp::Bitcast, sign), Type::I32);
        let (low, high) = (self.int(Type::I32, i64::from(i32::MAX)), self.int(Type::I32, i64::from(i32::MIN)));
        let magnitude = self.binary(BinaryOp::And, magnitude, low);
        let sign = self.binary(BinaryOp::And, sign, high);
        let bits = self.binary(BinaryOp::Or, magnitude, sign);
        self.op(OpKind::Cast(CastOp::Bitcast, bits), Type::F32)
    }

    /// Every bit below the highest one is set.
    pub(super) fn smear(&mut self, value: Value) -> Value {
        let ty = self.cfg.ty(value);
        let mut value = value;
        let mut by = 1;
        while by < ty.elem.bits() as i64 {
            let amount = self.int(ty, by);
            let shifted = self.binary(BinaryOp::ShrU, value, amount);
            value = self.binary(BinaryOp::Or, value, shifted);
            by *= 2;
        }
        value
    }

    /// Number of set bits: sums of neighbouring fields of 1, 2 and 4 bits, then all bytes at once by a product.
    pub(super) fn count_ones(&mut self, value: Value) -> Value {
        let ty = self.cfg.ty(value);
        let repeat = |byte: u8| types::canonical(u64::from_ne_bytes([byte; 8]), ty.elem.bits() as u32);
        let field = |s: &mut Self, value: Value, by: i64, mask: u8| {
            let by = s.int(ty, by);
            let mask = s.int(ty, repeat(mask));
            let shifted = s.binary(BinaryOp::ShrU, value, by);
            s.binary(BinaryOp::And, shifted, mask)
        };
        let high = field(self, value, 1, 0x55);
        let pairs = self.binary(BinaryOp::Sub, value, high);
        let (low, high) = (field(self, pairs, 0, 0x33), field(self, pairs, 2, 0x33));
        let nibbles = self.binary(BinaryOp::Add, low, high);
        let (low, high) = (field(self, nibbles, 0, 0x0F), field(self, nibbles, 4, 0x0F));
        let bytes = self.binary(BinaryOp::Add, low, high);
        let ones = self.int(ty, repeat(1));
        let sum = self.binary(BinaryOp::Mul, bytes, ones);
        let top = self.int(ty, ty.elem.bits() as i64 - 8);
        self.binary(BinaryOp::ShrU, sum, top)
    }
}
