//! The source's variables: which values they hold where.

use std::ffi::{CStr, c_uint};
use std::marker::PhantomData;

use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::debuginfo::{LLVMDIVariableGetFile, LLVMGetMetadataKind, LLVMMetadataKind};
use inkwell::llvm_sys::prelude::{LLVMContextRef, LLVMDbgRecordRef, LLVMMetadataRef, LLVMValueRef};
use inkwell::llvm_sys::{LLVMDbgRecordKind, LLVMValueKind};

use super::debug::{File, file};
use super::value::Value;

/// A variable of the source: a `let`, a parameter, a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Variable<'m> {
    raw: LLVMMetadataRef,
    context: LLVMContextRef,
    module: PhantomData<&'m ()>,
}

impl Variable<'_> {
    /// Its name, or empty.
    pub(crate) fn name(self) -> String {
        /// `DILocalVariable` in LLVM's DebugInfoMetadata.h: scope, name, file, type, annotations.
        const NAME: usize = 1;
        // SAFETY: `raw` is a live local variable, so a metadata node; the operands fit the vector; a string's bytes
        // live as long as the context.
        unsafe {
            let node = LLVMMetadataAsValue(self.context, self.raw);
            let mut operands = vec![std::ptr::null_mut(); LLVMGetMDNodeNumOperands(node) as usize];
            LLVMGetMDNodeOperands(node, operands.as_mut_ptr());
            let Some(&name) = operands.get(NAME).filter(|name| !name.is_null()) else {
                return String::new();
            };
            let mut len: c_uint = 0;
            let data = LLVMGetMDString(name, &mut len);
            if data.is_null() {
                return String::new();
            }
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), len as usize);
            String::from_utf8_lossy(bytes).into_owned()
        }
    }

    /// The file that declares it.
    pub(crate) fn file(self) -> Option<File> {
        // SAFETY: `raw` is a live local variable.
        unsafe { file(LLVMDIVariableGetFile(self.raw)) }
    }
}

/// A place from which on a variable holds a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'m> {
    /// The variable.
    pub(crate) variable: Variable<'m>,
    /// The value.
    pub(crate) value: Value<'m>,
}

impl<'m> Value<'m> {
    /// The variables that take a value just before this instruction, in order. Those that take a part of a value, or
    /// something computed from it, are left out.
    pub(crate) fn bindings(self) -> Vec<Binding<'m>> {
        if !self.is_instruction() {
            return Vec::new();
        }
        // SAFETY: `self` is an instruction of a live module; iteration over its records, which null ends.
        unsafe {
            let module = LLVMGetGlobalParent(LLVMGetBasicBlockParent(LLVMGetInstructionParent(self.raw())));
            let context = LLVMGetModuleContext(module);
            let first = LLVMGetFirstDbgRecord(self.raw());
            let next = |record: &LLVMDbgRecordRef| some(LLVMGetNextDbgRecord(*record));
            std::iter::successors(some(first), next).filter_map(|record| binding(record, context)).collect()
        }
    }
}

fn some<T>(pointer: *mut T) -> Option<*mut T> {
    (!pointer.is_null()).then_some(pointer)
}

/// # Safety
/// The record is live, and so is the context, which is its own.
unsafe fn binding<'m>(record: LLVMDbgRecordRef, context: LLVMContextRef) -> Option<Binding<'m>> {
    // SAFETY: by the caller's promise; the getters of variables are called on records of variables; what may be null
    // is checked.
    unsafe {
        if LLVMDbgRecordGetKind(record) != LLVMDbgRecordKind::LLVMDbgRecordValue {
            return None;
        }
        let value: LLVMValueRef = some(LLVMDbgVariableRecordGetValue(record, 0))?;
        let held = LLVMGetValueKind(value);
        if !matches!(held, LLVMValueKind::LLVMInstructionValueKind | LLVMValueKind::LLVMArgumentValueKind) {
            return None;
        }
        let raw = some(LLVMDbgVariableRecordGetVariable(record))?;
        let local = matches!(LLVMGetMetadataKind(raw), LLVMMetadataKind::LLVMDILocalVariableMetadataKind);
        if !local || !is_plain(some(LLVMDbgVariableRecordGetExpression(record))?, context) {
            return None;
        }
        let variable = Variable { raw, context, module: PhantomData };
        Some(Binding { variable, value: Value::new(value) })
    }
}

/// Whether the variable holds the value itself. The C API shows an expression's operations only as text.
///
/// # Safety
/// The expression is live, and so is the context, which is its own.
unsafe fn is_plain(expression: LLVMMetadataRef, context: LLVMContextRef) -> bool {
    // SAFETY: by the caller's promise; the string is ours until it is disposed of.
    unsafe {
        let text = LLVMPrintValueToString(LLVMMetadataAsValue(context, expression));
        let plain = CStr::from_ptr(text).to_bytes() == b"!DIExpression()";
        LLVMDisposeMessage(text);
        plain
    }
}
