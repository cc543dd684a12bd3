//! File names and reserved words.

/// Extension of the files.
pub const EXTENSION: &str = "mu";

/// Words beyond those of C++ and of CUDA-like languages: what `musa_runtime.h` declares.
pub const WORDS: &[&str] = &["musaError_t", "musaEvent_t", "musaStream_t", "mt_bfloat16", "mt_bfloat162"];
