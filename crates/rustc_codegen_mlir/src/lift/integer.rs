//! Integer arithmetic, comparisons and conversions.

use tile_ir::{BinaryOp, CastOp, Elem, OpKind, Predicate, Type, Value};

use super::types::{carrier, exact};
use super::{Lifter, Lifting, types};
use crate::errors::Problem;
use crate::llvm::{IntPredicate, Op, Value as LlvmValue};

impl<'m> Lifter<'_, 'm> {
    /// A binary operation on two scalars of one type.
    pub(super) fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        let ty = self.cfg.ty(a);
        self.op(OpKind::Binary(op, a, b), ty)
    }

    pub(super) fn compare(&mut self, predicate: Predicate, a: Value, b: Value) -> Value {
        let ty = self.cfg.ty(a).with_elem(Elem::I1);
        self.op(OpKind::Compare(predicate, a, b), ty)
    }

    /// Clears the bits above `bits` of a carried integer.
    pub(super) fn trim(&mut self, value: Value, bits: u32) -> Value {
        if exact(bits) {
            return value;
        }
        let mask = self.int(self.cfg.ty(value), (1_i64 << bits) - 1);
        self.binary(BinaryOp::And, value, mask)
    }

    /// The value of a carried integer read as signed.
    pub(super) fn signed(&mut self, value: Value, bits: u32) -> Value {
        if exact(bits) {
            return value;
        }
        let ty = self.cfg.ty(value);
        let shift = self.int(ty, ty.elem.bits() as i64 - i64::from(bits));
        let high = self.binary(BinaryOp::Shl, value, shift);
        self.binary(BinaryOp::ShrS, high, shift)
    }

    /// A shift amount that is sure to be below the width, as machines do it: LLVM computes shifts whose result is not
    /// used where the amount is too large.
    fn amount(&mut self, amount: Value, bits: u32) -> Value {
        if self.cfg.integer(amount).is_some_and(|n| (0..i64::from(bits)).contains(&n)) {
            return amount;
        }
        let ty = self.cfg.ty(amount);
        let mask = self.int(ty, i64::from(bits.next_power_of_two().min(ty.elem.bits() as u32)) - 1);
        self.binary(BinaryOp::And, amount, mask)
    }

    pub(super) fn integer(&mut self, inst: LlvmValue<'m>, opcode: Op) -> Lifting<Value> {
        let bits = inst.int_width();
        types::scalar(inst)?;
        let operands = inst.operands();
        let (a, b) = (self.value(operands[0])?, self.value(operands[1])?);
        if bits == 1 {
            return self.truth(a, b, opcode);
        }
        Ok(match opcode {
            Op::LLVMAdd => {
                let sum = self.binary(BinaryOp::Add, a, b);
                self.trim(sum, bits)
            }
            Op::LLVMSub => {
                let difference = self.binary(BinaryOp::Sub, a, b);
                self.trim(difference, bits)
            }
            Op::LLVMMul => {
                let product = self.binary(BinaryOp::Mul, a, b);
                self.trim(product, bits)
            }
            Op::LLVMShl => {
                // A constant shift is LLVM's way to multiply; products are what index analysis reads.
                let by = self.cfg.integer(b).filter(|n| (0..i64::from(bits.min(62))).contains(n));
                let shifted = match by {
                    Some(by) => {
                        let factor = self.int(self.cfg.ty(a), types::canonical(1 << by, carrier_bits(bits)));
                        self.binary(BinaryOp::Mul, a, factor)
                    }
                    None => {
                        let by = self.amount(b, bits);
                        self.binary(BinaryOp::Shl, a, by)
                    }
                };
                self.trim(shifted, bits)
            }
            Op::LLVMLShr => {
                let by = self.amount(b, bits);
                self.binary(BinaryOp::ShrU, a, by)
            }
            Op::LLVMAShr => {
                let (a, by) = (self.signed(a, bits), self.amount(b, bits));
                let shifted = self.binary(BinaryOp::ShrS, a, by);
                self.trim(shifted, bits)
            }
            Op::LLVMUDiv => self.binary(BinaryOp::DivU, a, b),
            Op::LLVMURem => self.binary(BinaryOp::RemU, a, b),
            Op::LLVMSDiv | Op::LLVMSRem => {
                let op = if opcode == Op::LLVMSDiv { BinaryOp::DivS } else { BinaryOp::RemS };
                let (a, b) = (self.signed(a, bits), self.signed(b, bits));
                let result = self.binary(op, a, b);
                self.trim(result, bits)
            }
            Op::LLVMAnd => self.binary(BinaryOp::And, a, b),
            // Without common bits it is a sum, which index analysis reads.
            Op::LLVMOr if inst.is_disjoint() => self.binary(BinaryOp::Add, a, b),
            Op::LLVMOr => self.binary(BinaryOp::Or, a, b),
            Op::LLVMXor => self.binary(BinaryOp::Xor, a, b),
            _ => {
                return Err(Some(Problem::ValueType { text: inst.type_text() }));
            }
        })
    }

    /// Arithmetic on truth values.
    fn truth(&mut self, a: Value, b: Value, opcode: Op) -> Lifting<Value> {
        Ok(match opcode {
            Op::LLVMAnd | Op::LLVMMul => self.binary(BinaryOp::And, a, b),
            Op::LLVMOr => self.binary(BinaryOp::Or, a, b),
            Op::LLVMXor | Op::LLVMAdd | Op::LLVMSub => self.binary(BinaryOp::Xor, a, b),
            // Shifting by one, or dividing by zero, is undefined: the other operand is known.
            Op::LLVMShl | Op::LLVMLShr | Op::LLVMAShr | Op::LLVMUDiv | Op::LLVMSDiv => a,
            _ => self.int(Type::BOOL, 0),
        })
    }

    pub(super) fn integer_compare(&mut self, inst: LlvmValue<'m>) -> Lifting<Value> {
        let operands = inst.operands();
        types::scalar(operands[0])?;
        let bits = operands[0].int_width();
        let (mut a, mut b) = (self.value(operands[0])?, self.value(operands[1])?);
        let predicate = match inst.int_predicate() {
            IntPredicate::LLVMIntEQ => Predicate::IEq,
            IntPredicate::LLVMIntNE => Predicate::INe,
            IntPredicate::LLVMIntUGT => Predicate::UGt,
            IntPredicate::LLVMIntUGE => Predicate::UGe,
            IntPredicate::LLVMIntULT => Predicate::ULt,
            IntPredicate::LLVMIntULE => Predicate::ULe,
            IntPredicate::LLVMIntSGT => Predicate::SGt,
            IntPredicate::LLVMIntSGE => Predicate::SGe,
            IntPredicate::LLVMIntSLT => Predicate::SLt,
            IntPredicate::LLVMIntSLE => Predicate::SLe,
        };
        if matches!(predicate, Predicate::SGt | Predicate::SGe | Predicate::SLt | Predicate::SLe) {
            (a, b) = (self.signed(a, bits), self.signed(b, bits));
        }
        Ok(self.compare(predicate, a, b))
    }

    pub(super) fn integer_cast(&mut self, inst: LlvmValue<'m>, opcode: Op) -> Lifting<Value> {
        let operand = inst.operands()[0];
        let (from, to) = (operand.int_width(), inst.int_width());
        let ty = types::scalar(inst)?;
        types::scalar(operand)?;
        let value = self.value(operand)?;
        Ok(match opcode {
            Op::LLVMZExt => self.resize(value, ty, CastOp::ExtU),
            Op::LLVMSExt => {
                let value = self.signed(value, from);
                let wide = self.resize(value, ty, CastOp::ExtS);
                self.trim(wide, to)
            }
            _ => {
                let narrow = self.resize(value, ty, CastOp::TruncI);
                self.trim(narrow, to)
            }
        })
    }

    fn resize(&mut self, value: Value, ty: Type, cast: CastOp) -> Value {
        if self.cfg.ty(value) == ty { value } else { self.op(OpKind::Cast(cast, value), ty) }
    }
}

/// Bits of the type that carries integers of this width.
fn carrier_bits(bits: u32) -> u32 {
    carrier(bits).bits() as u32
}
