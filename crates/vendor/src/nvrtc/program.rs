//! One compilation.

use std::ffi::{CString, c_char, c_int};
use std::ptr;

use super::Header;
use super::library::{GetBytes, GetSize, Handle, Library};

/// A program of the library, destroyed when dropped. Used by one thread.
pub(super) struct Program<'a> {
    library: &'a Library,
    handle: Handle,
}

impl<'a> Program<'a> {
    pub(super) fn new(library: &'a Library, name: &str, text: &str, headers: &[Header<'_>]) -> Result<Self, String> {
        let (name, text) = (c_text(name)?, c_text(text)?);
        let names: Vec<CString> = headers.iter().map(|header| c_text(header.name)).collect::<Result<_, _>>()?;
        let texts: Vec<CString> = headers.iter().map(|header| c_text(header.text)).collect::<Result<_, _>>()?;
        let (name_pointers, text_pointers) = (pointers(&names), pointers(&texts));
        let count = c_int::try_from(headers.len()).map_err(|_| "too many headers".to_owned())?;
        let mut handle = ptr::null_mut();
        // SAFETY: all texts end with zero and outlive the call, which copies them; both arrays have `count` entries.
        let status = unsafe {
            (library.create)(&mut handle, text.as_ptr(), name.as_ptr(), count, text_pointers.as_ptr(), name_pointers.as_ptr())
        };
        library.check(status)?;
        Ok(Program { library, handle })
    }

    pub(super) fn compile(&self, options: &[&str]) -> Result<(), String> {
        let options: Vec<CString> = options.iter().map(|option| c_text(option)).collect::<Result<_, _>>()?;
        let pointers = pointers(&options);
        let count = c_int::try_from(pointers.len()).map_err(|_| "too many options".to_owned())?;
        // SAFETY: the handle is alive; `count` texts that end with zero outlive the call.
        self.library.check(unsafe { (self.library.compile)(self.handle, count, pointers.as_ptr()) })
    }

    /// What the compiler and the assembler said.
    pub(super) fn log(&self) -> Result<String, String> {
        let mut bytes = self.bytes(self.library.log_size, self.library.log)?;
        bytes.pop();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The machine code.
    pub(super) fn cubin(&self) -> Result<Vec<u8>, String> {
        self.bytes(self.library.cubin_size, self.library.cubin)
    }

    fn bytes(&self, size: GetSize, get: GetBytes) -> Result<Vec<u8>, String> {
        let mut count = 0;
        // SAFETY: the handle is alive; `count` is written.
        self.library.check(unsafe { size(self.handle, &mut count) })?;
        let mut bytes = vec![0_u8; count];
        // SAFETY: the handle is alive; the buffer has the size that the library asked for.
        self.library.check(unsafe { get(self.handle, bytes.as_mut_ptr().cast::<c_char>()) })?;
        Ok(bytes)
    }
}

impl Drop for Program<'_> {
    fn drop(&mut self) {
        // SAFETY: alive until now. A failure leaks memory and nothing else.
        unsafe { (self.library.destroy)(&mut self.handle) };
    }
}

fn c_text(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| "the text has a zero byte".to_owned())
}

/// Pointers into texts, which must outlive them.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).collect()
}
