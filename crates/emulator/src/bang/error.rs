//! Why a text was refused before anything ran.

use diagnostics::{Kind, Report};

use super::Arch;
use crate::Diagnostic;

/// Why a program could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// clang refuses the text.
    #[error("BANG C text does not compile for {arch}: {}", first(.diagnostics))]
    Compile {
        /// For which arch.
        arch: Arch,
        /// Messages, in the order of the compiler; never empty.
        diagnostics: Vec<Diagnostic>,
    },
    /// The text has what BANG C does not have, on any arch.
    #[error("the text is not BANG C: {}", first(.diagnostics))]
    Lint {
        /// What was found; never empty.
        diagnostics: Vec<Diagnostic>,
    },
    /// A tool is missing, or the text cannot be bound or is over a limit.
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
    /// Whether nothing is wrong with the text: this machine only lacks a tool.
    pub fn is_skip(&self) -> bool {
        match self {
            Error::Compile { .. } | Error::Lint { .. } => false,
            Error::Other(error) => error.is_skip(),
        }
    }

    /// Messages about lines of the text; empty for other errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Error::Compile { diagnostics, .. } | Error::Lint { diagnostics } => diagnostics,
            Error::Other(error) => error.diagnostics(),
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        let Error::Other(other) = error else {
            let mut report = Report::new(Kind::Invalid, error.to_string());
            for diagnostic in error.diagnostics().iter().skip(1) {
                report = report.note(format!("line {}: {}", diagnostic.line, diagnostic.message));
            }
            return report;
        };
        Report::from(other)
    }
}
