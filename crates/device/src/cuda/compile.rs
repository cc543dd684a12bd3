//! From CUDA text to machine code of this GPU, by NVRTC.

use std::ffi::{CStr, CString};

use bundle::Bundle;
use bundle::manifest::Kernel;
use cudarc::nvrtc::{result, sys};

use super::errors;
use crate::error::Error;
use crate::{compile_log, disk_cache};

/// Options beside the architecture: as the text was judged when it was printed. Products and sums are not fused, since the
/// text says where they are; the warning that an unsigned number is never below zero (186) is left out.
const OPTIONS: [&str; 3] = ["--std=c++17", "--fmad=false", "--diag-suppress=186"];

/// Refuses a machine without NVRTC.
pub(super) fn check_library() -> Result<(), Error> {
    // SAFETY: it only looks for the library.
    if unsafe { sys::is_culib_present() } {
        return Ok(());
    }
    let message = "no NVRTC library (libnvrtc.so) is found; install the CUDA toolkit, or the Python package \
                   nvidia-cuda-nvrtc and put its folder `lib` into LD_LIBRARY_PATH";
    Err(Error::Open { device: errors::NAME, message: message.to_owned() })
}

/// The text of one file of the bundle.
pub(super) fn text(bundle: &Bundle, file: &str) -> Result<String, Error> {
    let refused = |_| Error::Load { file: file.to_owned(), message: "it is not UTF-8 text".to_owned() };
    String::from_utf8(bundle.read(file)?).map_err(refused)
}

/// The options for compute capability `major.minor`.
pub(super) fn options((major, minor): (i32, i32)) -> Vec<String> {
    let mut options: Vec<String> = OPTIONS.iter().map(|&option| option.to_owned()).collect();
    options.push(format!("--gpu-architecture=sm_{major}{minor}"));
    options
}

/// Machine code of `text` for a compute capability, from the cache if it is there. `file` is what messages call it, and
/// `kernels` those of its bundle.
pub(super) fn cubin(kernels: &[Kernel], file: &str, text: &str, capability: (i32, i32)) -> Result<Vec<u8>, Error> {
    let options = options(capability);
    let folder = crate::cache_folder("cuda");
    let compiler = version();
    let compiler = format!("{}.{}", compiler.0, compiler.1);
    let parts = [compiler.as_str()].into_iter().chain(options.iter().map(String::as_str)).chain([text]);
    let key = disk_cache::key(parts.map(str::as_bytes));
    if let Some(code) = folder.as_ref().and_then(|folder| disk_cache::read(folder, &key)) {
        return Ok(code);
    }
    let code = compile(kernels, file, text, &options)?;
    if let Some(folder) = folder {
        disk_cache::write(&folder, &key, &code);
    }
    Ok(code)
}

/// Version of NVRTC; zeros if it does not say.
pub(super) fn version() -> (i32, i32) {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: both are valid for writes.
    match unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) }.result() {
        Ok(()) => (major, minor),
        Err(_) => (0, 0),
    }
}

/// Machine code of `text` with these options.
pub(super) fn compile(kernels: &[Kernel], file: &str, text: &str, options: &[String]) -> Result<Vec<u8>, Error> {
    let refused = |message: &str| Error::Load { file: file.to_owned(), message: message.to_owned() };
    let source = CString::new(text).map_err(|_| refused("it holds a zero byte"))?;
    let name = CString::new(file).map_err(|_| refused("its name holds a zero byte"))?;
    let program = Program::new(&source, &name).map_err(|error| refused(&format!("NVRTC: {error:?}")))?;
    // SAFETY: a live program.
    if let Err(error) = unsafe { result::compile_program(program.0, options) } {
        return Err(match program.log() {
            Some(log) => compile_log::refused(kernels, file, &log),
            None => refused(&format!("NVRTC: {error:?}")),
        });
    }
    program.cubin().map_err(|error| refused(&format!("NVRTC: {error:?}")))
}

/// A program of NVRTC, given back when dropped.
struct Program(sys::nvrtcProgram);

impl Program {
    fn new(source: &CStr, name: &CStr) -> Result<Program, result::NvrtcError> {
        result::create_program(source, Some(name)).map(Program)
    }

    fn log(&self) -> Option<String> {
        // SAFETY: a live program.
        let log = unsafe { result::get_program_log(self.0) }.ok()?;
        let bytes: Vec<u8> = log.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0).collect();
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn cubin(&self) -> Result<Vec<u8>, result::NvrtcError> {
        let mut size = 0;
        // SAFETY: a live program; `size` is valid for writes.
        unsafe { sys::nvrtcGetCUBINSize(self.0, &raw mut size) }.result()?;
        let mut code = vec![0u8; size];
        // SAFETY: as many bytes as NVRTC asked for.
        unsafe { sys::nvrtcGetCUBIN(self.0, code.as_mut_ptr().cast()) }.result()?;
        Ok(code)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: created once, destroyed once. Nothing can be done about a failure.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}
