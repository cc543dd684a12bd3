//! File names and reserved words.

/// Extension of the files.
pub const EXTENSION: &str = "py";

/// Keywords of Python, and names that the texts use.
pub const WORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match",
    "nki", "nisa", "nl", "nonlocal", "not", "or", "pass", "raise", "return", "try", "type", "while", "with", "yield",
];

/// Functions of Python that kernels call or might be taken to.
pub const CALLED: &[&str] = &[
    "abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "print", "range", "slice", "str", "sum",
    "tuple",
];
