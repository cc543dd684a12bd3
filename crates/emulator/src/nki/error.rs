//! Why a text was refused before anything ran.

use diagnostics::{Kind, Report};

use crate::Diagnostic;

/// Why a program could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text has what the compiler of NKI, or this model of it, does not take.
    #[error("the text is not NKI: {}", first(.diagnostics))]
    Lint {
        /// What was found, in the order of lines; never empty.
        diagnostics: Vec<Diagnostic>,
    },
    /// Python is missing, the text has no such kernel, or the process failed.
    #[error(transparent)]
    Other(#[from] crate::Error),
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
        match self {
            Error::Lint { .. } => false,
            Error::Other(error) => error.is_skip(),
        }
    }

    /// Messages about lines of the text; empty for other errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Error::Lint { diagnostics } => diagnostics,
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
