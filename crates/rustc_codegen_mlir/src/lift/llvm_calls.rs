//! LLVM's own operations that look like calls.

use tile_ir::{BinaryOp, CastOp, OpKind, Predicate, Type, UnaryOp, Value};

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
        if bits == 1 && name != "is.constant" {
            return Err(Some(refuse(Callee::Llvm, name)));
        }
        // Bits of the type that carries the integer, besides its own.
        let spare = ty.elem.bits() as i64 - i64::from(bits);
        Ok(match name {
            "ceil" => {
                let negated = self.unary(UnaryOp::Neg, a);
                let floor = self.unary(UnaryOp::Floor, negated);
                self.unary(UnaryOp::Neg, floor)
            }
            "abs" => {
                let value = self.signed(a, bits);
                let zero = self.int(ty, 0);
                let negated = self.binary(BinaryOp::Sub, zero, value);
                let absolute = self.binary(BinaryOp::MaxS, value, negated);
                self.trim(absolute, bits)
            }
            // Of a carried integer the reverse is at the upper end.
            "bswap" | "bitreverse" => {
                let reversed = self.reverse(a, if name == "bswap" { 8 } else { 1 });
                let unused = self.int(ty, spare);
                if spare == 0 { reversed } else { self.binary(BinaryOp::ShrU, reversed, unused) }
            }
            "ctpop" => self.count_ones(a),
            "ctlz" => {
                let smeared = self.smear(a);
                let ones = self.int(ty, -1);
                let above = self.binary(BinaryOp::Xor, smeared, ones);
                let zeros = self.count_ones(above);
                let unused = self.int(ty, spare);
                if spare == 0 { zeros } else { self.binary(BinaryOp::Sub, zeros, unused) }
            }
            "cttz" => {
                // The bits below the lowest one: `!x & (x - 1)`.
                let ones = self.int(ty, -1);
                let less = self.binary(BinaryOp::Add, a, ones);
                let not = self.binary(BinaryOp::Xor, a, ones);
                let below = self.binary(BinaryOp::And, not, less);
                let zeros = self.count_ones(below);
                let most = self.int(ty, i64::from(bits));
                if spare == 0 { zeros } else { self.binary(BinaryOp::MinU, zeros, most) }
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
            "smin" | "smax" => {
                let (a, b) = signed(self);
                let op = if name == "smin" { BinaryOp::MinS } else { BinaryOp::MaxS };
                let value = self.binary(op, a, b);
                self.trim(value, bits)
            }
            "minnum" | "minimumnum" => self.binary(BinaryOp::MinF, a, b),
            "maxnum" | "maximumnum" => self.binary(BinaryOp::MaxF, a, b),
            "copysign" => self.copysign(a, b),
            "usub.sat" => {
                let least = self.binary(BinaryOp::MinU, a, b);
                self.binary(BinaryOp::Sub, a, least)
            }
            "uadd.sat" | "sadd.sat" | "ssub.sat" => self.saturating(name, bits, a, b)?,
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

    /// What is wrong with an access through this pointer.
    pub(super) fn pointer_problem(&self, pointer: Option<LlvmValue<'m>>) -> Problem {
        match pointer {
            Some(pointer) if self.is_array(pointer) => Problem::RuntimeArray,
            _ => Problem::RawPointer,
        }
    }
}
