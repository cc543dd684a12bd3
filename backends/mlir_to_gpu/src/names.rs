//! File names and reserved words.

/// Extension of the files.
pub const EXTENSION: &str = "cu";

/// Words beyond those of C++ and of CUDA-like languages: names that NVIDIA's compilers know without a header.
pub const WORDS: &[&str] =
    &["cudaDeviceSynchronize", "nv_bfloat16", "nv_bfloat162", "nvstd", "surfaceReference", "textureReference"];
