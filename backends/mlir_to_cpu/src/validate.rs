//! Checks the object file itself: every kernel has its entry point, and nothing but the C maths library is called.

use cranelift_object::object::{File, Object, ObjectSymbol};
use thiserror::Error;

use crate::CpuObject;

/// Library functions the code may call.
pub const LIBRARY_CALLS: &[&str] = &["logf", "tanhf", "sinf", "cosf", "floorf", "fmaf"];

/// What is wrong with an object file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// It cannot be read.
    #[error("the object file cannot be read: {0}")]
    Unreadable(String),
    /// A kernel has no code.
    #[error("the object file lacks the entry point `{0}`")]
    MissingEntry(String),
    /// The code calls something the runtime may lack.
    #[error("the object file needs `{0}`, which no library promises")]
    ForeignSymbol(String),
}

/// Checks the symbols of a compiled module.
///
/// # Errors
/// The first rule it breaks.
pub fn validate(object: &CpuObject) -> Result<(), ObjectError> {
    let file = File::parse(object.bytes.as_slice()).map_err(|error| ObjectError::Unreadable(error.to_string()))?;
    let defined: Vec<&str> =
        file.symbols().filter(|symbol| symbol.is_definition()).filter_map(|symbol| symbol.name().ok()).collect();
    for kernel in &object.kernels {
        if !defined.contains(&kernel.entry.as_str()) {
            return Err(ObjectError::MissingEntry(kernel.entry.clone()));
        }
    }
    for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name().unwrap_or_default();
        if !name.is_empty() && !LIBRARY_CALLS.contains(&name) {
            return Err(ObjectError::ForeignSymbol(name.to_owned()));
        }
    }
    Ok(())
}
