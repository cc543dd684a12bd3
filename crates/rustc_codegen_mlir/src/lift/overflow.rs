//! Arithmetic that tells of overflow, or stops at the end of its type.

use tile_ir::{BinaryOp, CastOp, Elem, OpKind, Predicate, Type, Value};

use super::{Lifted, Lifter, Lifting, types};
use crate::bitcode::refuse;
use crate::llvm::Value as LlvmValue;
use crate::symbols::Callee;

impl<'m> Lifter<'_, 'm> {
    /// Checked arithmetic: the wrapped result, and whether it wrapped.
    pub(super) fn checked(&mut self, name: &str, args: &[LlvmValue<'m>]) -> Lifting<Lifted> {
        let bits = args[0].int_width();
        types::scalar(args[0])?;
        let (a, b) = (self.value(args[0])?, self.value(args[1])?);
        if (9..=16).contains(&bits) {
            return Ok(self.checked_narrow(name, bits, a, b));
        }
        if !matches!(bits, 8 | 32 | 64) {
            return Err(Some(refuse(Callee::Llvm, name)));
        }
        let ty = self.cfg.ty(a);
        let (result, overflow) = match name {
            "uadd.with.overflow" => {
                let sum = self.binary(BinaryOp::Add, a, b);
                (sum, self.compare(Predicate::ULt, sum, a))
            }
            "usub.with.overflow" => {
                let difference = self.binary(BinaryOp::Sub, a, b);
                (difference, self.compare(Predicate::ULt, a, b))
            }
            // Overflow shows in the sign: of a sum that differs from both operands', of a difference from the first's
            // where the operands' differ.
            "sadd.with.overflow" => {
                let sum = self.binary(BinaryOp::Add, a, b);
                (sum, self.sign_overflow((a, sum), (b, sum)))
            }
            "ssub.with.overflow" => {
                let difference = self.binary(BinaryOp::Sub, a, b);
                (difference, self.sign_overflow((a, b), (a, difference)))
            }
            "umul.with.overflow" | "smul.with.overflow" if ty.elem != Elem::I64 => {
                let extend = if name.starts_with('u') { CastOp::ExtU } else { CastOp::ExtS };
                let wide = Type::scalar(Elem::I64);
                let a = self.op(OpKind::Cast(extend, a), wide);
                let b = self.op(OpKind::Cast(extend, b), wide);
                let product = self.binary(BinaryOp::Mul, a, b);
                let result = self.op(OpKind::Cast(CastOp::TruncI, product), ty);
                let again = self.op(OpKind::Cast(extend, result), wide);
                (result, self.compare(Predicate::INe, product, again))
            }
            "umul.with.overflow" => {
                // `a * b` overflows if `a > MAX / b`; a zero divisor is replaced, and overflows nothing.
                let (one, most) = (self.int(ty, 1), self.int(ty, -1));
                let result = self.binary(BinaryOp::Mul, a, b);
                let divisor = self.binary(BinaryOp::MaxU, b, one);
                let limit = self.binary(BinaryOp::DivU, most, divisor);
                (result, self.compare(Predicate::UGt, a, limit))
            }
            _ => return Err(Some(refuse(Callee::Llvm, name))),
        };
        Ok(Lifted::Checked(result, overflow))
    }

    fn sign_overflow(&mut self, first: (Value, Value), second: (Value, Value)) -> Value {
        let first = self.binary(BinaryOp::Xor, first.0, first.1);
        let second = self.binary(BinaryOp::Xor, second.0, second.1);
        let both = self.binary(BinaryOp::And, first, second);
        let zero = self.int(self.cfg.ty(both), 0);
        self.compare(Predicate::SLt, both, zero)
    }

    /// The same for integers that a type of twice their width carries: there the result is exact.
    fn checked_narrow(&mut self, name: &str, bits: u32, a: Value, b: Value) -> Lifted {
        let signed = name.starts_with('s');
        let (a, b) = if signed { (self.signed(a, bits), self.signed(b, bits)) } else { (a, b) };
        let op = match &name[1..4] {
            "add" => BinaryOp::Add,
            "sub" => BinaryOp::Sub,
            _ => BinaryOp::Mul,
        };
        let exact = self.binary(op, a, b);
        let result = self.trim(exact, bits);
        let again = if signed { self.signed(result, bits) } else { result };
        Lifted::Checked(result, self.compare(Predicate::INe, exact, again))
    }

    /// Addition and subtraction that stop at the ends of the type.
    pub(super) fn saturating(&mut self, name: &str, bits: u32, a: Value, b: Value) -> Lifting<Value> {
        if !types::exact(bits) || bits == 1 {
            return Err(Some(refuse(Callee::Llvm, name)));
        }
        let ty = self.cfg.ty(a);
        let op = if name == "ssub.sat" { BinaryOp::Sub } else { BinaryOp::Add };
        let result = self.binary(op, a, b);
        let (over, end) = match name {
            "uadd.sat" => (self.compare(Predicate::ULt, result, a), self.int(ty, -1)),
            _ => {
                let over = match op {
                    BinaryOp::Sub => self.sign_overflow((a, b), (a, result)),
                    _ => self.sign_overflow((a, result), (b, result)),
                };
                let zero = self.int(ty, 0);
                let negative = self.compare(Predicate::SLt, a, zero);
                let least = self.int(ty, i64::MIN >> (64 - bits));
                let most = self.int(ty, i64::MAX >> (64 - bits));
                let end = OpKind::Select { cond: negative, on_true: least, on_false: most };
                (over, self.op(end, ty))
            }
        };
        Ok(self.op(OpKind::Select { cond: over, on_true: end, on_false: result }, ty))
    }
}
