//! The few edits made to a module between passes.

use std::ffi::CStr;

use inkwell::llvm_sys::LLVMIntPredicate;
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::prelude::{LLVMContextRef, LLVMMetadataRef};

use super::value::Value;

/// What the loop unroller is told about one loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unroll {
    /// Unroll completely.
    Full,
    /// Leave alone.
    Never,
}

impl Value<'_> {
    /// Inserts `assume(self < bound)` (unsigned) after instruction `after`. `self` is an integer that dominates it.
    pub(crate) fn assume_below(self, bound: u64, after: Value<'_>) {
        // SAFETY: `after` is an instruction with a successor instruction (it is no terminator); the builder is
        // disposed of; the intrinsic is declared in the instruction's own module.
        unsafe {
            let block = LLVMGetInstructionParent(after.raw());
            let function = LLVMGetBasicBlockParent(block);
            let module = LLVMGetGlobalParent(function);
            let context = LLVMGetModuleContext(module);
            let next = LLVMGetNextInstruction(after.raw());
            if next.is_null() {
                return;
            }
            let builder = LLVMCreateBuilderInContext(context);
            LLVMPositionBuilderBefore(builder, next);
            let limit = LLVMConstInt(LLVMTypeOf(self.raw()), bound, 0);
            let predicate = LLVMIntPredicate::LLVMIntULT;
            let mut below = LLVMBuildICmp(builder, predicate, self.raw(), limit, c"".as_ptr());
            let name = "llvm.assume";
            let id = LLVMLookupIntrinsicID(name.as_ptr().cast(), name.len());
            let assume = LLVMGetIntrinsicDeclaration(module, id, std::ptr::null_mut(), 0);
            let ty = LLVMGlobalGetValueType(assume);
            LLVMBuildCall2(builder, ty, assume, &mut below, 1, c"".as_ptr());
            LLVMDisposeBuilder(builder);
        }
    }

    /// Puts unroll advice on a loop's latch terminator, replacing what is there.
    pub(crate) fn set_unroll(self, unroll: Unroll) {
        let advice = match unroll {
            Unroll::Full => c"llvm.loop.unroll.full",
            Unroll::Never => c"llvm.loop.unroll.disable",
        };
        // SAFETY: `self` is an instruction in a live module. A loop id must refer to itself: a temporary stands in for
        // the reference and is replaced (and freed) once the node exists.
        unsafe {
            let block = LLVMGetInstructionParent(self.raw());
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(LLVMGetBasicBlockParent(block)));
            let temporary = inkwell::llvm_sys::debuginfo::LLVMTemporaryMDNode(context, std::ptr::null_mut(), 0);
            let mut text = metadata_text(context, advice);
            let mut operands = [temporary, LLVMMDNodeInContext2(context, &mut text, 1)];
            let node = LLVMMDNodeInContext2(context, operands.as_mut_ptr(), operands.len());
            inkwell::llvm_sys::debuginfo::LLVMMetadataReplaceAllUsesWith(temporary, node);
            let name = "llvm.loop";
            let kind = LLVMGetMDKindIDInContext(context, name.as_ptr().cast(), name.len() as u32);
            LLVMSetMetadata(self.raw(), kind, LLVMMetadataAsValue(context, node));
        }
    }
}

/// # Safety
/// `context` is live.
unsafe fn metadata_text(context: LLVMContextRef, text: &CStr) -> LLVMMetadataRef {
    // SAFETY: by the caller's promise.
    unsafe { LLVMMDStringInContext2(context, text.as_ptr(), text.count_bytes()) }
}
