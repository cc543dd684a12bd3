//! File names and reserved words.

/// Extension of the text.
pub const EXTENSION: &str = "spvasm";

/// Extension of the words, which devices load.
pub const BINARY_EXTENSION: &str = "spv";

/// The printer's own identifiers.
pub const WORDS: &[&str] = &[
    "bool",
    "false",
    "float",
    "glsl",
    "SubgroupSize",
    "true",
    "uchar",
    "uint",
    "ulong",
    "ushort",
    "v2float",
    "v2uint",
    "v2ulong",
    "v3uint",
    "v4float",
    "v4uint",
    "void",
];
