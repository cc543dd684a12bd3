//! Debug locations.

use std::ffi::{c_char, c_uint};
use std::marker::PhantomData;

use inkwell::llvm_sys::debuginfo::{
    LLVMDIFileGetDirectory, LLVMDIFileGetFilename, LLVMDILocationGetColumn, LLVMDILocationGetInlinedAt,
    LLVMDILocationGetLine, LLVMDILocationGetScope, LLVMDIScopeGetFile, LLVMDISubprogramGetLine,
};
use inkwell::llvm_sys::prelude::LLVMMetadataRef;

/// One place in a source file, before inlining is undone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Location<'m> {
    raw: LLVMMetadataRef,
    module: PhantomData<&'m ()>,
}

/// Text of a file as debug information names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// Directory of compilation.
    pub(crate) directory: String,
    /// Name, absolute or relative to the directory.
    pub(crate) name: String,
}

impl<'m> Location<'m> {
    pub(super) fn new(raw: LLVMMetadataRef) -> Option<Location<'m>> {
        (!raw.is_null()).then_some(Location { raw, module: PhantomData })
    }

    /// Line from 1; 0 if the compiler made the instruction up.
    pub(crate) fn line(self) -> u32 {
        // SAFETY: `raw` is a live location.
        unsafe { LLVMDILocationGetLine(self.raw) }
    }

    /// Column from 1; 0 if unknown.
    pub(crate) fn column(self) -> u32 {
        // SAFETY: `raw` is a live location.
        unsafe { LLVMDILocationGetColumn(self.raw) }
    }

    /// The call this was inlined at.
    pub(crate) fn inlined_at(self) -> Option<Location<'m>> {
        // SAFETY: `raw` is a live location; null means none.
        Location::new(unsafe { LLVMDILocationGetInlinedAt(self.raw) })
    }

    /// The file.
    pub(crate) fn file(self) -> Option<File> {
        // SAFETY: a location's scope is a live scope.
        unsafe { file_of_scope(LLVMDILocationGetScope(self.raw)) }
    }
}

/// Debug description of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subprogram<'m> {
    raw: LLVMMetadataRef,
    module: PhantomData<&'m ()>,
}

impl<'m> Subprogram<'m> {
    pub(super) fn new(raw: LLVMMetadataRef) -> Option<Subprogram<'m>> {
        (!raw.is_null()).then_some(Subprogram { raw, module: PhantomData })
    }

    /// Line of the definition.
    pub(crate) fn line(self) -> u32 {
        // SAFETY: `raw` is a live subprogram.
        unsafe { LLVMDISubprogramGetLine(self.raw) }
    }

    /// The file.
    pub(crate) fn file(self) -> Option<File> {
        // SAFETY: a subprogram is a scope.
        unsafe { file_of_scope(self.raw) }
    }
}

/// # Safety
/// `scope` is null or a live debug scope.
unsafe fn file_of_scope(scope: LLVMMetadataRef) -> Option<File> {
    if scope.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    unsafe { file(LLVMDIScopeGetFile(scope)) }
}

/// # Safety
/// `raw` is null or a live debug description of a file.
pub(super) unsafe fn file(raw: LLVMMetadataRef) -> Option<File> {
    if raw.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let directory = text(|len| LLVMDIFileGetDirectory(raw, len));
        let name = text(|len| LLVMDIFileGetFilename(raw, len));
        Some(File { directory, name })
    }
}

/// Copies a string that LLVM returns as pointer and length.
fn text(get: impl FnOnce(*mut c_uint) -> *const c_char) -> String {
    let mut len: c_uint = 0;
    let data = get(&mut len);
    if data.is_null() {
        return String::new();
    }
    // SAFETY: LLVM returns `len` bytes at `data`, which live as long as the context.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len as usize) };
    String::from_utf8_lossy(bytes).into_owned()
}
