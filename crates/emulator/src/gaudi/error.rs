//! Why a text was refused before anything ran.

use crate::Diagnostic;

/// Why a program could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not in the part of TPC-C that is known here, or its types are wrong.
    #[error("the text is not TPC-C: line {}: {}", .0.line, .0.message)]
    Text(Diagnostic),
    /// The text takes more than a core has.
    #[error("{what}: {value} is over the limit of {limit}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// Value of the text.
        value: u64,
        /// Limit of the core.
        limit: u64,
    },
    /// The text has no function `main`.
    #[error("the text has no `void main(...)`")]
    NoEntry,
}

impl Error {
    /// An error at a line of the text.
    pub(super) fn at(line: u32, message: impl Into<String>) -> Error {
        Error::Text(Diagnostic { line, column: 0, message: message.into() })
    }
}
