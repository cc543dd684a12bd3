//! Instructions: dispatch, and those that fit nowhere else.

use tile_ir::{BinaryOp, CastOp, OpKind, Type};

use super::{Lifted, Lifter, Lifting, types};
use crate::bitcode::refuse;
use crate::errors::Problem;
use crate::llvm::{Op, TypeKind, Value as LlvmValue};
use crate::symbols::{Callee, classify};

impl<'m> Lifter<'_, 'm> {
    /// Lifts an instruction that is no terminator. `None`: it has no value.
    pub(super) fn instruction(&mut self, inst: LlvmValue<'m>) -> Lifting<Option<Lifted>> {
        let Some(opcode) = inst.opcode() else {
            return Ok(None);
        };
        let value = match opcode {
            Op::LLVMPHI => return Ok(self.values.get(&inst).copied()),
            Op::LLVMCall => return self.call(inst),
            Op::LLVMExtractValue => return self.extract_value(inst).map(Some),
            Op::LLVMAdd
            | Op::LLVMSub
            | Op::LLVMMul
            | Op::LLVMUDiv
            | Op::LLVMSDiv
            | Op::LLVMURem
            | Op::LLVMSRem
            | Op::LLVMShl
            | Op::LLVMLShr
            | Op::LLVMAShr
            | Op::LLVMAnd
            | Op::LLVMOr
            | Op::LLVMXor => self.integer(inst, opcode)?,
            Op::LLVMICmp => self.integer_compare(inst)?,
            Op::LLVMTrunc | Op::LLVMZExt | Op::LLVMSExt => self.integer_cast(inst, opcode)?,
            Op::LLVMFNeg | Op::LLVMFAdd | Op::LLVMFSub | Op::LLVMFMul | Op::LLVMFDiv | Op::LLVMFRem => {
                self.float_op(inst, opcode)?
            }
            Op::LLVMFCmp => self.float_compare(inst)?,
            Op::LLVMFPToUI | Op::LLVMFPToSI | Op::LLVMUIToFP | Op::LLVMSIToFP | Op::LLVMFPTrunc | Op::LLVMFPExt => {
                self.float_cast(inst, opcode)?
            }
            Op::LLVMBitCast => {
                let (ty, operand) = (types::scalar(inst)?, inst.operands()[0]);
                let value = self.value(operand)?;
                if self.cfg.ty(value) == ty { value } else { self.op(OpKind::Cast(CastOp::Bitcast, value), ty) }
            }
            // Refused where something is done with the address.
            Op::LLVMAlloca | Op::LLVMGetElementPtr => return Ok(None),
            Op::LLVMSelect => return self.select(inst),
            Op::LLVMFreeze => {
                let operand = inst.operands()[0];
                match self.values.get(&operand).copied() {
                    Some(lifted) => return Ok(Some(lifted)),
                    None => self.value(operand)?,
                }
            }
            Op::LLVMLoad | Op::LLVMStore => return Err(self.memory_problem(inst, opcode)),
            _ => return Err(Some(refused(inst, opcode))),
        };
        Ok(Some(Lifted::Value(value)))
    }

    fn select(&mut self, inst: LlvmValue<'m>) -> Lifting<Option<Lifted>> {
        let operands = inst.operands();
        let [cond, on_true, on_false] = operands[..] else {
            return Err(Some(Problem::HandleEscapes));
        };
        let cond = self.value(cond)?;
        if inst.type_kind() == TypeKind::LLVMPointerTypeKind {
            // One of two views or functions: refused where it is used.
            let Some(&ty) = self.tiles.get(&inst) else {
                return Ok(None);
            };
            let on_true = self.tile(on_true, ty)?;
            let on_false = self.tile(on_false, ty)?;
            return Ok(Some(Lifted::Value(self.op(OpKind::Select { cond, on_true, on_false }, ty))));
        }
        let ty = types::scalar(inst)?;
        let on_true = self.value(on_true)?;
        let on_false = self.value(on_false)?;
        let truth = (ty == Type::BOOL).then(|| (self.cfg.integer(on_true), self.cfg.integer(on_false)));
        let kind = match truth {
            Some((_, Some(0))) => OpKind::Binary(BinaryOp::And, cond, on_true),
            Some((Some(1), _)) => OpKind::Binary(BinaryOp::Or, cond, on_false),
            _ => OpKind::Select { cond, on_true, on_false },
        };
        Ok(Some(Lifted::Value(self.op(kind, ty))))
    }

    /// `extractvalue` of checked arithmetic; other aggregates are gone by now.
    fn extract_value(&mut self, inst: LlvmValue<'m>) -> Lifting<Lifted> {
        let operand = inst.operands()[0];
        match (self.values.get(&operand).copied(), inst.indices().as_slice()) {
            (Some(Lifted::Checked(value, _)), [0]) => Ok(Lifted::Value(value)),
            (Some(Lifted::Checked(_, overflow)), [1]) => Ok(Lifted::Value(overflow)),
            (Some(Lifted::Refused), _) => Err(None),
            _ => Err(Some(Problem::ValueType { text: operand.type_text() })),
        }
    }

    fn call(&mut self, inst: LlvmValue<'m>) -> Lifting<Option<Lifted>> {
        let callee = inst.callee();
        if callee.is_inline_asm() {
            return Err(Some(Problem::InlineAsm));
        }
        let Some(function) = callee.as_function() else {
            return Err(Some(Problem::IndirectCall));
        };
        let name = function.name();
        let args = inst.arguments();
        if !function.is_declaration() {
            // Everything with a body is inlined, unless it calls itself.
            return Err(Some(Problem::Recursion { function: crate::symbols::readable(&name) }));
        }
        match classify(&name) {
            Callee::Pure | Callee::Reads | Callee::Writes => self.intrinsic(&name, &args),
            Callee::Llvm => self.llvm_call(&name, inst, &args),
            kind @ (Callee::Panic(_) | Callee::Allocation | Callee::Unknown) => Err(Some(refuse(kind, &name))),
        }
    }
}

/// Why an instruction cannot be lifted.
fn refused(inst: LlvmValue<'_>, opcode: Op) -> Problem {
    match opcode {
        Op::LLVMFence | Op::LLVMAtomicCmpXchg | Op::LLVMAtomicRMW => Problem::Atomic,
        Op::LLVMPtrToInt | Op::LLVMPtrToAddr | Op::LLVMIntToPtr | Op::LLVMAddrSpaceCast => Problem::HandleEscapes,
        _ => Problem::ValueType { text: inst.type_text() },
    }
}
