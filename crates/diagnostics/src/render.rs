//! Rendering with annotate-snippets.
use crate::Report;

pub(crate) fn render(report: &Report, _source: Option<&str>) -> String {
    format!("error: {}", report.message)
}
