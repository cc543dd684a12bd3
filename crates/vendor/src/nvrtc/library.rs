//! The library's functions, as its documentation declares them.

use std::ffi::{CStr, c_char, c_int};
use std::fmt;
use std::path::Path;

/// A program, opaque.
pub(super) type Handle = *mut std::ffi::c_void;
/// 0 is success.
pub(super) type Status = c_int;
/// Writes a size in bytes, which includes the final zero of a text.
pub(super) type GetSize = unsafe extern "C" fn(Handle, *mut usize) -> Status;
/// Fills a buffer of that size.
pub(super) type GetBytes = unsafe extern "C" fn(Handle, *mut c_char) -> Status;
/// Program, text, name, number of headers, their texts, their names.
type Create = unsafe extern "C" fn(
    *mut Handle,
    *const c_char,
    *const c_char,
    c_int,
    *const *const c_char,
    *const *const c_char,
) -> Status;

/// Functions of the loaded library, which is never unloaded.
pub(super) struct Library {
    pub(super) create: Create,
    pub(super) destroy: unsafe extern "C" fn(*mut Handle) -> Status,
    pub(super) compile: unsafe extern "C" fn(Handle, c_int, *const *const c_char) -> Status,
    pub(super) log_size: GetSize,
    pub(super) log: GetBytes,
    pub(super) cubin_size: GetSize,
    pub(super) cubin: GetBytes,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Library")
    }
}

impl Library {
    /// Loads both libraries. The compiler looks for its built-in declarations by name only, so that they must be loaded
    /// first and visible to all.
    #[cfg(unix)]
    pub(super) fn load(builtins: &Path, nvrtc: &Path) -> Result<Library, String> {
        use libloading::os::unix::{self, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};

        let open = |path: &Path, flags| {
            // SAFETY: the files have the hashes of the vendor's own; their initialisers may run in any process.
            let library = unsafe { unix::Library::open(Some(path), RTLD_NOW | flags) };
            // Never unloaded: its functions are called as long as the process lives.
            library.map(|library| &*Box::leak(Box::new(library)))
        };
        let load = || -> Result<Library, libloading::Error> {
            open(builtins, RTLD_GLOBAL)?;
            let library = open(nvrtc, RTLD_LOCAL)?;
            // SAFETY: each name has the type that the library's header gives it.
            unsafe {
                Ok(Library {
                    create: *library.get(b"nvrtcCreateProgram\0")?,
                    destroy: *library.get(b"nvrtcDestroyProgram\0")?,
                    compile: *library.get(b"nvrtcCompileProgram\0")?,
                    log_size: *library.get(b"nvrtcGetProgramLogSize\0")?,
                    log: *library.get(b"nvrtcGetProgramLog\0")?,
                    cubin_size: *library.get(b"nvrtcGetCUBINSize\0")?,
                    cubin: *library.get(b"nvrtcGetCUBIN\0")?,
                    error_string: *library.get(b"nvrtcGetErrorString\0")?,
                })
            }
        };
        load().map_err(|error| format!("cannot load it: {error}"))
    }

    #[cfg(not(unix))]
    pub(super) fn load(_builtins: &Path, _nvrtc: &Path) -> Result<Library, String> {
        Err("its package is for Linux on x86-64".to_owned())
    }

    /// `Ok` for success, else the library's name of the status.
    pub(super) fn check(&self, status: Status) -> Result<(), String> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: any status is allowed, and the answer is a static text.
        let text = unsafe { (self.error_string)(status) };
        if text.is_null() {
            return Err(format!("status {status}"));
        }
        // SAFETY: not null, so a text that ends with zero.
        Err(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }
}
