//! Why a text was refused before anything ran.

use diagnostics::{Kind, Report};

use crate::Language;

/// One message of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line of the emitted text, from 1; 0 if the message has none.
    pub line: u32,
    /// Column, from 1; 0 if the message has none.
    pub column: u32,
    /// Message, without `error:`.
    pub message: String,
}

/// Why a program could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tool this crate needs is not installed.
    #[error("`{tool}` was not found; Debian has it in the package `{package}`")]
    Missing {
        /// Executable.
        tool: &'static str,
        /// Debian package.
        package: &'static str,
    },
    /// The text is not valid in its language.
    #[error("{language} text does not compile: {}", first(.diagnostics))]
    Compile {
        /// Language.
        language: Language,
        /// Messages, in the order of the compiler; never empty.
        diagnostics: Vec<Diagnostic>,
    },
    /// The text has no such kernel.
    #[error("the text has no kernel `{entry}`")]
    NoEntry {
        /// Name asked for.
        entry: String,
    },
    /// The kernel's parameters cannot be bound.
    #[error("parameters of `{entry}`: {reason}")]
    Signature {
        /// Kernel.
        entry: String,
        /// Why.
        reason: String,
    },
    /// The text uses what the emulator does not know.
    #[error("the emulator does not know {what}")]
    Unsupported {
        /// What, such as an instruction.
        what: String,
    },
    /// The text is over a limit of the target.
    #[error("{what}: {value} is over the limit of {limit}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// Value of the text.
        value: u64,
        /// Limit of the target.
        limit: u64,
    },
    /// Files could not be written or read, or a tool could not be started.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The compiled kernel could not be loaded.
    #[error("loading the compiled kernel: {0}")]
    Load(#[from] libloading::Error),
    /// The emulator's own code did not compile.
    #[error("the emulator's own code does not compile: {0}")]
    Internal(String),
}

fn first(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.first() {
        Some(first) => format!("line {}: {}", first.line, first.message),
        None => "no message".to_owned(),
    }
}

impl Error {
    /// Whether nothing is wrong with the text: this machine only lacks a tool.
    pub fn is_skip(&self) -> bool {
        matches!(self, Error::Missing { .. })
    }

    /// Messages of the compiler; empty for other errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Error::Compile { diagnostics, .. } => diagnostics,
            Error::Missing { .. }
            | Error::NoEntry { .. }
            | Error::Signature { .. }
            | Error::Unsupported { .. }
            | Error::Limit { .. }
            | Error::Io { .. }
            | Error::Load(_)
            | Error::Internal(_) => &[],
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        let kind = match error {
            Error::Missing { .. } | Error::Unsupported { .. } => Kind::Unsupported,
            Error::Compile { .. } | Error::NoEntry { .. } | Error::Signature { .. } | Error::Io { .. } => Kind::Invalid,
            Error::Limit { .. } => Kind::Limit,
            Error::Load(_) | Error::Internal(_) => Kind::Bug,
        };
        let mut report = Report::new(kind, error.to_string());
        for diagnostic in error.diagnostics().iter().skip(1) {
            report = report.note(format!("line {}: {}", diagnostic.line, diagnostic.message));
        }
        report
    }
}
