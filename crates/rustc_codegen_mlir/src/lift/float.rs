//! Float arithmetic, comparisons and conversions on scalars.

use tile_ir::{BinaryOp, CastOp, Elem, OpKind, Predicate, Type, UnaryOp, Value};

use super::{Lifter, Lifting, types};
use crate::errors::Problem;
use crate::llvm::{FloatPredicate, Op, Value as LlvmValue};

impl<'m> Lifter<'_, 'm> {
    pub(super) fn unary(&mut self, op: UnaryOp, value: Value) -> Value {
        let ty = self.cfg.ty(value);
        self.op(OpKind::Unary(op, value), ty)
    }

    pub(super) fn not(&mut self, cond: Value) -> Value {
        let truth = self.int(self.cfg.ty(cond), 1);
        self.binary(BinaryOp::Xor, cond, truth)
    }

    pub(super) fn float_op(&mut self, inst: LlvmValue<'m>, opcode: Op) -> Lifting<Value> {
        types::scalar(inst)?;
        let operands = inst.operands();
        let a = self.value(operands[0])?;
        if opcode == Op::LLVMFNeg {
            return Ok(self.unary(UnaryOp::Neg, a));
        }
        let b = self.value(operands[1])?;
        let op = match opcode {
            Op::LLVMFAdd => BinaryOp::Add,
            Op::LLVMFSub => BinaryOp::Sub,
            Op::LLVMFMul => BinaryOp::Mul,
            Op::LLVMFDiv => BinaryOp::DivF,
            _ => {
                return Err(Some(Problem::Operation { name: "remainder of floats".into() }));
            }
        };
        Ok(self.binary(op, a, b))
    }

    /// Ordered comparisons map to one operation each; of the others only `une` does.
    pub(super) fn float_compare(&mut self, inst: LlvmValue<'m>) -> Lifting<Value> {
        let operands = inst.operands();
        types::scalar(operands[0])?;
        let (a, b) = (self.value(operands[0])?, self.value(operands[1])?);
        use FloatPredicate as P;
        Ok(match inst.float_predicate() {
            P::LLVMRealOEQ => self.compare(Predicate::FEq, a, b),
            P::LLVMRealUNE => self.compare(Predicate::FNe, a, b),
            P::LLVMRealOLT => self.compare(Predicate::FLt, a, b),
            P::LLVMRealOLE => self.compare(Predicate::FLe, a, b),
            P::LLVMRealOGT => self.compare(Predicate::FGt, a, b),
            P::LLVMRealOGE => self.compare(Predicate::FGe, a, b),
            P::LLVMRealULT => self.unless(Predicate::FGe, a, b),
            P::LLVMRealULE => self.unless(Predicate::FGt, a, b),
            P::LLVMRealUGT => self.unless(Predicate::FLe, a, b),
            P::LLVMRealUGE => self.unless(Predicate::FLt, a, b),
            P::LLVMRealONE => self.differs(a, b),
            P::LLVMRealUEQ => {
                let differs = self.differs(a, b);
                self.not(differs)
            }
            P::LLVMRealORD => self.both(Predicate::FEq, BinaryOp::And, a, b),
            P::LLVMRealUNO => self.both(Predicate::FNe, BinaryOp::Or, a, b),
            P::LLVMRealPredicateFalse => self.int(Type::BOOL, 0),
            P::LLVMRealPredicateTrue => self.int(Type::BOOL, 1),
        })
    }

    fn unless(&mut self, predicate: Predicate, a: Value, b: Value) -> Value {
        let holds = self.compare(predicate, a, b);
        self.not(holds)
    }

    /// Neither equal nor NaN.
    fn differs(&mut self, a: Value, b: Value) -> Value {
        let less = self.compare(Predicate::FLt, a, b);
        let more = self.compare(Predicate::FGt, a, b);
        self.binary(BinaryOp::Or, less, more)
    }

    /// Each operand compared with itself: a NaN test.
    fn both(&mut self, predicate: Predicate, join: BinaryOp, a: Value, b: Value) -> Value {
        let first = self.compare(predicate, a, a);
        if a == b || self.cfg.number(b).is_some() {
            return first;
        }
        let second = self.compare(predicate, b, b);
        self.binary(join, first, second)
    }

    pub(super) fn float_cast(&mut self, inst: LlvmValue<'m>, opcode: Op) -> Lifting<Value> {
        let operand = inst.operands()[0];
        let ty = types::scalar(inst)?;
        types::scalar(operand)?;
        let value = self.value(operand)?;
        Ok(match opcode {
            Op::LLVMUIToFP => self.op(OpKind::Cast(CastOp::UIntToFp, value), ty),
            Op::LLVMSIToFP => {
                let value = self.signed(value, operand.int_width());
                self.op(OpKind::Cast(CastOp::SIntToFp, value), ty)
            }
            Op::LLVMFPToUI => self.op(OpKind::Cast(CastOp::FpToUInt, value), ty),
            Op::LLVMFPToSI => self.op(OpKind::Cast(CastOp::FpToSInt, value), ty),
            // Between floats: only `f32` is left, and it needs no conversion.
            _ => value,
        })
    }

    /// `x as u32` and its like: toward zero, clamped to the type's range, NaN to 0.
    pub(super) fn saturating_cast(&mut self, inst: LlvmValue<'m>, value: Value, signed: bool) -> Lifting<Value> {
        let ty = types::scalar(inst)?;
        let bits = match ty.elem {
            Elem::I8 => 8,
            Elem::I32 => 32,
            Elem::I64 => 64,
            Elem::I1 | Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::Index => {
                return Err(Some(Problem::ValueType { text: inst.type_text() }));
            }
        };
        if inst.int_width() != bits {
            return self.saturating_narrow(inst.int_width(), ty, value, signed);
        }
        // 2^bits (or half of it) is exact as f32, and so is the float below it.
        let end = if signed { 2_f32.powi(bits as i32 - 1) } else { 2_f32.powi(bits as i32) };
        let first = if signed { -end } else { 0.0 };
        let (cast, most) = if signed {
            (CastOp::FpToSInt, types::canonical(u64::MAX >> 1 >> (64 - bits), bits))
        } else {
            (CastOp::FpToUInt, -1)
        };
        let clamped = self.clamp(value, first, end.next_down());
        let inside = self.op(OpKind::Cast(cast, clamped), ty);
        let end = self.float(Type::F32, end);
        let above = self.compare(Predicate::FGe, value, end);
        let most = self.int(ty, most);
        let result = self.op(OpKind::Select { cond: above, on_true: most, on_false: inside }, ty);
        Ok(if signed { self.zero_if_nan(value, result) } else { result })
    }

    /// The same for a width that a wider type carries: its bounds are exact floats.
    fn saturating_narrow(&mut self, bits: u32, ty: Type, value: Value, signed: bool) -> Lifting<Value> {
        if bits > 24 {
            return Err(Some(Problem::WideInteger { bits }));
        }
        let half = 2_f32.powi(bits as i32 - 1);
        let (first, last) = if signed { (-half, half - 1.0) } else { (0.0, 2.0 * half - 1.0) };
        let clamped = self.clamp(value, first, last);
        let inside = self.op(OpKind::Cast(CastOp::FpToSInt, clamped), ty);
        let result = if signed { self.zero_if_nan(value, inside) } else { inside };
        let mask = self.int(ty, (1 << bits) - 1);
        Ok(self.binary(BinaryOp::And, result, mask))
    }

    /// NaN becomes `first`.
    fn clamp(&mut self, value: Value, first: f32, last: f32) -> Value {
        let first = self.float(Type::F32, first);
        let last = self.float(Type::F32, last);
        let low = self.binary(BinaryOp::MaxF, value, first);
        self.binary(BinaryOp::MinF, low, last)
    }

    fn zero_if_nan(&mut self, value: Value, result: Value) -> Value {
        let ty = self.cfg.ty(result);
        let number = self.compare(Predicate::FEq, value, value);
        let zero = self.int(ty, 0);
        self.op(OpKind::Select { cond: number, on_true: result, on_false: zero }, ty)
    }
}
