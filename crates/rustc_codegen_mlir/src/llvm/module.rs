//! Modules, functions and blocks.

use std::ffi::{CString, c_char};
use std::marker::PhantomData;

use inkwell::llvm_sys::LLVMAttributeFunctionIndex;
use inkwell::llvm_sys::analysis::{LLVMVerifierFailureAction, LLVMVerifyModule};
use inkwell::llvm_sys::bit_reader::LLVMParseBitcodeInContext2;
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::error::{LLVMDisposeErrorMessage, LLVMGetErrorMessage};
use inkwell::llvm_sys::prelude::*;
use inkwell::llvm_sys::transforms::pass_builder::{
    LLVMCreatePassBuilderOptions, LLVMDisposePassBuilderOptions, LLVMRunPasses,
};

use super::context::{Context, take_message};
use super::debug::Subprogram;
use super::value::Value;

/// A module; borrows its context.
pub(crate) struct Module<'c> {
    raw: LLVMModuleRef,
    context: &'c Context,
}

impl<'c> Module<'c> {
    /// Parses and verifies bitcode. The error is LLVM's message.
    pub(crate) fn parse(context: &'c Context, bitcode: &[u8]) -> Result<Module<'c>, String> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: the buffer copies `bitcode`; it is disposed of after parsing; `raw` is set on success only.
        let failed = unsafe {
            let data = bitcode.as_ptr().cast::<c_char>();
            let buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(data, bitcode.len(), c"kernels".as_ptr());
            let failed = LLVMParseBitcodeInContext2(context.raw(), buffer, &mut raw) != 0;
            LLVMDisposeMemoryBuffer(buffer);
            failed
        };
        if failed || raw.is_null() {
            return Err(context.take_errors().join("; "));
        }
        let module = Module { raw, context };
        let mut message = std::ptr::null_mut();
        // SAFETY: the module is live; `message` is set to a string that we own.
        let (broken, message) = unsafe {
            let action = LLVMVerifierFailureAction::LLVMReturnStatusAction;
            let broken = LLVMVerifyModule(module.raw, action, &mut message) != 0;
            (broken, take_message(message))
        };
        if broken { Err(message) } else { Ok(module) }
    }

    /// Runs a pass pipeline (LLVM's textual form) without a target machine.
    pub(crate) fn run_passes(&mut self, pipeline: &str) -> Result<(), String> {
        let pipeline = CString::new(pipeline).map_err(|error| error.to_string())?;
        // SAFETY: the module is live and exclusively ours; no target machine is allowed; the options and the error
        // message are disposed of exactly once.
        let error = unsafe {
            let options = LLVMCreatePassBuilderOptions();
            let error = LLVMRunPasses(self.raw, pipeline.as_ptr(), std::ptr::null_mut(), options);
            LLVMDisposePassBuilderOptions(options);
            if error.is_null() {
                None
            } else {
                let message = LLVMGetErrorMessage(error);
                let text = std::ffi::CStr::from_ptr(message).to_string_lossy().into_owned();
                LLVMDisposeErrorMessage(message);
                Some(text)
            }
        };
        let errors = self.context.take_errors();
        match error {
            Some(text) => Err(text),
            None if errors.is_empty() => Ok(()),
            None => Err(errors.join("; ")),
        }
    }

    /// The module as LLVM assembly.
    pub(crate) fn print(&self) -> String {
        // SAFETY: the module is live; the string is ours.
        unsafe { take_message(LLVMPrintModuleToString(self.raw)) }
    }

    /// Functions, declarations included, in module order.
    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        // SAFETY: iteration over a live module; null ends it.
        unsafe {
            let first = LLVMGetFirstFunction(self.raw);
            iterate(first, |f| LLVMGetNextFunction(f)).map(Function::new).collect()
        }
    }

    /// Global variables in module order.
    pub(crate) fn globals(&self) -> Vec<Value<'_>> {
        // SAFETY: iteration over a live module; null ends it.
        unsafe {
            let first = LLVMGetFirstGlobal(self.raw);
            iterate(first, |g| LLVMGetNextGlobal(g)).map(Value::new).collect()
        }
    }

    /// Removes `llvm.used` and `llvm.compiler.used`, which keep helper functions alive after inlining.
    pub(crate) fn drop_used_lists(&mut self) {
        for name in [c"llvm.used", c"llvm.compiler.used"] {
            // SAFETY: looks a global up by name in a live module and deletes it; nothing else refers to these lists.
            unsafe {
                let global = LLVMGetNamedGlobal(self.raw, name.as_ptr());
                if !global.is_null() {
                    LLVMDeleteGlobal(global);
                }
            }
        }
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: the module is ours, and what it lent borrows `self`.
        unsafe { LLVMDisposeModule(self.raw) }
    }
}

