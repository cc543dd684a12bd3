//! Vendors' compilers as judges of printed text: finding and running them, reading their diagnostics, and putting these at
//! the user's Rust line.
//!
//! A judge says one of three things ([`Outcome`]); one that cannot run says why and is never counted as passed. Warnings
//! are findings too: printed text has none.

mod finding;
pub mod lint;
pub mod nvrtc;
mod parse;
mod resources;
mod tool;

use std::fmt;

pub use finding::{Finding, Origin, Severity};
pub use parse::{Diagnostic, parse};
pub use resources::{Resources, parse_resources};
pub use tool::{Finished, Tool, Tools};

/// Why a judge cannot run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The tool, such as `nvcc`.
    pub tool: &'static str,
    /// Why, such as `not found on PATH`.
    pub reason: String,
}

impl Absent {
    /// `tool` is absent for `reason`.
    pub fn new(tool: &'static str, reason: impl Into<String>) -> Absent {
        Absent { tool, reason: reason.into() }
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tool, self.reason)
    }
}

impl std::error::Error for Absent {}

/// What a judge said of one kernel's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No error and no warning; resources where the tool tells them.
    Passed(Vec<Resources>),
    /// At least one finding, in the order of the tool.
    Findings(Vec<Finding>),
    /// Could not judge.
    Skipped(Absent),
}

impl Outcome {
    /// Passed with these resources, unless there are findings.
    pub fn of(findings: Vec<Finding>, resources: Vec<Resources>) -> Outcome {
        if findings.is_empty() { Outcome::Passed(resources) } else { Outcome::Findings(findings) }
    }
}

impl fmt::Display for Outcome {
    /// One line: `ok`, `ok (RESOURCES)`, `FAILED: FINDING (and N more)` or `skipped: TOOL: REASON`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed(resources) if resources.is_empty() => f.write_str("ok"),
            Outcome::Passed(resources) => {
                let lines: Vec<String> = resources.iter().map(Resources::to_string).collect();
                write!(f, "ok ({})", lines.join("; "))
            }
            Outcome::Findings(findings) => {
                f.write_str("FAILED: ")?;
                if let Some(first) = findings.first() {
                    write!(f, "{first}")?;
                }
                match findings.len().saturating_sub(1) {
                    0 => Ok(()),
                    more => write!(f, " (and {more} more)"),
                }
            }
            Outcome::Skipped(absent) => write!(f, "skipped: {absent}"),
        }
    }
}

/// One judgement of one kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who judged, such as `nvrtc`.
    pub judge: &'static str,
    /// The kernel's entry point.
    pub kernel: String,
    /// What was said.
    pub outcome: Outcome,
}
