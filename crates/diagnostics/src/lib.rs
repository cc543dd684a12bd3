//! Error reports, rendered like rustc's: one `error:` line, the user's `file:line:column`, the snippet, the remedy.
//!
//! Every crate that can refuse a program turns its typed errors into [`Report`]s; only executables print them.

mod nearest;
mod render;

use std::fmt;

pub use nearest::nearest;

/// Why a program was refused. Kept apart so that a user knows whom to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The program is wrong.
    Invalid,
    /// The program is right, but uses what Tenfold or the target lacks.
    Unsupported,
    /// The program is right, but too large for a limit.
    Limit,
    /// Tenfold is wrong.
    Bug,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Path as the compiler was given it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1; 0 if unknown.
    pub column: u32,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// One refusal, in the user's words: no internal type names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose fault it is.
    pub kind: Kind,
    /// What is wrong, in one line, without a full stop.
    pub message: String,
    /// Where; `None` if the program has no such place.
    pub span: Option<Span>,
    /// What to say under the snippet; may be empty.
    pub label: String,
    /// Facts that explain it.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Report {
    /// A report without a place.
    pub fn new(kind: Kind, message: impl Into<String>) -> Report {
        Report { kind, message: message.into(), span: None, label: String::new(), notes: Vec::new(), help: None }
    }

    /// Puts it at a place (line and column from 1).
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: u32, column: u32) -> Report {
        self.span = Some(Span { file: file.into(), line, column });
        self
    }

    /// Text under the snippet.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Report {
        self.label = label.into();
        self
    }

    /// Adds a `note:`.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Report {
        self.notes.push(note.into());
        self
    }

    /// Sets the `help:`.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Report {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Report {
    /// The rendered report; reads the source file for the snippet, and does without where it cannot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.span.as_ref().and_then(|span| std::fs::read_to_string(&span.file).ok());
        f.write_str(&render::render(self, source.as_deref()))
    }
}

impl std::error::Error for Report {}