/// Follows a linked list of LLVM's until null.
fn iterate<T>(first: *mut T, next: impl Fn(*mut T) -> *mut T) -> impl Iterator<Item = *mut T> {
    std::iter::successors((!first.is_null()).then_some(first), move |&item| {
        let item = next(item);
        (!item.is_null()).then_some(item)
    })
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Function<'m> {
    raw: LLVMValueRef,
    module: PhantomData<&'m ()>,
}

impl<'m> Function<'m> {
    /// Wraps a function value.
    pub(super) fn new(raw: LLVMValueRef) -> Function<'m> {
        Function { raw, module: PhantomData }
    }

    /// Symbol name.
    pub(crate) fn name(self) -> String {
        Value::new(self.raw).name()
    }

    /// Whether it has no body.
    pub(crate) fn is_declaration(self) -> bool {
        // SAFETY: a function is a global value.
        unsafe { LLVMIsDeclaration(self.raw) != 0 }
    }

    /// Parameters.
    pub(crate) fn params(self) -> Vec<Value<'m>> {
        // SAFETY: indices are below the count.
        unsafe { (0..LLVMCountParams(self.raw)).map(|i| Value::new(LLVMGetParam(self.raw, i))).collect() }
    }

    /// Blocks, the entry first.
    pub(crate) fn blocks(self) -> Vec<Block<'m>> {
        // SAFETY: iteration over a live function; null ends it.
        unsafe {
            let first = LLVMGetFirstBasicBlock(self.raw);
            iterate(first, |b| LLVMGetNextBasicBlock(b)).map(Block::new).collect()
        }
    }

    /// Instructions of all blocks, in order.
    pub(crate) fn instructions(self) -> Vec<Value<'m>> {
        self.blocks().into_iter().flat_map(Block::instructions).collect()
    }

    /// The function's debug description, if it has one.
    pub(crate) fn subprogram(self) -> Option<Subprogram<'m>> {
        // SAFETY: the function is live; null means none.
        Subprogram::new(unsafe { inkwell::llvm_sys::debuginfo::LLVMGetSubprogram(self.raw) })
    }

    /// Adds an enum attribute such as `alwaysinline` (value 0 for those without one).
    pub(crate) fn add_attribute(self, name: &str, value: u64) {
        // SAFETY: kind comes from LLVM's own table; 0 (unknown) is skipped; the context is the function's.
        unsafe {
            let kind = LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len());
            if kind != 0 {
                let context = LLVMGetTypeContext(LLVMTypeOf(self.raw));
                let attribute = LLVMCreateEnumAttribute(context, kind, value);
                LLVMAddAttributeAtIndex(self.raw, LLVMAttributeFunctionIndex, attribute);
            }
        }
    }

    /// Removes an enum attribute.
    pub(crate) fn remove_attribute(self, name: &str) {
        // SAFETY: as for `add_attribute`; removing an absent attribute is allowed.
        unsafe {
            let kind = LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len());
            if kind != 0 {
                LLVMRemoveEnumAttributeAtIndex(self.raw, LLVMAttributeFunctionIndex, kind);
            }
        }
    }

    /// Makes it visible only inside the module (so that it can be dropped once inlined), or visible outside.
    pub(crate) fn set_internal(self, internal: bool) {
        let linkage = match internal {
            true => inkwell::llvm_sys::LLVMLinkage::LLVMInternalLinkage,
            false => inkwell::llvm_sys::LLVMLinkage::LLVMExternalLinkage,
        };
        // SAFETY: the function is live; internal symbols need default visibility, which is set first.
        unsafe {
            LLVMSetVisibility(self.raw, inkwell::llvm_sys::LLVMVisibility::LLVMDefaultVisibility);
            LLVMSetLinkage(self.raw, linkage);
        }
    }
}

/// A basic block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Block<'m> {
    raw: LLVMBasicBlockRef,
    module: PhantomData<&'m ()>,
}

impl<'m> Block<'m> {
    /// Wraps a block.
    pub(super) fn new(raw: LLVMBasicBlockRef) -> Block<'m> {
        Block { raw, module: PhantomData }
    }

    /// Instructions, the terminator last.
    pub(crate) fn instructions(self) -> Vec<Value<'m>> {
        // SAFETY: iteration over a live block; null ends it.
        unsafe {
            let first = LLVMGetFirstInstruction(self.raw);
            iterate(first, |i| LLVMGetNextInstruction(i)).map(Value::new).collect()
        }
    }
}
