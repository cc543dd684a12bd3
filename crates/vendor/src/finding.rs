//! What a judge objects to, and where.

use std::fmt;

use bundle::manifest;
use diagnostics::{Kind, Report};
use emit::Source;

use crate::parse::Diagnostic;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The tool goes on.
    Warning,
    /// The tool refuses the text.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A line of the user's Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user's file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
}

/// One objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who objects, such as `nvrtc`.
    pub judge: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The printed file.
    pub file: String,
    /// Line of the printed file, from 1; `None` if the tool names none, or one of a file that was not printed.
    pub line: Option<u32>,
    /// The kernel's entry point.
    pub kernel: String,
    /// The tool's words.
    pub message: String,
    /// The user's line that the printed line comes from, where known.
    pub origin: Option<Origin>,
}

impl Finding {
    /// A finding in `source`, at the user's line if `line` comes from one.
    pub fn new(
        judge: &'static str,
        severity: Severity,
        source: &Source,
        line: Option<u32>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            judge,
            severity,
            file: source.file.clone(),
            line,
            kernel: source.kernel.entry.clone(),
            message: message.into(),
            origin: line.and_then(|line| origin(&source.kernel, line)),
        }
    }

    /// A tool's diagnostic of `source`. Lines of other files (a tool's own headers) are named in the message.
    pub fn from_diagnostic(judge: &'static str, source: &Source, diagnostic: Diagnostic) -> Finding {
        let Diagnostic { severity, place, message } = diagnostic;
        match place {
            Some((file, line)) if same_file(&file, &source.file) => {
                Finding::new(judge, severity, source, Some(line), message)
            }
            Some((file, line)) => Finding::new(judge, severity, source, None, format!("{file}:{line}: {message}")),
            None => Finding::new(judge, severity, source, None, message),
        }
    }
}

impl fmt::Display for Finding {
    /// `FILE:LINE: SEVERITY: MESSAGE [JUDGE]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {} [{}]", self.severity, self.message, self.judge)?;
        match &self.origin {
            Some(origin) => write!(f, " from {}:{}", origin.file, origin.line),
            None => Ok(()),
        }
    }
}

impl From<&Finding> for Report {
    /// At the user's line; the tool's words are a note. The user's program passed all checks, so the text is at fault.
    fn from(finding: &Finding) -> Report {
        let Finding { judge, severity, file, line, kernel, message, origin } = finding;
        let verb = match severity {
            Severity::Warning => "warns about",
            Severity::Error => "refuses",
        };
        let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        let report = Report::new(Kind::Bug, format!("{judge} {verb} the text printed for kernel `{kernel}`"));
        let report = report.note(format!("{place}: {severity}: {message}"));
        match origin {
            Some(origin) => report.at(&origin.file, origin.line, 0),
            None => report,
        }
    }
}

/// The user's line of an emitted line: its own, else that of the closest line before it, since what belongs to no line of
/// the user's (a brace, a declaration) belongs to what was printed around it.
fn origin(kernel: &manifest::Kernel, line: u32) -> Option<Origin> {
    let before = kernel.lines.iter().filter(|origin| origin.emitted <= line);
    let closest = before.max_by_key(|origin| origin.emitted)?;
    Some(Origin { file: closest.file.clone(), line: closest.line })
}

/// Whether a tool's path is the printed file, which it saw in a temporary folder.
fn same_file(seen: &str, printed: &str) -> bool {
    let name = |path: &str| path.rsplit(['/', '\\']).next().map(str::to_owned);
    name(seen) == name(printed)
}
