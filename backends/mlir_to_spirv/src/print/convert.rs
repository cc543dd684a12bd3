//! Conversions.

use lower_simt::ir::{Convert, Expr, Scalar};
use spirv::Op;
use tile_ir::Elem;

use super::Printer;
use crate::asm::{Id, Ty};
use crate::types::register;

impl Printer<'_> {
    pub(super) fn convert(&mut self, convert: Convert, x: &Expr) -> Id {
        let from = x.scalar(self.kernel);
        let is_int = |scalar: Scalar| scalar != Scalar::F32;
        let fits = match convert {
            Convert::Round(elem) => from == Scalar::F32 && elem.is_float(),
            Convert::SignedToFloat | Convert::UnsignedToFloat => is_int(from),
            Convert::FloatToSigned(to) | Convert::FloatToUnsigned(to) => from == Scalar::F32 && is_int(to),
            Convert::SignExtend(to) | Convert::ZeroExtend(to) => is_int(from) && is_int(to) && from.bits() < to.bits(),
            Convert::Truncate(to) => is_int(from) && is_int(to) && from.bits() > to.bits(),
            Convert::Bits(to) => matches!((from, to), (Scalar::F32, Scalar::I32) | (Scalar::I32, Scalar::F32)),
        };
        let x = self.expr(x);
        if !fits {
            return self.no_value(format!("conversion {convert:?} of {from:?}"));
        }
        match convert {
            Convert::Round(elem) => self.round(elem, x),
            Convert::SignedToFloat => self.int_to_float(Op::ConvertSToF, -1.0, from, x),
            Convert::UnsignedToFloat => self.int_to_float(Op::ConvertUToF, 1.0, from, x),
            Convert::FloatToSigned(to) => self.float_to_int(Op::ConvertFToS, to, x),
            Convert::FloatToUnsigned(to) => self.float_to_int(Op::ConvertFToU, to, x),
            Convert::SignExtend(to) => self.extend(true, from, to, x),
            Convert::ZeroExtend(to) => self.extend(false, from, to, x),
            Convert::Truncate(to) => self.truncate(from, to, x),
            Convert::Bits(to) => self.op(Op::Bitcast, register(to), &[x]),
        }
    }

    /// `truth` is what a bit that is set means.
    fn int_to_float(&mut self, op: Op, truth: f32, from: Scalar, x: Id) -> Id {
        let x = match from {
            Scalar::Bool => {
                let (truth, zero) = (self.module.float(truth), self.module.float(0.0));
                return self.choose(Ty::Float, x, truth, zero);
            }
            Scalar::I8 if op == Op::ConvertSToF => self.sign_extend_byte(x),
            Scalar::I8 | Scalar::I32 | Scalar::I64 | Scalar::F32 => x,
        };
        self.op(op, Ty::Float, &[x])
    }

    /// Toward zero; narrow results keep the low bits of 32.
    fn float_to_int(&mut self, op: Op, to: Scalar, x: Id) -> Id {
        match to {
            Scalar::I64 => self.op(op, Ty::Ulong, &[x]),
            Scalar::I32 | Scalar::F32 => self.op(op, Ty::Uint, &[x]),
            Scalar::I8 => {
                let word = self.op(op, Ty::Uint, &[x]);
                self.low_byte(word)
            }
            Scalar::Bool => {
                let word = self.op(op, Ty::Uint, &[x]);
                self.low_bit(Scalar::I32, word)
            }
        }
    }

    fn low_bit(&mut self, from: Scalar, x: Id) -> Id {
        let (one, zero) = (self.int(from, 1), self.int(from, 0));
        let bit = self.op(Op::BitwiseAnd, register(from), &[x, one]);
        self.op(Op::INotEqual, Ty::Bool, &[bit, zero])
    }

    fn extend(&mut self, signed: bool, from: Scalar, to: Scalar, x: Id) -> Id {
        match (from, to) {
            (Scalar::Bool, _) => {
                let (all, zero) = (if signed { u64::MAX >> (64 - to.bits()) } else { 1 }, self.int(to, 0));
                let all = self.int(to, all);
                self.choose(register(to), x, all, zero)
            }
            (Scalar::I8, Scalar::I64) => {
                let word = if signed { self.sign_extend_byte(x) } else { x };
                self.op(if signed { Op::SConvert } else { Op::UConvert }, Ty::Ulong, &[word])
            }
            (_, Scalar::I64) => self.op(if signed { Op::SConvert } else { Op::UConvert }, Ty::Ulong, &[x]),
            (Scalar::I8, _) if signed => self.sign_extend_byte(x),
            (Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64, _) => x,
        }
    }

    fn truncate(&mut self, from: Scalar, to: Scalar, x: Id) -> Id {
        if to == Scalar::Bool {
            return self.low_bit(from, x);
        }
        let word = if from == Scalar::I64 { self.op(Op::UConvert, Ty::Uint, &[x]) } else { x };
        if to == Scalar::I8 { self.low_byte(word) } else { word }
    }

    fn round(&mut self, elem: Elem, x: Id) -> Id {
        if elem == Elem::F32 {
            return x;
        }
        let bits = self.narrow(elem, x);
        self.widen(elem, bits)
    }
}
