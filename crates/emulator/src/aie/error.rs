//! Why a design was refused before anything ran.

use diagnostics::{Kind, Report};

use super::fault::Fault;
use crate::Diagnostic;

/// Why a program could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// clang refuses the core functions.
    #[error("the core functions do not compile: {}", first(.diagnostics))]
    Compile {
        /// Messages about `kernels.cc`, in the order of the compiler; never empty.
        diagnostics: Vec<Diagnostic>,
    },
    /// The design breaks a rule when it is resolved.
    #[error("the design is refused: {0}")]
    Design(Fault),
    /// A tool is missing, or files cannot be written.
    #[error(transparent)]
    Other(#[from] crate::Error),
}

fn first(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.first() {
        Some(first) if first.line > 0 => format!("line {}: {}", first.line, first.message),
        Some(first) => first.message.clone(),
        None => "no message".to_owned(),
    }
}

impl Error {
    /// Whether nothing is wrong with the texts: this machine only lacks a tool.
    pub fn is_skip(&self) -> bool {
        match self {
            Error::Compile { .. } | Error::Design(_) => false,
            Error::Other(error) => error.is_skip(),
        }
    }

    /// Messages about lines of `kernels.cc`; empty for other errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Error::Compile { diagnostics } => diagnostics,
            Error::Design(_) => &[],
            Error::Other(error) => error.diagnostics(),
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        let mut report = match error {
            Error::Compile { .. } => Report::new(Kind::Invalid, error.to_string()),
            Error::Design(fault) => return Report::from(fault),
            Error::Other(other) => return Report::from(other),
        };
        for diagnostic in error.diagnostics().iter().skip(1) {
            report = report.note(format!("line {}: {}", diagnostic.line, diagnostic.message));
        }
        report
    }
}
