//! Why a GGUF file was refused.

/// What is wrong with the bytes of a GGUF file; names the tensor or the metadata key where there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a GGUF file at all.
    #[error("not a GGUF file: it does not start with `GGUF`")]
    Magic,
    /// A version this reader does not know.
    #[error("GGUF version {0}; versions 2 and 3 are read")]
    Version(u32),
    /// The file was written on a big-endian machine.
    #[error("a big-endian GGUF file; only little-endian files are read")]
    BigEndian,
    /// The file ends too early.
    #[error("truncated: {what} needs {needed} bytes at offset {offset}, {available} are left")]
    Truncated {
        /// What was being read.
        what: String,
        /// Where.
        offset: usize,
        /// Bytes it needs.
        needed: u64,
        /// Bytes there are.
        available: usize,
    },
    /// A string that is not UTF-8.
    #[error("{what} is not UTF-8")]
    Utf8 {
        /// Which string.
        what: String,
    },
    /// A name longer than any real one.
    #[error("{what} has {length} bytes, more than {limit}")]
    NameLength {
        /// Which name.
        what: &'static str,
        /// Its length.
        length: u64,
        /// The limit.
        limit: u64,
    },
    /// A metadata value of a type the format does not have.
    #[error("metadata `{key}` has unknown value type {code}")]
    ValueType {
        /// The key.
        key: String,
        /// The type's number.
        code: u32,
    },
    /// Arrays nested too deeply.
    #[error("metadata `{key}` nests arrays more than {limit} deep")]
    Nesting {
        /// The key.
        key: String,
        /// The limit.
        limit: usize,
    },
    /// A key or tensor that is there twice.
    #[error("{what} `{name}` is there twice")]
    Duplicate {
        /// `metadata` or `tensor`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// `general.alignment` is not a power of two, or absurd.
    #[error("alignment {0}; it must be a power of two up to 65536")]
    Alignment(u64),
    /// A tensor with a bad description.
    #[error("tensor `{tensor}` {message}")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        message: String,
    },
}
