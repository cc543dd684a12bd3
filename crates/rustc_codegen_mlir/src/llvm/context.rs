//! The LLVM context: owner of types and metadata, collector of LLVM's own error messages.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};

use inkwell::llvm_sys::LLVMDiagnosticSeverity;
use inkwell::llvm_sys::core::{
    LLVMContextCreate, LLVMContextDispose, LLVMContextSetDiagnosticHandler, LLVMDisposeMessage,
    LLVMGetDiagInfoDescription, LLVMGetDiagInfoSeverity,
};
use inkwell::llvm_sys::prelude::{LLVMContextRef, LLVMDiagnosticInfoRef};

/// An LLVM context. One per compilation; not shared between threads.
pub(crate) struct Context {
    raw: LLVMContextRef,
    /// Boxed so that its address, which LLVM keeps, is stable.
    errors: Box<RefCell<Vec<String>>>,
}

impl Context {
    /// A new context that collects error messages instead of ending the process.
    pub(crate) fn new() -> Context {
        let errors = Box::new(RefCell::new(Vec::new()));
        let sink = std::ptr::from_ref::<RefCell<Vec<String>>>(&errors).cast_mut().cast::<c_void>();
        // SAFETY: creating a context has no preconditions; `sink` lives as long as the context (both are dropped
        // with `Context`), and `collect` casts it back to what it is.
        let raw = unsafe {
            let raw = LLVMContextCreate();
            LLVMContextSetDiagnosticHandler(raw, Some(collect), sink);
            raw
        };
        Context { raw, errors }
    }

    pub(super) fn raw(&self) -> LLVMContextRef {
        self.raw
    }

    /// Takes the error messages since the last call.
    pub(crate) fn take_errors(&self) -> Vec<String> {
        std::mem::take(&mut self.errors.borrow_mut())
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is ours, and modules borrow `self`, so none is left.
        unsafe { LLVMContextDispose(self.raw) }
    }
}

/// LLVM's callback: keeps errors, drops remarks and warnings.
extern "C" fn collect(info: LLVMDiagnosticInfoRef, sink: *mut c_void) {
    // SAFETY: LLVM passes a live diagnostic, and `sink` is the `RefCell` handed over in `Context::new`.
    unsafe {
        if LLVMGetDiagInfoSeverity(info) != LLVMDiagnosticSeverity::LLVMDSError {
            return;
        }
        let text = take_message(LLVMGetDiagInfoDescription(info));
        (*sink.cast::<RefCell<Vec<String>>>()).borrow_mut().push(text);
    }
}

/// Copies and frees a message that LLVM allocated.
///
/// # Safety
/// `message` is null or a message of `LLVMDisposeMessage`'s kind, not used afterwards.
pub(super) unsafe fn take_message(message: *mut c_char) -> String {
    if message.is_null() {
        return String::new();
    }
    // SAFETY: by the caller's promise a NUL-terminated string that we own.
    unsafe {
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        LLVMDisposeMessage(message);
        text
    }
}
