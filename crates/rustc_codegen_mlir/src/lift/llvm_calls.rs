//! LLVM's own operations that look like calls.

use tile_ir::{BinaryOp, CastOp, Elem, OpKind, Predicate, Type, UnaryOp, Value};

use super::types::exact;
use super::{Lifted, Lifter, Lifting, types};
use crate::bitcode::refuse;
use crate::errors::Problem;
use crate::llvm::{TypeKind, Value as LlvmValue};
use crate::symbols::Callee;

/// The name without its types: `fptoui.sat` of `fptoui.sat.i32.f32`.
fn without_types(name: &str) -> &str {
    let is_type = |part: &str| {
        part.len() > 1 && part.starts_with(['i', 'f', 'p', 'v']) && part[1..].bytes().all(|b| b.is_ascii_digit())
    };
    let mut name = name;
    while let Some((head, last)) = name.rsplit_once('.')
        && is_type(last)
    {
        name = head;
    }
    name
}

impl<'m> Lifter<'_, 'm> {
    pub(super) fn llvm_call(
        &mut self,
        name: &str,
        inst: LlvmValue<'m>,
        args: &[LlvmValue<'m>],
    ) -> Lifting<Option<Lifted>> {
        let operation = name.trim_start_matches("llvm.");
        let short = without_types(operation);
        match operation {
            "assume" | "trap" | "debugtrap" | "donothing" | "experimental.noalias.scope.decl" => {
                return Ok(None);
            }
            _ if operation.starts_with("lifetime.") || operation.starts_with("dbg.") => {
                return Ok(None);
            }
            _ if operation.starts_with("memcpy.")
                || operation.starts_with("memmove.")
                || operation.starts_with("memset.") =>
            {
                return Err(Some(self.pointer_problem(args.first().copied())));
            }
            _ if short.contains("with.overflow") => return self.checked(short, args).map(Some),
            _ => {}
        }
        if inst.type_kind() == TypeKind::LLVMVoidTypeKind {
            return Err(Some(refuse(Callee::Llvm, short)));
        }
        types::scalar(inst)?;
        let mut values = Vec::new();
        for &arg in args {
            values.push(self.value(arg)?);
        }
        let value = match values[..] {
            [a] if short.starts_with("fpto") => self.saturating_cast(inst, a, short.starts_with("fptosi"))?,
            [a] => self.call_one(short, inst.int_width(), a)?,
            // The second argument says what undefined cases give.
            [a, _] if matches!(short, "abs" | "ctlz" | "cttz") => self.call_one(short, inst.int_width(), a)?,
            [a, b] => self.call_two(short, inst, args[0].int_width(), a, b)?,
            [a, b, c] => self.call_three(short, inst.int_width(), a, b, c)?,
            _ => return Err(Some(refuse(Callee::Llvm, short))),
        };
        Ok(Some(Lifted::Value(value)))
    }

    fn call_one(&mut self, name: &str, bits: u32, a: Value) -> Lifting<Value> {
        let ty = self.cfg.ty(a);
        let unary = match name {
            "fabs" => Some(UnaryOp::Abs),
            "sqrt" => Some(UnaryOp::Sqrt),
            "exp" => Some(UnaryOp::Exp),
            "log" => Some(UnaryOp::Log),
            "sin" => Some(UnaryOp::Sin),
            "cos" => Some(UnaryOp::Cos),
            "tanh" => Some(UnaryOp::Tanh),
            "floor" => Some(UnaryOp::Floor),
            _ => None,
        };
        if let Some(op) = unary {
            return Ok(self.unary(op, a));
        }
        let whole = matches!(bits, 32 | 64);
        Ok(match name {
            "ceil" => {
                let negated = self.unary(UnaryOp::Neg, a);
                let floor = self.unary(UnaryOp::Floor, negated);
                self.unary(UnaryOp::Neg, floor)
            }
            "abs" if exact(bits) => {
                let zero = self.int(ty, 0);
                let negated = self.binary(BinaryOp::Sub, zero, a);
                self.binary(BinaryOp::MaxS, a, negated)
            }
            "ctpop" if whole => self.count_ones(a),
            "ctlz" if whole => {
                let smeared = self.smear(a);
                let ones = self.int(ty, -1);
                let above = self.binary(BinaryOp::Xor, smeared, ones);
                self.count_ones(above)
            }
            "cttz" if whole => {
                // The bits below the lowest one: `!x & (x - 1)`.
                let ones = self.int(ty, -1);
                let less = self.binary(BinaryOp::Add, a, ones);
                let not = self.binary(BinaryOp::Xor, a, ones);
                let below = self.binary(BinaryOp::And, not, less);
                self.count_ones(below)
            }
            "is.constant" => self.int(Type::BOOL, 0),
            _ => return Err(Some(refuse(Callee::Llvm, name))),
        })
    }

    fn call_two(&mut self, name: &str, inst: LlvmValue<'m>, bits: u32, a: Value, b: Value) -> Lifting<Value> {
        let signed = |s: &mut Self| (s.signed(a, bits), s.signed(b, bits));
        Ok(match name {
            "expect" => a,
            "umin" => self.binary(BinaryOp::MinU, a, b),
            "umax" => self.binary(BinaryOp::MaxU, a, b),
            "smin" | "smax" if exact(bits) => {
                self.binary(if name == "smin" { BinaryOp::MinS } else { BinaryOp::MaxS }, a, b)
            }
            "minnum" | "minimumnum" => self.binary(BinaryOp::MinF, a, b),
            "maxnum" | "maximumnum" => self.binary(BinaryOp::MaxF, a, b),
            "copysign" => self.copysign(a, b),
            "usub.sat" => {
                let least = self.binary(BinaryOp::MinU, a, b);
                self.binary(BinaryOp::Sub, a, least)
            }
            "uadd.sat" if exact(bits) => {
                let ty = self.cfg.ty(a);
                let sum = self.binary(BinaryOp::Add, a, b);
                let over = self.compare(Predicate::ULt, sum, a);
                let most = self.int(ty, -1);
                self.op(OpKind::Select { cond: over, on_true: most, on_false: sum }, ty)
            }
            "ucmp" => self.three_way(inst, Predicate::UGt, Predicate::ULt, a, b)?,
            "scmp" => {
                let (a, b) = signed(self);
                self.three_way(inst, Predicate::SGt, Predicate::SLt, a, b)?
            }
            _ => return Err(Some(refuse(Callee::Llvm, name))),
        })
    }

    fn call_three(&mut self, name: &str, bits: u32, a: Value, b: Value, c: Value) -> Lifting<Value> {
        let whole = matches!(bits, 32 | 64);
        let ty = self.cfg.ty(a);
        Ok(match name {
            "fma" | "fmuladd" => self.op(OpKind::Fma(a, b, c), ty),
            // Funnel shifts; rotations are their most common use. Shifting in two steps keeps amounts below the width.
            "fshl" | "fshr" if whole => {
                let (mask, one) = (self.int(ty, i64::from(bits) - 1), self.int(ty, 1));
                let by = self.binary(BinaryOp::And, c, mask);
                let rest = self.binary(BinaryOp::Xor, by, mask);
                if name == "fshl" {
                    let high = self.binary(BinaryOp::Shl, a, by);
                    let half = self.binary(BinaryOp::ShrU, b, one);
                    let low = self.binary(BinaryOp::ShrU, half, rest);
                    self.binary(BinaryOp::Or, high, low)
                } else {
                    let low = self.binary(BinaryOp::ShrU, b, by);
                    let twice = self.binary(BinaryOp::Shl, a, one);
                    let high = self.binary(BinaryOp::Shl, twice, rest);
                    self.binary(BinaryOp::Or, high, low)
                }
            }
            _ => return Err(Some(refuse(Callee::Llvm, name))),
        })
    }

    /// -1, 0 or 1.
    fn three_way(
        &mut self,
        inst: LlvmValue<'m>,
        above: Predicate,
        below: Predicate,
        a: Value,
        b: Value,
    ) -> Lifting<Value> {
        if !exact(inst.int_width()) || inst.int_width() == 1 {
            return Err(Some(refuse(Callee::Llvm, "ucmp")));
        }
        let ty = types::scalar(inst)?;
        let above = self.compare(above, a, b);
        let below = self.compare(below, a, b);
        let above = self.op(OpKind::Cast(CastOp::ExtU, above), ty);
        let below = self.op(OpKind::Cast(CastOp::ExtU, below), ty);
        Ok(self.binary(BinaryOp::Sub, above, below))
    }

    fn copysign(&mut self, magnitude: Value, sign: Value) -> Value {
        let magnitude = self.op(OpKind::Cast(CastOp::Bitcast, magnitude), Type::I32);
        let sign = self.op(OpKind::Cast(CastOp::Bitcast, sign), Type::I32);
        let (low, high) = (self.int(Type::I32, i64::from(i32::MAX)), self.int(Type::I32, i64::from(i32::MIN)));
        let magnitude = self.binary(BinaryOp::And, magnitude, low);
        let sign = self.binary(BinaryOp::And, sign, high);
        let bits = self.binary(BinaryOp::Or, magnitude, sign);
        self.op(OpKind::Cast(CastOp::Bitcast, bits), Type::F32)
    }

    /// Every bit below the highest one is set.
    fn smear(&mut self, value: Value) -> Value {
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
    fn count_ones(&mut self, value: Value) -> Value {
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

    /// Checked arithmetic: the wrapped result, and whether it wrapped.
    fn checked(&mut self, name: &str, args: &[LlvmValue<'m>]) -> Lifting<Lifted> {
        let bits = args[0].int_width();
        types::scalar(args[0])?;
        let (a, b) = (self.value(args[0])?, self.value(args[1])?);
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

    /// What is wrong with an access through this pointer.
    pub(super) fn pointer_problem(&self, pointer: Option<LlvmValue<'m>>) -> Problem {
        match pointer {
            Some(pointer) if self.is_array(pointer) => Problem::RuntimeArray,
            _ => Problem::RawPointer,
        }
    }
}
