//! Values: instructions, constants, arguments.

use std::marker::PhantomData;

pub(crate) use inkwell::llvm_sys::LLVMIntPredicate as IntPredicate;
pub(crate) use inkwell::llvm_sys::LLVMOpcode as Op;
pub(crate) use inkwell::llvm_sys::LLVMRealPredicate as FloatPredicate;
pub(crate) use inkwell::llvm_sys::LLVMTypeKind as TypeKind;
use inkwell::llvm_sys::LLVMValueKind;
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::debuginfo::LLVMInstructionGetDebugLoc;
use inkwell::llvm_sys::prelude::{LLVMTypeRef, LLVMValueRef};

use super::debug::Location;
use super::module::{Block, Function};

/// Any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Value<'m> {
    raw: LLVMValueRef,
    module: PhantomData<&'m ()>,
}

/// What a constant is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Constant {
    /// An integer of at most 64 bits, zero-extended.
    Int(u64),
    /// A float, as double.
    Float(f64),
    /// Undefined or poison: any value will do.
    Undefined,
    /// The null pointer.
    Null,
    /// Anything else.
    Other,
}

impl<'m> Value<'m> {
    pub(super) fn new(raw: LLVMValueRef) -> Value<'m> {
        Value { raw, module: PhantomData }
    }

    pub(super) fn raw(self) -> LLVMValueRef {
        self.raw
    }

    fn value_kind(self) -> LLVMValueKind {
        // SAFETY: the value is live, and llvm-sys is of the same LLVM version, so the kind is known.
        unsafe { LLVMGetValueKind(self.raw) }
    }

    /// Name, or empty.
    pub(crate) fn name(self) -> String {
        let mut len = 0;
        // SAFETY: LLVM returns `len` bytes that live as long as the value's name is not changed.
        let bytes = unsafe {
            let data = LLVMGetValueName2(self.raw, &mut len);
            std::slice::from_raw_parts(data.cast::<u8>(), len)
        };
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Kind of its type.
    pub(crate) fn type_kind(self) -> TypeKind {
        // SAFETY: the value is live.
        unsafe { LLVMGetTypeKind(self.ty()) }
    }

    fn ty(self) -> LLVMTypeRef {
        // SAFETY: the value is live.
        unsafe { LLVMTypeOf(self.raw) }
    }

    /// Width of an integer type; 0 for others.
    pub(crate) fn int_width(self) -> u32 {
        match self.type_kind() {
            // SAFETY: the type is an integer.
            TypeKind::LLVMIntegerTypeKind => unsafe { LLVMGetIntTypeWidth(self.ty()) },
            _ => 0,
        }
    }

    /// `N` if the type is `{ iN, i1 }`, the result of checked arithmetic.
    pub(crate) fn checked_width(self) -> Option<u32> {
        if self.type_kind() != TypeKind::LLVMStructTypeKind {
            return None;
        }
        // SAFETY: the type is a struct; element numbers are below the count.
        unsafe {
            let ty = self.ty();
            if LLVMCountStructElementTypes(ty) != 2 {
                return None;
            }
            let width = |i| {
                let element = LLVMStructGetTypeAtIndex(ty, i);
                let integer = LLVMGetTypeKind(element) == TypeKind::LLVMIntegerTypeKind;
                integer.then(|| LLVMGetIntTypeWidth(element))
            };
            width(0).filter(|_| width(1) == Some(1))
        }
    }

    /// The type as LLVM writes it.
    pub(crate) fn type_text(self) -> String {
        // SAFETY: the type is live; the string is ours.
        unsafe { super::context::take_message(LLVMPrintTypeToString(self.ty())) }
    }

    /// What constant it is, or `None` if it is none.
    pub(crate) fn constant(self) -> Option<Constant> {
        // SAFETY: the value is live; the getters are called on the kinds they are for.
        unsafe {
            if LLVMIsConstant(self.raw) == 0 {
                return None;
            }
            Some(match self.value_kind() {
                LLVMValueKind::LLVMConstantIntValueKind if self.int_width() <= 64 && self.int_width() > 0 => {
                    Constant::Int(LLVMConstIntGetZExtValue(self.raw))
                }
                LLVMValueKind::LLVMConstantFPValueKind => {
                    let mut loses = 0;
                    Constant::Float(LLVMConstRealGetDouble(self.raw, &mut loses))
                }
                LLVMValueKind::LLVMUndefValueValueKind | LLVMValueKind::LLVMPoisonValueKind => Constant::Undefined,
                LLVMValueKind::LLVMConstantPointerNullValueKind => Constant::Null,
                _ => Constant::Other,
            })
        }
    }

    /// The function, if it is one.
    pub(crate) fn as_function(self) -> Option<Function<'m>> {
        (self.value_kind() == LLVMValueKind::LLVMFunctionValueKind).then(|| Function::new(self.raw))
    }

    /// Whether it is inline assembly.
    pub(crate) fn is_inline_asm(self) -> bool {
        self.value_kind() == LLVMValueKind::LLVMInlineAsmValueKind
    }

    /// Whether it is a global variable.
    pub(crate) fn is_global(self) -> bool {
        self.value_kind() == LLVMValueKind::LLVMGlobalVariableValueKind
    }

    /// Whether it is an instruction.
    pub(crate) fn is_instruction(self) -> bool {
        self.value_kind() == LLVMValueKind::LLVMInstructionValueKind
    }

    /// Initial value of a global variable.
    pub(crate) fn initializer(self) -> Option<Value<'m>> {
        if !self.is_global() {
            return None;
        }
        // SAFETY: it is a global variable; null means none.
        let raw = unsafe { LLVMGetInitializer(self.raw) };
        (!raw.is_null()).then(|| Value::new(raw))
    }

    /// Bytes of a constant array of bytes.
    pub(crate) fn bytes(self) -> Option<Vec<u8>> {
        match self.value_kind() {
            LLVMValueKind::LLVMConstantDataArrayValueKind => {
                let mut len = 0;
                // SAFETY: constant data; the element size is checked, since `LLVMGetAsString` is for bytes only.
                unsafe {
                    let element = LLVMGetElementType(self.ty());
                    if LLVMGetTypeKind(element) != TypeKind::LLVMIntegerTypeKind || LLVMGetIntTypeWidth(element) != 8 {
                        return None;
                    }
                    let data = LLVMGetAsString(self.raw, &mut len);
                    Some(std::slice::from_raw_parts(data.cast::<u8>(), len).to_vec())
                }
            }
            // rustc wraps byte strings as `<{ [n x i8] }>`.
            LLVMValueKind::LLVMConstantStructValueKind => match self.operands().as_slice() {
                [only] => only.bytes(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Operands; of a call: the arguments, then the callee.
    pub(crate) fn operands(self) -> Vec<Value<'m>> {
        // SAFETY: indices are below the count; null operands (none in verified modules) are skipped.
        unsafe {
            let count = LLVMGetNumOperands(self.raw).max(0) as u32;
            (0..count).map(|i| LLVMGetOperand(self.raw, i)).filter(|v| !v.is_null()).map(Value::new).collect()
        }
    }

    /// Opcode of an instruction, or of a constant expression.
    pub(crate) fn opcode(self) -> Option<Op> {
        // SAFETY: each getter is called on the kind it is for.
        unsafe {
            match self.value_kind() {
                LLVMValueKind::LLVMInstructionValueKind => Some(LLVMGetInstructionOpcode(self.raw)),
                LLVMValueKind::LLVMConstantExprValueKind => Some(LLVMGetConstOpcode(self.raw)),
                _ => None,
            }
        }
    }

    /// Predicate of an integer comparison.
    pub(crate) fn int_predicate(self) -> IntPredicate {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMICmp));
        // SAFETY: it is an integer comparison.
        unsafe { LLVMGetICmpPredicate(self.raw) }
    }

    /// Predicate of a float comparison.
    pub(crate) fn float_predicate(self) -> FloatPredicate {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMFCmp));
        // SAFETY: it is a float comparison.
        unsafe { LLVMGetFCmpPredicate(self.raw) }
    }

    /// Whether an `or` is known to have operands without common bits.
    pub(crate) fn is_disjoint(self) -> bool {
        // SAFETY: asked of `or` instructions only.
        self.is_instruction() && self.opcode() == Some(Op::LLVMOr) && unsafe { LLVMGetIsDisjoint(self.raw) != 0 }
    }

    /// Incoming edges of a phi.
    pub(crate) fn incoming(self) -> Vec<(Block<'m>, Value<'m>)> {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMPHI));
        // SAFETY: it is a phi; indices are below the count.
        unsafe {
            (0..LLVMCountIncoming(self.raw))
                .map(|i| (Block::new(LLVMGetIncomingBlock(self.raw, i)), Value::new(LLVMGetIncomingValue(self.raw, i))))
                .collect()
        }
    }

    /// Callee of a call: a function, or a value for indirect calls.
    pub(crate) fn callee(self) -> Value<'m> {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMCall));
        // SAFETY: it is a call.
        unsafe { Value::new(LLVMGetCalledValue(self.raw)) }
    }

    /// Arguments of a call.
    pub(crate) fn arguments(self) -> Vec<Value<'m>> {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMCall));
        // SAFETY: it is a call; arguments are its first operands.
        unsafe { (0..LLVMGetNumArgOperands(self.raw)).map(|i| Value::new(LLVMGetOperand(self.raw, i))).collect() }
    }

    /// Successors of a terminator. Of a switch: the default, then one per case.
    pub(crate) fn successors(self) -> Vec<Block<'m>> {
        // SAFETY: it is a terminator; indices are below the count.
        unsafe { (0..LLVMGetNumSuccessors(self.raw)).map(|i| Block::new(LLVMGetSuccessor(self.raw, i))).collect() }
    }

    /// Case values of a switch, in the order of the successors after the default.
    pub(crate) fn switch_values(self) -> Vec<Value<'m>> {
        debug_assert_eq!(self.opcode(), Some(Op::LLVMSwitch));
        // SAFETY: it is a switch; case `i` belongs to successor `i`, the default being 0.
        unsafe {
            (1..LLVMGetNumSuccessors(self.raw)).map(|i| Value::new(LLVMGetSwitchCaseValue(self.raw, i))).collect()
        }
    }

    /// Indices of `extractvalue` and `insertvalue`.
    pub(crate) fn indices(self) -> Vec<u32> {
        // SAFETY: it is one of the two; LLVM lends `count` numbers.
        unsafe {
            let count = LLVMGetNumIndices(self.raw) as usize;
            std::slice::from_raw_parts(LLVMGetIndices(self.raw), count).to_vec()
        }
    }

    /// Where the instruction comes from.
    pub(crate) fn location(self) -> Option<Location<'m>> {
        if !self.is_instruction() {
            return None;
        }
        // SAFETY: it is an instruction; null means none.
        Location::new(unsafe { LLVMInstructionGetDebugLoc(self.raw) })
    }
}
